"""Transfer: how well a model does on CTs of another kind, measured with masks of vertebrae."""

"""Transfer: how well a trained model does on CTs of another kind, measured with masks of vertebrae."""

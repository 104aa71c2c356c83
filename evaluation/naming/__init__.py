"""Which level each vertebra is, from the centres of a chain of vertebrae."""

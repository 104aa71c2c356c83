"""Every number a phantom is drawn from."""

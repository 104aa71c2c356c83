"""The skeleton and outline of a phantom."""

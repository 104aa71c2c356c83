"""Skeleton, spinal canal and outline of a phantom."""

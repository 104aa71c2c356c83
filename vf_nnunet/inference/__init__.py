"""Inference: a trained network as plain arrays, exact tiling, and the backends that compute it."""

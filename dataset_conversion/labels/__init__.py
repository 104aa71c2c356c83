"""Ellipsoid labels from vertebral centroids and grades."""

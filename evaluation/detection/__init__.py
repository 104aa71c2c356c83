"""Findings without given centroids: matching and FROC."""

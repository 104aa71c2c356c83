"""Probability maps: reading, writing, quantisation."""

"""Checks of the input: annotations, images, and how they belong together."""

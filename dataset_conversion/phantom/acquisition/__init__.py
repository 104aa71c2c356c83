"""The scan: field of view, noise and blur."""

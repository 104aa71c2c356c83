"""Cohorts of phantoms: what they hold, and writing them to disk."""

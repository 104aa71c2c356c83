"""Cohorts of phantoms: their composition, their cases, and writing them to disk."""

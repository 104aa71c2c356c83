"""Trainings of folds as jobs of a cluster: what is submitted, what a job does, and how the folds stand."""

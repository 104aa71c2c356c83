"""The results of an evaluation, from the scores to the summary."""

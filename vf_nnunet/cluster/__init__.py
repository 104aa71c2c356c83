"""Work in the jobs of a scheduler by submitit: settings, checks before submission, arrays, and their states."""

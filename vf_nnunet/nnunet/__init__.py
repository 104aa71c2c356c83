"""The interface to nnU-Net: names, paths, splits, plans, checkpoints and commands."""

"""What nnU-Net needs to know and how it is called: names, paths, splits, its commands."""

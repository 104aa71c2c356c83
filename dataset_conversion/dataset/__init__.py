"""The nnU-Net raw dataset: cases, splits, metadata and the record of its input."""

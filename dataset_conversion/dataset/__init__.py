"""The nnU-Net raw dataset: cases, splits, metadata and the record of what it was made from."""

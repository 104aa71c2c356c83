"""The paper's training as an nnU-Net trainer."""

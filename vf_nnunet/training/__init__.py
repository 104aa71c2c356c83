"""The paper's training regime as an nnU-Net trainer."""

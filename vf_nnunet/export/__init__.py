"""Export of a trained model: its description for a model file, and nnU-Net's zip."""

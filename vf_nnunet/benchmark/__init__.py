"""This model and default nnU-Net trained, timed and scored side by side; a part of the command line."""

"""Benchmark: this model and default nnU-Net, trained, timed and scored side by side."""

"""Benchmark: this model, default nnU-Net and its presets, trained, timed and scored side by side."""

"""Shapes on a voxel grid: vertebral bodies, rods and noise."""

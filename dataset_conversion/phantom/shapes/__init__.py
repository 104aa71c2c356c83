"""Shapes on a voxel grid: bodies, rods, smooth fields."""

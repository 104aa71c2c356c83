"""Bone in CT: Hounsfield units, and whether centroids lie in vertebral bodies."""

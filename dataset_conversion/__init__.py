"""Conversion of annotated CT to an nnU-Net raw dataset with ellipsoid fracture labels."""

"""Vertebral fracture detection in CT after Nicolaes et al. 2019, as a plugin for nnU-Net v2."""

__version__ = "0.1.0"

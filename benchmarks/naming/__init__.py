"""Derive the tables of `evaluation/naming` from VID and measure the naming on the scans that were left out."""

"""Localisation of vertebrae in probability maps, without given centroids."""

"""Masks of vertebrae that other programs wrote: their numbers, their files, and the centres of the bodies in them."""

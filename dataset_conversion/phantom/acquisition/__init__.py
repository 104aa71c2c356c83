"""The scan: field of view, noise, blur."""

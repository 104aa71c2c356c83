"""Annotation readers. A new format is one new module in `formats`, with `FORMATS` (centroids) or `GRADE_FORMATS`."""

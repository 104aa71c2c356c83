"""Annotation formats. A new one is one new module in `formats`, with `FORMATS` (centroids) or `GRADE_FORMATS`."""

"""Annotation formats. A new one is one new module here with `FORMATS` (centroids) or `GRADE_FORMATS`."""

from dataset_conversion.readers.registry import find_format, grade_formats, known_formats, read_annotations, read_grades

__all__ = ["find_format", "grade_formats", "known_formats", "read_annotations", "read_grades"]

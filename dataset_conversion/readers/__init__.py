"""Annotation formats. A new one is one new module here with a ``FORMAT``."""

from dataset_conversion.readers.registry import find_format, known_formats

__all__ = ["find_format", "known_formats"]

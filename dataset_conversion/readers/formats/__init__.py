"""Annotation formats, found here by the registry; formats of one origin share a module."""

"""Annotation of CTs in the browser: centroids and grades of one reader, saved after each action."""

"""Records of files and tables: fingerprints, versions, counts, delimiters, NIfTI units."""

"""A DICOM archive: results are sent to it, and studies are taken from it."""

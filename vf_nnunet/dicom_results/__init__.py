"""Results as DICOM objects: a structured report, segmentations, a secondary capture, and a key object selection."""

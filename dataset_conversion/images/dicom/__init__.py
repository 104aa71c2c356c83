"""DICOM series: files, slices, copies, series and pixels."""

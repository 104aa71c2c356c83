"""Studies among the files of an export: every DICOM series in a tree of folders, and the one to take of each study."""

"""CT images in all supported formats, read with the same checks. A new format is one new module here."""

"""CT images in every format that people have, read with the same checks. A new format is one new module here."""

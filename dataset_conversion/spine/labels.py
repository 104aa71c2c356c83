"""The label classes: their names in `dataset.json`, and the values that `convert` gives them.

A dataset of the user's own may number its classes differently. Wherever a `dataset.json` is at hand, values are looked
up there by name.
"""

BACKGROUND, NORMAL, FRACTURE, IGNORE = 0, 1, 2, 3
"""Values of the voxels of a label volume. nnU-Net itself fixes background at 0."""

BACKGROUND_NAME, NORMAL_NAME, FRACTURE_NAME, IGNORE_NAME = "background", "normal", "fracture", "ignore"
"""Names in `dataset.json`. Voxels of `ignore` do not count; it has no class of its own."""

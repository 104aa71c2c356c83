"""CT images of every kind that people have, read with the same checks. A new kind is one new module here."""

from dataset_conversion.images.kinds import IMAGE_ENDINGS, read_image, read_image_header

__all__ = ["IMAGE_ENDINGS", "read_image", "read_image_header"]

"""The skeleton beside the spine: pelvis, hips, shoulders and sternum as patients have them."""

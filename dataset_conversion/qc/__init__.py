"""Pictures for checking a converted dataset by eye."""

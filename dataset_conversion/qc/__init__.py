"""Pictures with which a person checks a converted dataset."""

"""A trained model: its description, and reading it from a folder or a file."""

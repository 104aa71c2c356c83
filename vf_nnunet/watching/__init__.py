"""A watched folder: studies that arrive in it are predicted once, when they have been still for a while."""

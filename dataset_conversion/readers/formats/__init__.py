"""One module for each annotation format; the registry finds them here."""

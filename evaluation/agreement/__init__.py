"""Agreement of two readers who annotated the same CTs."""

"""Vertebra-level scores, and heights measured on masks."""

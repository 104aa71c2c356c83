"""Vertebra-level scores, surroundings of vertebrae, and heights measured on masks."""

"""The vocabulary that all packages share: vertebra table, levels, anatomy, geometry, errors, file writing."""

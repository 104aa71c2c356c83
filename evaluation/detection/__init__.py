"""Detection without given centroids: findings, their matching with fractures, FROC."""

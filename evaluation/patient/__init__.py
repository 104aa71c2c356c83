"""Patient-level scores: one exact score per patient and noise threshold."""

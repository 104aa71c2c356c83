"""Patient-level scores: one exact score for each patient and noise threshold."""

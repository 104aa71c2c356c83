"""What a prediction says about each vertebra: where, which, whether fractured, and what cannot be said."""

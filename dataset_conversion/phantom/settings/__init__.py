"""Settings of phantoms: every number that they are drawn from, with its limits."""

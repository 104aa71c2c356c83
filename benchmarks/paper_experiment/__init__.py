"""The paper's experiment on a cohort of phantoms with the paper's numbers, in pieces that continue each other."""

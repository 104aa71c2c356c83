"""Training on phantoms in one folder, and the model that comes with the package, which is made so."""

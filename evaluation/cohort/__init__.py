"""The cases of an evaluation: maps, annotations and images brought together."""

"""Cost of networks and commands: what they compute, and the time and memory that they take."""

"""Plans: segment size, batch size and network, planned from the dataset and the machine."""

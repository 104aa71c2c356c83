"""Planning of the network, the segment size and the batch size for a dataset and a machine."""

"""Where vertebrae can be: a first pass through the subsampled pathway says where the whole network is computed."""

"""Large batches: a manifest of CTs cut into shards that processes on many machines do, and their results gathered."""

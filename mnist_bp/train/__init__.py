"""Training: mini-batches into a network, one record an epoch out; no config, no files."""

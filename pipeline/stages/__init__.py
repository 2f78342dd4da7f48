"""Records in, records out: one stage a worker."""

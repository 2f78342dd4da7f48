"""Learn from labelled events: row tasks by item, one dense task for vectors."""

"""All that touches the world: Kafka, clocks, processes, files."""

"""Find Apache Kafka, or start it: no Docker, no Java to install."""

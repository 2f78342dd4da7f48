"""Find Apache Kafka, or start it: no Docker, no Java to install."""

from pipeline.runtime.broker.errors import BrokerError
from pipeline.runtime.broker.find import find_or_start
from pipeline.runtime.broker.node import LocalKafka
from pipeline.runtime.broker.nodes import LocalCluster

__all__ = ["BrokerError", "LocalCluster", "LocalKafka", "find_or_start"]

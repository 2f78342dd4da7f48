"""Keys go where every Kafka client sends them."""

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as kafka_murmur2

from topics.partitioning import murmur2, partition_of


@given(st.binary(max_size=64))
def test_murmur2_is_that_of_kafka(data: bytes) -> None:
    assert murmur2(data) == kafka_murmur2(data) & 0xFFFFFFFF


@given(st.text(max_size=30), st.integers(1, 64))
def test_a_key_has_one_partition_of_those_there_are(key: str, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions

"""A request or its answer is lost at any step of a checkpoint: one effect all the same.

The sink is behind a proxy; what looks at the outcome is not.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from pipeline.runtime.faults import Indefinite
from pipeline.runtime.kafka.leftovers import Leftovers
from pipeline.runtime.kafka.sink import KafkaSink
from pipeline.runtime.kafka.source import KafkaSource
from pipeline.runtime.transport import Send
from tests.harm import (
    ADD_OFFSETS,
    ADD_PARTITIONS,
    END_TXN,
    INIT_PRODUCER_ID,
    PRODUCE,
    TXN_OFFSET_COMMIT,
    Harm,
)
from tests.integration.clients import new_topics, poll_until
from tests.integration.test_client_facts import SHORT, member, values
from tests.proxy import Proxy, proxied_kafka

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
STEPS = {
    "taking the id": INIT_PRODUCER_ID,
    "adding partitions": ADD_PARTITIONS,
    "records": PRODUCE,
    "adding the group": ADD_OFFSETS,
    "offsets": TXN_OFFSET_COMMIT,
    "commit": END_TXN,
}


@pytest.fixture(scope="module")
def proxied() -> Iterator[tuple[str, Proxy]]:
    """Servers without harm, and the proxy."""
    with proxied_kafka() as (kafka, proxy):
        yield kafka.bootstrap_servers, proxy


def put(ours: KafkaSink, source: KafkaSource) -> None:
    """Put one record, and the offset after it, into a transaction."""
    ours.begin()
    ours.send(Send("t", 0, None, b"once"))
    ours.flush()
    ours.send_offsets({("t", 0): 1}, source.membership())


def put_once(ours: KafkaSink, source: KafkaSource) -> None:
    """Do what a worker does: after a doubt ask, and do again what is not there."""
    for _ in range(10):
        try:
            ours.reset()
            if source.committed([0])["t0", 0] == 1:
                return
            put(ours, source)
            ours.commit()
        except Indefinite:
            continue


@pytest.fixture
def ends(
    proxied: tuple[str, Proxy],
) -> Iterator[tuple[KafkaSink, KafkaSource, str, str]]:
    """A sink behind the proxy, a member beside it, its group and the topic."""
    servers, proxy = proxied
    [topic], group = new_topics(servers, 1), uuid4().hex
    source = member(servers, [topic], group, "m")
    poll_until(lambda: source.poll(100, 10), lambda: source.joined)
    ours = KafkaSink(
        proxy.servers, group, {"t": topic}, timeouts=SHORT, in_flight_bytes=1 << 20
    )
    yield ours, source, group, topic
    proxy.heal()
    ours.close()
    source.close()


@pytest.mark.parametrize(
    ("harm", "answers"),
    [
        (Harm.CUT, True),
        (Harm.HALF, True),
        (Harm.DROP, True),
        (Harm.RESET, False),
        (Harm.DROP, False),
    ],
    ids=["answer cut", "half", "answer dropped", "request reset", "request dropped"],
)
@pytest.mark.parametrize("step", STEPS)
def test_a_batch_has_its_effect_once_whatever_is_lost_on_the_way(
    proxied: tuple[str, Proxy],
    ends: tuple[KafkaSink, KafkaSource, str, str],
    step: str,
    harm: Harm,
    answers: bool,
) -> None:
    servers, proxy = proxied
    ours, source, group, topic = ends
    strike = proxy.strike(harm, STEPS[step], answers=answers, client=group)
    put_once(ours, source)
    strike.wait(1)
    assert values(servers, topic) == [b"once"]


@pytest.mark.parametrize("harm", [Proxy.cut, Proxy.reset, Proxy.refuse, Proxy.stall])
def test_a_commit_over_connections_that_fail_has_its_effect_once(
    proxied: tuple[str, Proxy],
    ends: tuple[KafkaSink, KafkaSource, str, str],
    harm: Callable[[Proxy], None],
) -> None:
    servers, proxy = proxied
    ours, source, _, topic = ends
    ours.reset()
    put(ours, source)
    harm(proxy)
    with contextlib.suppress(Indefinite):
        ours.commit()
    proxy.heal()
    put_once(ours, source)
    assert values(servers, topic) == [b"once"]


def test_an_answer_that_is_late_is_waited_for(
    proxied: tuple[str, Proxy], ends: tuple[KafkaSink, KafkaSource, str, str]
) -> None:
    servers, proxy = proxied
    ours, source, group, topic = ends
    ours.reset()
    strike = proxy.strike(Harm.DELAY, END_TXN, client=group, delay_s=0.5)
    put(ours, source)
    ours.commit()
    strike.wait(0)
    assert values(servers, topic) == [b"once"]


@pytest.mark.parametrize("harm", [Proxy.refuse, Proxy.stall])
def test_looking_for_open_transactions_ends_when_nobody_answers(
    proxied: tuple[str, Proxy],
    ends: tuple[KafkaSink, KafkaSource, str, str],
    harm: Callable[[Proxy], None],
) -> None:
    _, proxy = proxied
    ours, _, group, topic = ends
    ours.reset()
    before = threading.active_count()
    with Leftovers(proxy.servers, group, [topic], SHORT) as leftovers:
        harm(proxy)
        with pytest.raises(Indefinite):
            leftovers.commit(None)
    for _ in range(3):
        with pytest.raises(Indefinite):
            Leftovers(proxy.servers, group, [topic], SHORT)
    assert threading.active_count() == before, "threads are left behind"

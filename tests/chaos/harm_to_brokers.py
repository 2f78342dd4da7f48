"""Faults of the soak that hit Kafka, or the way to it."""

import time

from tests.chaos.fleet import wait_until
from tests.chaos.ground import Ground
from tests.chaos.host import fill_disk
from tests.harm import END_TXN, PRODUCE, TXN_OFFSET_COMMIT, Harm


def kill_nodes(ground: Ground) -> None:
    """Each of them, and the first ones again, in an order of its own."""
    order = list(ground.nodes.nodes) * 2
    ground.chance.shuffle(order)
    for number in order:
        ground.nodes.kill(number)
        ground.node_kills += 1
        time.sleep(3)
        ground.nodes.start(number)
        ground.wait_until_in_sync()


def fill_a_disk(ground: Ground) -> None:
    number = ground.chance.choice(ground.nodes.nodes)
    fill_disk(ground.nodes.node(number))
    ground.nodes.start(number)
    ground.wait_until_in_sync()


def cut_off(ground: Ground) -> None:
    for proxy in ground.proxies:
        proxy.refuse()
    time.sleep(ground.chance.uniform(5, 12))
    heal(ground)


def stall(ground: Ground) -> None:
    for proxy in ground.proxies:
        proxy.stall()
    time.sleep(ground.chance.uniform(4, 10))
    heal(ground)


def stop_a_node(ground: Ground) -> None:
    number = ground.chance.choice(ground.nodes.nodes)
    ground.nodes.pause(number)
    time.sleep(ground.chance.uniform(3, 8))
    ground.nodes.resume(number)
    ground.wait_until_in_sync()


def slow_down(ground: Ground) -> None:
    ground.chance.choice([stall, stop_a_node])(ground)


def lose_answers(ground: Ground) -> None:
    """Lose the answer to a request of a checkpoint: its outcome is indefinite."""
    harm = ground.chance.choice([Harm.CUT, Harm.RESET, Harm.HALF, Harm.DROP])
    kind = ground.chance.choice([END_TXN, TXN_OFFSET_COMMIT, PRODUCE])
    strikes = [proxy.strike(harm, kind) for proxy in ground.proxies]
    wait_until(lambda: any(s.done.is_set() for s in strikes), "an answer was lost", 60)
    heal(ground)


def heal(ground: Ground) -> None:
    for proxy in ground.proxies:
        proxy.heal()

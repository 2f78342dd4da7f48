"""Faults of the soak that the application sends: poison, floods, the same again."""

from pipeline.apps.bench.load import click
from tests.chaos.ground import Ground
from tests.chaos.test_poison import CORPUS, GOOD
from topics import codec


def send_again(ground: Ground) -> None:
    """Events of one id, at once and after others."""
    for number in range(40):
        value = _event(f"twin{number % 20}", number % 20)
        ground.fleet.send_raw("events", f"twin{number % 20}", value)


def send_poison(ground: Ground) -> None:
    for values in CORPUS.values():
        for value in values:
            ground.fleet.send_raw("events", "u1", value)
            ground.send(10)


def send_large(ground: Ground) -> None:
    note = b"x" * (1_048_000 - len(GOOD))
    ground.fleet.send_raw("events", "u1", GOOD + b',"context":{"note":"%s"}}' % note)


def flood(ground: Ground) -> None:
    ground.send(5_000, users=1)


def forget(ground: Ground) -> None:
    user_id = f"gone{ground.chance.randrange(10**9)}"
    for number in range(20):
        if number == 15:
            ground.fleet.send_raw("users", user_id, None)
        ground.fleet.send_raw("events", user_id, _event(user_id, number))


def _event(user_id: str, number: int) -> bytes:
    event = click(number, user_id, f"i{number}")
    return codec.write(event | {"event_id": f"{user_id}.{number}"})

"""Forgetting a user: ask, wait until every worker has taken it, then look."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.apps.errors import AppError
from pipeline.apps.forget_proof import Proof, Removed, aging, iso
from pipeline.apps.newest import newest_of
from pipeline.runtime.clock import Clock
from pipeline.runtime.intake import rows
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.plain import Producer
from pipeline.runtime.kafka.tail import Reader
from pipeline.runtime.transport import Raw
from topics import FEATURES, PROFILES, RECOMMENDATIONS, USERS, codec
from topics.dead_letters import InvalidRecord
from topics.partitioning import partition_of
from topics.spec import Names, Position, check_id

READ = (PROFILES.name, FEATURES.name, RECOMMENDATIONS.name, USERS.name)
POLL_MS = 200
DIVERSIFY, PUBLISH = "diversify", "publish"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is needed of a deployment.

    Args:
        reader: Of `READ`.
        producer: An application's.
        cluster: To ask how far the groups are.
        names: How topics are called.
        clock: Says when waiting is over.
    """

    reader: Reader
    producer: Producer
    cluster: Cluster
    names: Names
    clock: Clock


class Forgetting:
    """Forgets one user.

    Args:
        deployment: Where.
        user_id: Who.

    Raises:
        AppError: that can be no user's id.
    """

    def __init__(self, deployment: Deployment, user_id: str) -> None:
        try:
            check_id("user_id", user_id)
        except InvalidRecord as error:
            raise AppError(f"no user can be called so: {error.detail}") from None
        self._on = deployment
        self._user = user_id
        count = len(deployment.reader.bounds(USERS.name))
        self._partition = partition_of(user_id, count)
        self._portrait: Raw | None = None
        self._feature: Raw | None = None

    def run(self, wait_ms: int) -> Proof:
        """Ask, wait for so long at most, and say what is so then.

        Raises:
            Undelivered: Kafka has not taken the request.
        """
        # Ends from before the request: what it causes lies behind them.
        starts = {
            (topic, self._partition): self._end(topic)
            for topic in (PROFILES.name, FEATURES.name)
        }
        request = self._ask()
        asked = next(
            self._on.reader.read({(USERS.name, request.partition): _at(request)})
        )
        proof = Proof(self._user, request, iso(asked.append_time_ms))
        proof.ages_out = list(aging(asked.append_time_ms))
        self._wait(starts, request, wait_ms)
        proof.missing = self._missing()
        proof.complete = not proof.missing
        self._look(proof, asked.append_time_ms)
        return proof

    def _end(self, topic: str) -> int:
        return self._on.reader.bounds(topic)[topic, self._partition][1]

    def _ask(self) -> Position:
        """Send the null."""
        taken: list[Position] = []
        self._on.producer.send(USERS.name, self._user, None, delivered=taken.append)
        self._on.producer.flush()
        return taken[0]

    def _wait(
        self, starts: dict[tuple[str, int], int], request: Position, wait_ms: int
    ) -> None:
        """Read on until the request has passed all workers, or time is up."""
        until_ms = self._on.clock.monotonic_ms() + wait_ms
        self._on.reader.assign(starts)
        while self._missing() and self._on.clock.monotonic_ms() < until_ms:
            for raw in self._on.reader.poll(POLL_MS):
                self._note(raw, request)

    def _note(self, raw: Raw, request: Position) -> None:
        """Keep the records that the request has caused."""
        if raw.topic == FEATURES.name:
            units = (row.value for row in rows(FEATURES, raw))
            if any(u.kind == "forget" and u.source == request for u in units):
                self._feature = raw
        elif raw.key == self._user.encode() and self._portrait is None:
            value = raw.value and codec.read(PROFILES, raw.value)[0]
            if not value or value.forgotten_at_ms is not None:
                self._portrait = raw

    def _missing(self) -> list[str]:
        """Workers that have not yet taken it, the first one first."""
        if self._portrait is None or self._feature is None:
            return ["extract", DIVERSIFY, PUBLISH]
        passed = {
            DIVERSIFY: (FEATURES.name, self._feature.offset),
            PUBLISH: (PROFILES.name, self._portrait.offset),
        }
        return [
            worker
            for worker, (topic, offset) in passed.items()
            if self._committed(worker, topic) <= offset
        ]

    def _committed(self, worker: str, topic: str) -> int:
        full = self._on.names.topic(topic)
        return next(
            lag.committed
            for lag in self._on.cluster.lag({worker: [topic]})
            if (lag.topic, lag.partition) == (full, self._partition)
        )

    def _look(self, proof: Proof, at_ms: int) -> None:
        """Read what the topics say of the user now."""
        portrait, _ = newest_of(self._on.reader, PROFILES.name, self._user)
        proof.portrait = _portrait(portrait, at_ms)
        slate, _ = newest_of(self._on.reader, RECOMMENDATIONS.name, self._user)
        proof.slate = "none"
        if slate is not None and slate.value is not None:
            proof.slate = f"there is one, of {iso(slate.append_time_ms)}"
        proof.removed = list(self._removed(proof.missing, slate))

    def _removed(self, missing: list[str], slate: Raw | None) -> Iterator[Removed]:
        if self._portrait is not None:
            yield _removed("portrait", "extract", self._portrait)
        if self._feature is not None and DIVERSIFY not in missing:
            what = "waiting impressions and recent behaviour"
            yield _removed(what, DIVERSIFY, self._feature)
        if slate is not None and slate.value is None and PUBLISH not in missing:
            yield _removed("list", PUBLISH, slate)


def _removed(what: str, by: str, raw: Raw) -> Removed:
    at = Position(raw.topic, raw.partition, raw.offset)
    return Removed(what, by, at, iso(raw.append_time_ms))


def _portrait(raw: Raw | None, at_ms: int) -> str:
    """What the newest portrait says, in words."""
    if raw is None or raw.value is None:
        return "none"
    portrait = codec.read(PROFILES, raw.value)[0]
    if portrait.forgotten:
        return f"only that the user was forgotten at {iso(portrait.forgotten_at_ms)}"
    if portrait.forgotten_at_ms is not None and portrait.forgotten_at_ms >= at_ms:
        return "a new one, of events that came later: the user is back"
    return "there is one from before"


def _at(position: Position) -> tuple[int, int]:
    return position.offset, position.offset + 1

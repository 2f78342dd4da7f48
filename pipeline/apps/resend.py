"""Sending dead letters back to the topics that they came from, each once.

Records go out in transactions, and in the same transaction as a record goes a note into
its dead-letter topic that says so. Whoever begins takes over the transactional id,
which ends what another has left open, and reads all notes: so nothing is sent twice,
wherever a run was killed, and whoever runs beside it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from pipeline.apps.dead import DeadLetter, is_note, read_letter
from pipeline.apps.dead_log import partitions_of, read_all
from pipeline.apps.resend_choice import Choice
from pipeline.apps.resend_past import Past, note_of, read_past, topic_of
from pipeline.runtime.failpoints import Failpoint, no_failpoint
from pipeline.runtime.faults import Indefinite, NoKafka
from pipeline.runtime.transport import Send, Sink, Transport
from topics.dead_letters import (
    HEADER_DETAIL,
    HEADER_DIGEST,
    HEADER_REASON,
    HEADER_REPLAYED,
    HEADER_SIZE,
    HEADER_SOURCE,
)
from topics.spec import Position

NAME = "dlq.replay"
"""Names the transactional id, as a worker's name does."""

BATCH = 500
BATCH_BYTES = 4 << 20
ATTEMPTS = 5
OURS = frozenset(
    (
        HEADER_SOURCE,
        HEADER_REASON,
        HEADER_DETAIL,
        HEADER_SIZE,
        HEADER_DIGEST,
        HEADER_REPLAYED,
    )
)


Counts = Counter[tuple[str, str]]
"""Dead letters by short name of the topic, and by reason or why they stay."""


@dataclass(slots=True)
class Outcome:
    """What became of the dead letters that were meant.

    Args:
        sent: Those that were sent (or would be) by topic and reason.
        left: Those that were not, by topic and why.
    """

    sent: Counts = field(default_factory=Counter)
    left: Counts = field(default_factory=Counter)


def original(letter: DeadLetter) -> Send:
    """The record as it came, with where it stood first and its dead letter's place."""
    raw = letter.raw
    theirs = [pair for pair in raw.headers if pair[0] not in OURS]
    ours = [
        (HEADER_SOURCE, letter.source.encode()),
        (HEADER_REPLAYED, str(letter.at).encode()),
    ]
    topic = topic_of(letter)
    return Send(topic, raw.partition, raw.key, raw.value, (*theirs, *ours))


class Resend:
    """Sends dead letters again.

    Args:
        transport: Kafka, or memory; with an ordinal, so that runs exclude each other.
        choice: Which.
        fail: Where tests let it die.
    """

    def __init__(
        self, transport: Transport, choice: Choice, fail: Failpoint = no_failpoint
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._fail = fail
        self._mine: dict[Position, tuple[str, str]] = {}
        self._unsure: list[DeadLetter] = []

    def preview(self) -> Outcome:
        """What `run` would do.

        Raises:
            NoKafka: Kafka does not answer.
        """
        outcome = Outcome()
        try:
            past = read_past(self._transport, self._choice.topics)
            for letter in self._allowed(past, outcome):
                outcome.sent[topic_of(letter), letter.reason] += 1
        except Indefinite as error:
            raise NoKafka(f"Kafka gives no dead letters ({error})") from error
        return outcome

    def run(self) -> Outcome:
        """Send them.

        Raises:
            NoKafka: Kafka does not answer; what was sent is noted, so run it again.
        """
        why: Indefinite | None = None
        sink = self._transport.sink(NAME)
        try:
            for _ in range(ATTEMPTS):
                try:
                    return self._round(sink)
                except Indefinite as error:
                    why = error
            raise NoKafka(
                f"Kafka does not take the records ({why}): run it again later, "
                "nothing is sent twice"
            )
        finally:
            sink.close()

    def _round(self, sink: Sink) -> Outcome:
        """End what is open, read the notes, and send what they do not name.

        Raises:
            Indefinite: from the transaction under way; another round finds out.
        """
        sink.reset()
        past = read_past(self._transport, self._choice.topics)
        for letter in self._unsure:
            if letter.at in past.replayed:
                self._mine[letter.at] = topic_of(letter), letter.reason
        self._unsure = []
        outcome, batch, size = Outcome(), list[DeadLetter](), 0
        for letter in self._allowed(past, outcome):
            batch.append(letter)
            size += len(letter.raw.value or b"")
            if len(batch) >= BATCH or size >= BATCH_BYTES:
                self._send(sink, batch)
                batch, size = [], 0
        self._send(sink, batch)
        outcome.sent = Counter(self._mine.values())
        return outcome

    def _allowed(self, past: Past, outcome: Outcome) -> Iterator[DeadLetter]:
        """Those to be sent, in order of each partition; the others are counted."""
        limit = self._choice.limit
        room = inf if limit is None else limit - len(self._mine)
        for letter in self._meant():
            if room <= 0:
                return
            why = past.forbids(letter)
            if not why:
                room -= 1
                yield letter
            elif letter.at not in self._mine:
                outcome.left[topic_of(letter), why] += 1

    def _meant(self) -> Iterator[DeadLetter]:
        """The dead letters that were chosen, as of now."""
        for topic in self._choice.topics:
            every = range(partitions_of(self._transport, topic))
            for raw in read_all(self._transport, topic, every):
                letter = read_letter(raw)
                if not is_note(raw) and letter in self._choice:
                    yield letter

    def _send(self, sink: Sink, letters: Sequence[DeadLetter]) -> None:
        """Send records and the notes about them in one transaction."""
        if not letters:
            return
        self._unsure = list(letters)
        noted: dict[tuple[str, int], list[int]] = defaultdict(list)
        sink.begin()
        for letter in letters:
            self._fail("before_send")
            sink.send(original(letter))
            noted[letter.at.topic, letter.at.partition].append(letter.at.offset)
        for (topic, partition), offsets in noted.items():
            sink.send(note_of(topic, partition, offsets))
        self._fail("after_send")
        sink.flush()
        self._fail("before_commit")
        sink.commit()
        self._fail("after_commit")
        for letter in letters:
            self._mine[letter.at] = topic_of(letter), letter.reason
        self._unsure = []

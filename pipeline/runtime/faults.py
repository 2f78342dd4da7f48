"""What can go wrong in a worker, by what the runtime does about it.

Exception
├── InvalidRecord (topics)  dead letter; the offset moves on
├── Indefinite              new producer, ask the committed offsets, decide
└── Stop                    exit with a code and one line; no offset moves on
    ├── Fenced              another process has this identity
    ├── TooManyDeadLetters  a bad deploy must not drain a topic
    ├── BadLog              a record of ours cannot be read
    └── BadTopics           topics are missing or otherwise than they must be
"""


class Indefinite(Exception):
    """It is not known whether the transaction went through; only Kafka knows."""


class Stop(Exception):
    """The worker must end; the message names cause and remedy in one line."""

    code = 1


class Fenced(Stop):
    """Another process has this worker's identity and has taken over."""

    code = 3


class TooManyDeadLetters(Stop):
    """More dead letters than the settings allow."""

    code = 4


class BadLog(Stop):
    """A record of one of our own topics cannot be read."""

    code = 5


class BadTopics(Stop):
    """Topics are missing, or their partitions do not fit together."""

    code = 6


class NoKafka(Stop):
    """Kafka does not answer; later it may."""

    code = 7

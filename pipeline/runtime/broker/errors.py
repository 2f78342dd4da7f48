"""What can go wrong between us and a running Kafka, in one class."""


class BrokerError(Exception):
    """No Kafka to be had: one line with the cause and the remedy.

    The end of the broker's log, where there is one, is attached as a note.
    """

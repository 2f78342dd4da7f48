"""Log lines: time, level, worker, message; to standard error."""

import logging
import sys


def set_up_log(worker: str, level: str = "INFO") -> logging.Logger:
    """Write our own lines from `level` on, and the client library's from errors on.

    Ids of users and items do not belong in log lines.
    """
    form = f"%(asctime)s %(levelname)-7s {worker}: %(message)s"
    logging.basicConfig(stream=sys.stderr, format=form, level=logging.ERROR, force=True)
    logger = logging.getLogger("kairec")
    logger.setLevel(level.upper())
    # kafka-python reports what our loop mends (a lost connection) as errors.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return logger


LOG = logging.getLogger("kairec")

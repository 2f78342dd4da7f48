"""`kairec worker`: what it does before it works."""

import signal
import time
from pathlib import Path

from tests.integration.cli import Kairec


def test_a_worker_that_is_told_to_stop_before_it_has_begun_just_stops(
    tmp_path: Path,
) -> None:
    nowhere = Kairec("127.0.0.1:1", tmp_path)  # It looks for Kafka for ten seconds.
    for tries in range(1, 40):
        with nowhere.beside("worker", "extract", "--ordinal", "0") as process:
            time.sleep(0.25 * tries)
            process.terminate()
            said, _ = process.communicate(timeout=30)
        if process.returncode != -signal.SIGTERM:  # Python itself was not yet up.
            break
    assert process.returncode == 0
    assert "Traceback" not in said

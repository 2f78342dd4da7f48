"""`kairec`, and `python -m pipeline`."""

import gc
import signal

RARELY = 50_000
"""New objects until garbage is looked for: modules are none, and there are many."""


def main() -> None:
    """Run the command line."""
    # Ctrl-C while modules are read: end as programs do, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(RARELY)
    from pipeline.cli import run  # noqa: PLC0415  # hence only now

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()

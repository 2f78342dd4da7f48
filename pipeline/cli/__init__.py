"""The command line: one module a command or a group of them."""

import sys

import typer

from pipeline.cli.worker import worker
from pipeline.runtime.broker import BrokerError
from pipeline.runtime.faults import Stop
from pipeline.settings import BadSettings

app = typer.Typer(
    name="kairec",
    help="Real-time recommendations on Apache Kafka that learn from every event.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(worker)


@app.callback()
def root() -> None:
    """Keep `worker` a command of its own while it is the only one."""


def run() -> None:
    """Run a command; an error of ours is one line that names cause and remedy."""
    try:
        app()
    except (BadSettings, BrokerError) as error:
        print(f"kairec: {error}", file=sys.stderr)
        sys.exit(2)
    except Stop as stop:
        print(f"kairec: {stop}", file=sys.stderr)
        sys.exit(stop.code)

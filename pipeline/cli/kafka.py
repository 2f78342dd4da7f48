"""`kairec kafka`: a Kafka of your own in the background."""

from typing import Annotated

import typer

from pipeline.cli.terminal import say
from pipeline.runtime.broker import daemon

kafka = typer.Typer(
    no_args_is_help=True,
    help="Run Apache Kafka on this machine: no Docker, no Java to install.",
)


@kafka.command()
def start(
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65_535, help="Where clients connect; 9092, or a free one."
        ),
    ] = None,
) -> None:
    """Start Kafka in the background; the last line is what to set.

    Example: export $(kairec kafka start --port 9092 | tail -1)
    """
    servers = daemon.start(port, progress=say)
    print(f"KAFKA_BOOTSTRAP_SERVERS={servers}")


@kafka.command()
def stop() -> None:
    """Stop the Kafka that `start` started; its data stay for the next start.

    Example: kairec kafka stop
    """
    print("stopped" if daemon.stop() else "it does not run")


@kafka.command()
def status() -> None:
    """Say whether it runs, where, and where its data and log are; exit 1 if not.

    Example: kairec kafka status
    """
    found = daemon.status()
    if found.bootstrap_servers is None:
        print(f"it does not run; data and log in {found.folder}")
        raise typer.Exit(1)
    print(f"pid {found.pid}, data and log in {found.folder}")
    if not found.ready:
        print("it runs, but does not answer yet")
        raise typer.Exit(1)
    print(f"KAFKA_BOOTSTRAP_SERVERS={found.bootstrap_servers}")

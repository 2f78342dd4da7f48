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
    nodes: Annotated[
        int,
        typer.Option(
            min=1, max=9, help="How many; of three any one may die without loss."
        ),
    ] = 1,
) -> None:
    """Start Kafka in the background; the last line is what to set.

    With several nodes, `topics create` makes as many copies of each topic as fit. Nodes
    of a running Kafka that have died are started again.

    Example: export $(kairec kafka start --port 9092 | tail -1)

    Example: export $(kairec kafka start --nodes 3 | tail -1)
    """
    _tell(daemon.start(port, nodes, progress=say), nodes)


def _tell(servers: str, nodes: int) -> None:
    """What to set, in one line."""
    copies = f" KAIREC_REPLICATION={min(3, nodes)}" if nodes > 1 else ""
    print(f"KAFKA_BOOTSTRAP_SERVERS={servers}{copies}")


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
    pids = ", ".join(map(str, found.pids))
    print(f"pid {pids}, data and log in {found.folder}")
    if len(found.pids) < found.nodes:
        print(f"{len(found.pids)} of {found.nodes} nodes run: start it again")
    if not found.ready:
        print("it runs, but does not answer yet")
        raise typer.Exit(1)
    _tell(found.bootstrap_servers, found.nodes)

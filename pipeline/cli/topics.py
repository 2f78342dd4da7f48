"""`kairec topics`: the topics of a deployment."""

from typing import Annotated

import typer

from pipeline.apps.errors import AppError
from pipeline.apps.repartition_side import origin_of
from pipeline.cli.connect import bootstrap_servers, cluster, names
from pipeline.cli.repartition import repartition
from pipeline.cli.terminal import console, say, table
from pipeline.runtime.kafka.admin import Difference
from pipeline.runtime.kafka.cluster import Cluster
from pipeline.runtime.kafka.successor import Successor
from pipeline.runtime.kafka.whole import WholeTopics
from pipeline.settings import load_settings
from topics import TOPICS
from topics.spec import DAY_MS, Names, TopicSpec

topics = typer.Typer(
    no_args_is_help=True, help="Create, list and check the topics of a deployment."
)
topics.command()(repartition)
Partitions = Annotated[
    int | None,
    typer.Option(
        min=1, max=10_000, help="Of each topic but `samples`; setting `partitions`, 8."
    ),
]


@topics.command()
def create(
    partitions: Partitions = None,
    replication: Annotated[
        int | None,
        typer.Option(min=1, help="Copies of each; else 3, or one a node if fewer."),
    ] = None,
) -> None:
    """Create the topics that are missing; say where others are otherwise than wanted.

    Topics that are there are never changed. To be run as often as one likes.

    Example: kairec topics create --partitions 16
    """
    settings = load_settings()
    count = partitions or settings.partitions
    with Successor(bootstrap_servers(), names(settings)) as kafka:
        _refuse_a_part(kafka, names(settings))
        created = kafka.create(count, replication or settings.replication)
        for name in created:
            print(f"created {name}")
        _tell(kafka.differences(count))
    there = "all topics are there" if not created else f"{len(created)} topics created"
    print(f"{there}: {names(settings).base}.*")


def _refuse_a_part(kafka: Successor, called: Names) -> None:
    """Make nothing beside a copy that was made in part: workers would start on it.

    Raises:
        AppError: saying how to end it.
    """
    origin = origin_of(kafka, lambda: WholeTopics(bootstrap_servers(), called))
    if origin is not None and not origin.complete:
        raise AppError(
            f"{called.base}.* is a copy that was not ended: ask `kairec topics "
            "repartition` again"
        )


@topics.command()
def check(partitions: Partitions = None) -> None:
    """Say where topics are otherwise than they shall be; exit 1 if any is.

    Example: kairec topics check
    """
    settings = load_settings()
    with cluster(settings) as kafka:
        found = kafka.differences(partitions or settings.partitions)
    if not found:
        print("all topics are as they shall be")
        return
    _tell(found)
    raise typer.Exit(1)


@topics.command("list")
def list_topics() -> None:
    """List the topics: partitions, records, how long they are kept, who writes, reads.

    Example: kairec topics list
    """
    settings = load_settings()
    with cluster(settings) as kafka:
        _list(kafka, settings.partitions)


def _list(kafka: Cluster, partitions: int) -> None:
    existing = kafka.existing()
    wanted = {w.name: w for w in kafka.wanted(partitions)}
    sizes = kafka.sizes({n: c for n, c in existing.items() if n in wanted})
    specs = {spec.name: spec for spec in TOPICS}
    numbers = ("partitions", "offsets")
    shown = table(
        "topic",
        "partitions",
        "offsets",
        "kept",
        "written by",
        "read by",
        numbers=numbers,
    )
    for name in wanted:
        dead = name.endswith(".dlq")
        spec = next(
            s for s in specs.values() if name.removesuffix(".dlq").endswith(s.name)
        )
        if dead:
            told = ("14 days", spec.read_by, "kairec dlq")
        else:
            told = (_kept(spec), spec.written_by, spec.read_by)
        count = str(existing[name]) if name in existing else "missing"
        shown.add_row(name, count, str(sizes.get(name, "")), *told)
    console().print(shown)


def _kept(spec: TopicSpec) -> str:
    if spec.retention_ms is None:
        return "newest of each key"
    days = spec.retention_ms // DAY_MS
    return f"{days} day" if days == 1 else f"{days} days"


def _tell(differences: list[Difference]) -> None:
    """Each in a line, and in the end what to do."""
    for difference in differences:
        say(f"differs: {difference}")
    if any(d.what == "the topic" for d in differences):
        say("create what is missing: kairec topics create")
    if any(d.what == "partitions" for d in differences):
        say(
            "partitions cannot be added to topics with state: set KAIREC_PARTITIONS to "
            "what is there; or have it copied to another number of partitions, with "
            "`kairec topics repartition --partitions N --to PREFIX`"
        )
    if any(d.what not in ("partitions", "the topic") for d in differences):
        say(
            "change a setting with `kafka-configs --alter`, or leave it if you meant it"
        )

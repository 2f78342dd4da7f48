"""`kairec forget`: leave nothing of a user, and prove it."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.apps.forget import READ, Deployment, Forgetting
from pipeline.apps.forget_proof import Proof
from pipeline.cli.connect import cluster, names, producer, reader
from pipeline.cli.terminal import say
from pipeline.runtime.clock import SystemClock
from pipeline.settings import load_settings
from topics import codec


def forget(
    user: Annotated[str, typer.Argument(help="Who.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the proof there; else it is printed.")
    ] = None,
    wait: Annotated[
        int, typer.Option(min=1, help="Seconds to wait for the workers.")
    ] = 60,
) -> None:
    """Forget a user: portrait, waiting impressions and lists; and prove it.

    A null goes to the topic `users`; when extract, diversify and publish have taken it,
    the proof says what was removed when, and what ages out by which date. Ends with 1
    if a worker has not taken it in time: the request stands, so start the worker and
    ask again. Events from before the request do not bring the user back.

    Example: kairec forget u1 --out u1.json
    """
    settings = load_settings()
    with (
        reader(settings, READ) as source,
        producer(settings) as sender,
        cluster(settings) as kafka,
    ):
        at = Deployment(source, sender, kafka, names(settings), SystemClock())
        proof = Forgetting(at, user).run(wait * 1000)
    written = codec.write(proof)
    if out is None:
        print(written.decode())
    else:
        out.write_bytes(written + b"\n")
    _tell(proof)
    raise typer.Exit(0 if proof.complete else 1)


def _tell(proof: Proof) -> None:
    """Say it in a few lines, beside the proof."""
    for removed in proof.removed:
        say(f"removed: {removed.what}, by {removed.by} at {removed.time}")
    dates = [each.until for each in proof.ages_out if each.until is not None]
    say(f"portrait: {proof.portrait}; list: {proof.slate}")
    say(f"what stands in topics ages out by {max(dates)}")
    if proof.missing:
        say(
            f"kairec: {', '.join(proof.missing)} did not take it in time: see `kairec "
            "status`, start what is missing, and ask again"
        )

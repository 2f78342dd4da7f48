"""Peers by name: what others do, each fairly tuned, one setting for all streams."""

from collections.abc import Callable, Mapping
from functools import partial

from pipeline.apps.evaluate.peers.als import Als
from pipeline.apps.evaluate.peers.bpr import BprMf
from pipeline.apps.evaluate.peers.ease import Ease, ease
from pipeline.apps.evaluate.peers.isgd import Isgd
from pipeline.apps.evaluate.peers.item_knn import ItemKnn
from pipeline.apps.evaluate.peers.peer import Peer, Size, size_of
from pipeline.apps.evaluate.peers.popularity import Popularity
from pipeline.apps.evaluate.peers.vsknn import VsKnn
from topics.spec import DAY_MS

__all__ = ["PEERS", "Peer", "Size", "size_of"]

PEERS: Mapping[str, Callable[[Size], Peer | str]] = {
    "popularity": partial(Popularity, name="popularity"),
    "popularity-1d": partial(Popularity, name="popularity-1d", half_life_ms=DAY_MS),
    "popularity-7d": partial(Popularity, name="popularity-7d", half_life_ms=7 * DAY_MS),
    "popularity-30d": partial(
        Popularity, name="popularity-30d", half_life_ms=30 * DAY_MS
    ),
    ItemKnn.name: ItemKnn,
    VsKnn.name: VsKnn,
    Isgd.name: Isgd,
    BprMf.name: BprMf,
    Als.name: Als,
    Ease.name: ease,
}
"""Each makes a new peer for a stream of a size, or says why it takes no such stream."""

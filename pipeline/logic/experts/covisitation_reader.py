"""Co-visitation, the reading side: what goes with the user's recent items."""

import numpy as np

from pipeline.logic.arrays import Mask, Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.covisitation import CovisitationConfig
from pipeline.logic.experts.covisitation_graph import Graph
from pipeline.logic.kernels.covisitation_choice import (
    Strategies,
    choose,
    describe,
    lift,
    loudest,
)
from pipeline.logic.kernels.covisitation_walk import (
    COLUMNS,
    Found,
    walk_from,
)
from pipeline.logic.kernels.covisitation_weights import FEATURES, LOOK_BACK
from pipeline.logic.slots import SlotTable

STRATEGIES = (
    ("cov8", 100, 0.0),
    ("cov8", 60, 2.0),
    ("cov95", 30, 0.0),
    ("fast", 40, 0.0),
    ("next", 30, 0.0),
    ("time", 25, 0.0),
    ("fwd", 30, 0.0),
    ("sess", 25, 0.0),
    ("page", 20, 0.0),
    ("wide", 60, 0.0),
)
"""By what candidates are chosen, and how many; if the last number is above 0, an item
counts less by the square root of that plus how many events it had."""
COARSE = frozenset({"next", "page"})
"""Features of which small shares mean little."""
_STRATEGIES = Strategies(
    columns=np.array([FEATURES.index(name) for name, _, _ in STRATEGIES]),
    most=np.array([most for _, most, _ in STRATEGIES]),
    shrinks=np.array([shrink for _, _, shrink in STRATEGIES], np.float32),
)
_FLOORS = np.array([1e-3 if n in COARSE else 1e-4 for n in FEATURES], np.float32)


class CovisitationReader:
    """Links between items, weighed for the user's recent ones.

    Args:
        table: The dictionary of ids to slots that all readers share.
        config: As of the writer.
    """

    name = "covisitation"
    part: Part = "rows"
    feature_names: tuple[str, ...] = (*FEATURES, "lift")
    context_names: tuple[str, ...] = ("cov8 max",)

    def __init__(self, table: SlotTable, config: CovisitationConfig) -> None:
        self._table = table
        self._graph = Graph(config.fast_half_life_ms)
        self._found = _room(1024)
        self._walks = 0
        self._moment: Moment | None = None
        self._met = 0
        self._largest = 0.0

    def assign(self, slot: int, section: Section) -> None:
        """Take the partners of an item, in place of those before."""
        self._moment = None
        item = self._table.id_of(slot)
        if item is None:
            raise ValueError(f"slot {slot} belongs to no item")
        self._graph.assign(item, slot, section)

    def assign_shared(self, key: str, section: Section) -> None:
        """Nothing: co-visits belong to items."""

    def drop(self, slot: int) -> None:
        """The item is gone; it may still be a partner of others."""
        self._moment = None
        self._graph.drop(slot)

    def candidates(self, moment: Moment, listable: Mask) -> Slots:
        """Items that go with the recent ones by any of `STRATEGIES`, ascending."""
        self._walk(moment)
        graph = self._graph
        slots, self._largest = choose(
            graph.links.web,
            graph.items,
            self._found,
            self._met,
            listable,
            _STRATEGIES,
        )
        return slots

    def context(self, moment: Moment) -> Vector:
        """How much the best of the candidates has to do with the recent items."""
        self._walk(moment)
        return np.log(np.array([self._largest + 1e-3], np.float32))

    def features(self, moment: Moment, slots: Slots, out: Matrix) -> None:
        """What the recent items say of candidates, next to the best and to chance."""
        self._walk(moment)
        graph, found, walk = self._graph, self._found, self._walks
        nodes = graph.nodes(slots)
        describe(found, walk, nodes, _FLOORS, out)
        lift(found, walk, nodes, graph.items, float(graph.total), out[len(FEATURES)])

    def because(self, moment: Moment, slots: Slots) -> Slots:
        """The recent items that have the most co-visits with these."""
        self._walk(moment)
        nodes = self._graph.nodes(slots)
        return loudest(self._found, self._walks, nodes, _recent(moment)[0])

    def _walk(self, moment: Moment) -> None:
        """Walk from the moment's recent items; asked several times, done once."""
        if self._moment is moment:
            return
        graph = self._graph
        recent, times_ms = _recent(moment)
        size = len(graph.items.slots)
        if size > len(self._found.met):
            self._found, self._walks = _room(size), 0
        self._moment, self._largest = moment, 0.0
        self._walks += 1
        self._met = walk_from(
            graph.links.web,
            graph.items,
            self._found,
            self._walks,
            graph.nodes(recent),
            times_ms,
            moment.now_ms,
        )


def _recent(moment: Moment) -> tuple[Slots, Slots]:
    """The recent items that speak, the newest first, and their times."""
    newest = slice(None, -LOOK_BACK - 1, -1)
    return moment.recent[newest], moment.recent_times_ms[newest]


def _room(nodes: int) -> Found:
    """Arrays for walks among so many nodes."""
    return Found(
        sums=np.zeros((nodes, COLUMNS), np.float32),
        met=np.zeros(nodes, np.int64),
        nodes=np.zeros(nodes, np.int32),
    )

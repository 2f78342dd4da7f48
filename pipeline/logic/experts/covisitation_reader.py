"""Co-visitation, the reading side: what goes with the user's recent items."""

from dataclasses import dataclass

import numpy as np

from pipeline.logic.arrays import Matrix, Slots, Vector
from pipeline.logic.expert import Moment, Part, Section
from pipeline.logic.experts.covisitation import CovisitationConfig
from pipeline.logic.experts.evidence import Amounts, Evidence, gather
from pipeline.logic.experts.grow import grown
from pipeline.logic.experts.links import Links
from pipeline.logic.experts.nodes import Nodes
from pipeline.logic.experts.partners import CHANNELS
from pipeline.logic.slots import SlotTable

LOOK_BACK = 20
DECAY = 0.8
"""What the next older recent item counts against the one after it."""
LAST = 2.0
"""What the last item counts beyond that."""
NEXT = np.array((1.0, 0.4, 0.16))
"""What the last items count for what comes next, the last first."""
STRONGEST = 300
"""So many links onward from one item are looked at."""


@dataclass(frozen=True, slots=True)
class Look:
    """A moment as links see it.

    Args:
        moment: The moment.
        recent: Slots of the recent items that speak, the newest first.
        nodes: Theirs.
        evidence: Links around them.
        cov: What each link says, float64 (links,).
    """

    moment: Moment
    recent: Slots
    nodes: Slots
    evidence: Evidence
    cov: Amounts


class CovisitationReader:
    """Links between items, weighed for the user's recent ones.

    A partner may be an item without a row, or one whose row has not come yet. So ids
    have nodes of their own here; a node has a slot while the item has a row.

    Args:
        table: The dictionary of ids to slots that all readers share.
        config: As of the writer.
    """

    name = "covisitation"
    part: Part = "rows"
    feature_names = ("cov", "onward", "last", "next", "fast")

    def __init__(self, table: SlotTable, config: CovisitationConfig) -> None:
        self._table = table
        self._half_life_ms = config.fast_half_life_ms
        self._ids = Nodes()
        self._links = Links(STRONGEST)
        self._node_of: Slots = np.full(1024, -1, np.int64)
        self._slot_of: Slots = np.full(1024, -1, np.int64)
        self._events = np.zeros(1024)
        self._at_ms = np.zeros(1024)
        self._look: Look | None = None
        self._speakers: Slots | None = None  # of `_look`, once asked for

    def assign(self, slot: int, section: Section) -> None:
        """Take the partners of an item, in place of those before."""
        self._look = None
        item = self._table.id_of(slot)
        if item is None:
            raise ValueError(f"slot {slot} belongs to no item")
        node = self._ids.add(item)
        ids = section.get("ids", ())
        partners = self._ids.add_all(ids)
        self._grow(slot)
        counts = np.empty((len(ids), len(CHANNELS)), np.float32)
        for channel, name in enumerate(CHANNELS):
            counts[:, channel] = np.frombuffer(section.get(name, b""), "<f4")
        self._node_of[slot], self._slot_of[node] = node, slot
        self._events[node] = section.get("events", 0.0)
        self._at_ms[node] = section.get("at_ms", 0)
        self._forget(self._links.assign(node, partners, counts))

    def assign_shared(self, key: str, section: Section) -> None:
        """Nothing: co-visits belong to items."""

    def drop(self, slot: int) -> None:
        """The item is gone; it may still be a partner of others."""
        self._look = None
        node = int(self._node_of[slot]) if slot < len(self._node_of) else -1
        if node < 0:
            return
        self._node_of[slot] = self._slot_of[node] = -1
        self._events[node] = 0
        none = np.zeros(0, np.int64)
        ends = self._links.assign(node, none, np.empty((0, len(CHANNELS)), np.float32))
        self._forget([*ends, node])

    def candidates(self, moment: Moment, n: int) -> Slots:
        """Items with the most co-visits, the most first; none of the recent ones."""
        look = self._looked(moment)
        nodes = look.evidence.nodes
        sums = look.evidence.by_node(look.cov)
        usable = self._slot_of[nodes] >= 0
        own = np.searchsorted(nodes, look.nodes)
        own = own[own < len(nodes)]  # np.isin would take longer than all the rest
        usable[own[np.isin(nodes[own], look.nodes)]] = False
        nodes, sums = nodes[usable], sums[usable]
        if n < len(nodes):
            bar = np.partition(sums, len(sums) - n)[len(sums) - n]
            nodes, sums = nodes[sums >= bar], sums[sums >= bar]
        slots = self._slot_of[nodes]
        best: Slots = slots[np.lexsort((slots, -sums))[:n]]
        return best

    def score(self, moment: Moment, slots: Slots) -> Vector:
        """An amount: co-visits with the recent items, in either order."""
        look = self._looked(moment)
        sums = look.evidence.by_node(look.cov)
        return look.evidence.of(sums, self._nodes(slots)).astype(np.float32)

    def features(self, moment: Moment, slots: Slots) -> Matrix:
        """What a ranker may weigh one by one, float32 (n, features), amounts from 0."""
        look = self._looked(moment)
        evidence, nodes = look.evidence, self._nodes(slots)
        places, sources = evidence.places, evidence.sources
        counts = self._links.counts[places]
        at_ms = self._at_ms[self._links.later[places]]
        fade = np.exp2(np.minimum((at_ms - moment.now_ms) / self._half_life_ms, 60))
        shares = np.zeros(len(look.nodes))
        shares[: len(NEXT)] = NEXT[: len(shares)]
        shares /= self._events[look.nodes] + 3
        links = (
            look.cov,
            look.cov * evidence.onward,
            look.cov * (sources == 0),
            counts[:, 1] * evidence.onward * shares[sources],
            counts[:, 2] * fade * self._weights(look.nodes)[sources],
        )
        columns = [evidence.of(evidence.by_node(each), nodes) for each in links]
        return np.stack(columns, axis=1).astype(np.float32)

    def because(self, moment: Moment, slot: int) -> int:
        """The recent item that has the most co-visits with this one."""
        look = self._looked(moment)
        node = int(self._node_of[slot]) if slot < len(self._node_of) else -1
        nodes = look.evidence.nodes
        at = int(nodes.searchsorted(node))
        if at == len(nodes) or nodes[at] != node:
            return -1
        if self._speakers is None:
            self._speakers = look.evidence.speakers(look.cov, len(look.recent))
        return int(look.recent[self._speakers[at]])

    def _looked(self, moment: Moment) -> Look:
        """The moment's links; asked for several times, looked up once."""
        look = self._look
        if look is not None and look.moment is moment:
            return look
        recent = moment.recent[moment.recent_weights >= 0][: -LOOK_BACK - 1 : -1]
        nodes = self._nodes(recent)
        recent, nodes = recent[nodes >= 0], nodes[nodes >= 0]
        evidence = gather(self._links, nodes.tolist())
        cov = self._links.counts[evidence.places, 0]
        weighed = cov * self._weights(nodes)[evidence.sources]
        self._speakers = None
        look = self._look = Look(moment, recent, nodes, evidence, weighed)
        return look

    def _weights(self, nodes: Slots) -> Amounts:
        """What recent nodes count: less by age, and by how common they are."""
        events = np.maximum(self._events[nodes], 1)
        weights: Amounts = DECAY ** np.arange(len(nodes)) / np.sqrt(events)
        weights[:1] *= LAST
        return weights

    def _nodes(self, slots: Slots) -> Slots:
        nodes: Slots = np.where(
            slots < len(self._node_of), self._node_of[slots % len(self._node_of)], -1
        )
        return nodes

    def _grow(self, slot: int) -> None:
        self._node_of = grown(self._node_of, slot + 1, -1)
        size = self._ids.size
        self._slot_of = grown(self._slot_of, size, -1)
        self._events = grown(self._events, size, 0)
        self._at_ms = grown(self._at_ms, size, 0)

    def _forget(self, nodes: list[int]) -> None:
        """Let go of nodes that no link knows and that have no slot."""
        for node in nodes:
            item = self._ids.id_of(node)
            unused = self._slot_of[node] < 0 and not self._links.linked(node)
            if item is not None and unused:
                self._ids.drop(item)

"""`model`: what has been learnt, one row a key; update's own changelog.

A key is `<kind>/<id>`. Row tasks write `item/<item_id>` and `totals/<partition>`; the
dense task writes `vectors/<table>/<block>`, `joint/<what>`, `~dense` and `~basis`. A
row is binary: a versioned header and one section per expert.
"""

from dataclasses import dataclass, field

from topics.spec import Format, Key, TopicSpec

ITEM = "item"
TOTALS = "totals"
VECTORS = "vectors"
JOINT = "joint"
DENSE = "~dense"
BASIS = "~basis"
ROW_KINDS = frozenset({ITEM, TOTALS})
"""The kinds that row tasks write; all others belong to the dense task."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """The new absolute value of one row.

    Args:
        key: `<kind>/<id>`.
        event_time_ms: Newest event that it has learnt from.
        sections: By expert, its bytes; a reader carries unknown ones through.
    """

    key: str
    event_time_ms: int
    sections: dict[str, bytes] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What comes before the first slash of the key."""
        return self.key.partition("/")[0]

    @property
    def id(self) -> str:
        """What comes after the first slash of the key."""
        return self.key.partition("/")[2]


MODEL = TopicSpec(
    "model",
    ModelRow,
    Key.KIND_AND_ID,
    None,
    "update",
    "publish, update's dense task (every partition)",
    format=Format.ROW,
)

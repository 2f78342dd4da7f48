"""Bytes that were good once: how streams are really damaged."""

import json
from copy import deepcopy

from hypothesis import strategies as st

from tests.topics.golden_records import newest
from topics import TOPICS
from topics.spec import TopicSpec

GOLDEN = {spec.name: newest(spec).read_bytes() for spec in TOPICS}
ODD: list[object] = [
    None,
    True,
    -1,
    0,
    2**63,
    -(2**70),
    1e308,
    -0.0,
    5e-324,
    "",
    "~",
    "\x00",
    "\u2028é日",
    "x" * 600,
    [],
    {},
    [[]],
    [None],
    {"": {}},
]
"""Values that may stand where another was expected."""


@st.composite
def damaged(draw: st.DrawFn, value: bytes) -> bytes:
    """Cut, repeat, overwrite or insert bytes, up to four times."""
    found = value
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(found)))
        to = draw(st.integers(at, min(len(found), at + 12)))
        piece = draw(st.binary(max_size=6) | st.sampled_from([b"", found[at:to] * 2]))
        found = found[:at] + piece + found[to:]
    return found


@st.composite
def twisted(draw: st.DrawFn, value: bytes) -> bytes:
    """JSON that is well-formed, with odd values in odd places."""
    root = json.loads(value)
    for _ in range(draw(st.integers(1, 3))):
        node, tries = root, 0
        while tries < 4 and isinstance(node, dict | list) and node:
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else [0]))
            inner = node[key]
            if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
                # A copy: a later step may change it.
                node[key] = deepcopy(draw(st.sampled_from(ODD)))
                break
            node, tries = inner, tries + 1
    return _dumps(root)


def _dumps(value: object) -> bytes:

    return json.dumps(value).encode()


def bytes_for(spec: TopicSpec) -> st.SearchStrategy[bytes]:
    """Any bytes, mostly such as were a record of a topic."""
    golden = GOLDEN[spec.name]
    if golden[:1] in b"{[":
        return damaged(golden) | twisted(golden) | st.binary(max_size=64)
    return damaged(golden) | st.binary(max_size=64)

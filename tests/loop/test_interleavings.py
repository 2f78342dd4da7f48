"""Any order of polls, commits, crashes, missing answers and rebalances."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.runtime.faults import Fenced, Indefinite
from pipeline.runtime.memory import STEPS, MemoryTransport
from tests.runtime.rig import SPECS, Died, Rig, conserved, inputs_of, undisturbed

NAMES = ("0", "1", "2")
BREAKS = [f"{when}_{step}" for step in STEPS for when in ("before", "after")]

Action = tuple[str, str, str, int]
"""What is done, to which worker, at which step, how often."""

actions: st.SearchStrategy[list[Action]] = st.lists(
    st.tuples(
        st.sampled_from(
            ["turn", "turn", "turn", "start", "stop", "kill", "crash", "miss", "die"]
        ),
        st.sampled_from(NAMES),
        st.sampled_from([*BREAKS, "committed", "ends"]),
        st.integers(1, 4),
    ),
    max_size=40,
)


class Play:
    """Workers on one log, done to as told; those with an ordinal are static members."""

    def __init__(self, name: str, static: bool) -> None:
        self.rig = Rig(SPECS[name], inputs_of(SPECS[name]))
        self._static = static
        self._ghosts: list[MemoryTransport] = []
        self._next: dict[str, type[BaseException]] = {}

    def do(self, action: Action) -> None:
        what, name, step, count = action
        self.rig.feed(1 / 40)
        running = name in self.rig.running
        if what == "start":
            if running and not self._static:
                self._ghosts.append(self.rig.crash(name))
            self._start(name)
        elif what in {"miss", "die"}:
            self._next[step] = Indefinite if what == "miss" else Died
        elif running:
            self._try(lambda: self._to(what, name, count), name)

    def _to(self, what: str, name: str, count: int) -> None:
        if what == "turn":
            for _ in range(count):
                self.rig.turn(name)
        elif what == "stop":
            self._ghosts.append(self.rig.running[name].transport)
            self.rig.stop(name)
        elif what == "kill":
            self.rig.kill(name)
        else:
            self._ghosts.append(self.rig.crash(name))

    def _try(self, do: Callable[[], None], name: str) -> None:
        try:
            do()
        except (Died, Fenced):
            if name in self.rig.running:
                self._ghosts.append(self.rig.crash(name))

    def _start(self, name: str) -> None:
        ordinal = int(name) if self._static else None
        self.rig.start(name, ordinal, self._break_at)

    def _break_at(self, step: str) -> None:
        fault = self._next.pop(step, None)
        if fault is not None:
            raise fault(step)

    def end(self) -> None:
        """All goes well from here on."""
        self._next.clear()
        for ghost in self._ghosts:
            ghost.time_out()
        if not self.rig.running:
            self._start("0")
        self.rig.feed()
        self.rig.drain()


@pytest.mark.parametrize("name", SPECS)
@settings(max_examples=40)
@given(actions=actions, static=st.booleans())
def test_no_order_of_faults_loses_or_doubles_anything(
    name: str, actions: list[Action], static: bool
) -> None:
    play = Play(name, static)
    play.do(("start", "0", "", 1))
    for action in actions:
        play.do(action)
    play.end()
    assert play.rig.found() == undisturbed(name)
    assert conserved(play.rig.registries)

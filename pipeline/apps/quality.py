"""How good the lists are right now, as the workers themselves count it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.apps.scrape import Figures

WINDOWS: Mapping[str, float] = {"_1k": 1_000, "_10k": 10_000, "": float("inf")}
"""By ending of a figure's name, of how many of a task's last events it is."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Hits among the first 10, by Kairec and by plain popularity, of the same events.

    Args:
        events: How many.
        hits: Share of them whose item the list had.
        popularity: Share whose item popularity's had.
    """

    events: int = 0
    hits: float = 0.0
    popularity: float = 0.0

    def __str__(self) -> str:
        """Say it in a few words."""
        if not self.events:
            return "nothing scored yet"
        return f"{self.hits:.3f} (popularity {self.popularity:.3f})"


@dataclass(frozen=True, slots=True)
class Quality:
    """What publish and update's dense task say of the lists.

    Args:
        live: By window, of lists as they were published, scored by what users did next.
        tested: By window, of lists as they were made just before each event was learnt.
        alarms: How often hits have changed: drift.
        boost: How many times as fast the ranker learns, after an alarm.
        held: Whether the guard holds the ranker back now.
        trips: How often it did.
        share: Of the samples, that the ranker learns from.
    """

    live: Mapping[str, Rate]
    tested: Mapping[str, Rate]
    alarms: int = 0
    boost: float = 1.0
    held: bool = False
    trips: int = 0
    share: float = 1.0

    def __str__(self) -> str:
        """The live hit rate in a few words."""
        rate = self.live[""]
        return f"{rate} over {rate.events:,} events" if rate.events else str(rate)

    def lines(self) -> list[tuple[str, str]]:
        """All of it in plain words, each with what it is about."""
        share = "" if self.share >= 1 else f"; learns from {self.share:.0%} of samples"
        return [
            ("live hit rate", _in_windows(self.live)),
            ("test, then train", _in_windows(self.tested) + share),
            ("drift", self._drift()),
            ("guard", self._guard()),
        ]

    def _drift(self) -> str:
        if not self.alarms:
            return "hits have not changed"
        faster = f", the ranker learns {self.boost:.1f} times as fast for a while"
        times = f"hits have changed {_times(self.alarms)}"
        return times + (faster if self.boost > 1 else "")

    def _guard(self) -> str:
        before = f", {_times(self.trips)} so far" if self.trips else ""
        if self.held:
            return f"the ranker is held back: lists follow popularity alone{before}"
        return "the ranker decides" + (f"; it was held back{before}" if before else "")


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


def _in_windows(rates: Mapping[str, Rate]) -> str:
    """Windows that hold less than all events; of how many all are."""
    whole = rates[""]
    if not whole.events:
        return str(whole)
    parts = [
        f"last {rate.events:,} {rate}"
        for window, rate in rates.items()
        if window and rate.events < 0.99 * whole.events
    ]
    return "; ".join([*parts, f"in all {whole} over {whole.events:,} events"])


def quality_of(figures: Iterable[Figures]) -> Quality:
    """Put together what all workers say."""
    shown: dict[str, float] = {}
    for each in figures:
        for name, value in each.task.items():
            shown[name] = shown.get(name, 0.0) + value

    def of(name: str) -> float:
        return shown.get(name, 0.0)

    live, tested = {}, {}
    for window, most in WINDOWS.items():
        scored = of(f"live_scored{window}")
        hits, popular = of(f"live_hits{window}"), of(f"live_popularity_hits{window}")
        least = max(scored, 1)
        live[window] = Rate(round(scored), hits / least, popular / least)
        scored = of("prequential_scored")
        tested[window] = Rate(
            round(min(scored, most)),
            of(f"prequential_hr10{window}"),
            of(f"prequential_popularity_hr10{window}"),
        )
    return Quality(
        live,
        tested,
        int(of("drift_alarms")),
        max(of("ranker_boost"), 1.0),
        of("guard_held") > 0,
        int(of("guard_trips")),
        shown.get("ranker_share", 1.0),
    )

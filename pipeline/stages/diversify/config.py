"""The settings of diversify."""

from dataclasses import dataclass, field

from topics.spec import DAY_MS, HOUR_MS


@dataclass(frozen=True, slots=True)
class BasisConfig:
    """From what the basis of item content is fitted.

    Args:
        first: So many items at least.
        most: So many at most.
        renewed: Once this share of them is new, it is fitted anew.
        keep_ms: Event time after which an item that was taken makes room.
    """

    first: int = 32
    most: int = 2_048
    renewed: float = 0.25
    keep_ms: int = 90 * DAY_MS


@dataclass(frozen=True, slots=True)
class DiversifyConfig:
    """How impressions are joined, what is dropped, and what an example weighs.

    Args:
        join_window_ms: Event time for which an impression waits for an interaction.
        lateness_ms: Event time by which the watermark stays behind the newest event.
        repeat_window_ms: Event time within which the same behaviour counts once.
        future_skew_ms: An event may be this much later than its record's append time.
        impression_weight: What an impression weighs, acted on or not; an interaction
            weighs what its type does.
        max_weight: An interaction of more weight than this is dropped.
        user_cap: Interactions that one user may contribute per window, and at most at
            once; an impression counts as its weight.
        user_cap_window_ms: Event time over which `user_cap` is spread.
        sample_share: Share of examples that go to `samples` too, 0 to 1.
        negative_share: Share of the impressions that were not acted on that go to
            `samples`; each weighs as much more as there are fewer.
        basis: Of the basis of item content.
        reappend_interval_ms: Clock time after which all memory is written again; well
            below the retention of the changelog (one day).
    """

    join_window_ms: int = 600_000
    lateness_ms: int = 10_000
    repeat_window_ms: int = 10_000
    future_skew_ms: int = 300_000
    impression_weight: float = 0.1
    max_weight: float = 1_000.0
    user_cap: float = 2_000.0
    user_cap_window_ms: int = HOUR_MS
    sample_share: float = 1.0
    negative_share: float = 0.25
    basis: BasisConfig = field(default_factory=BasisConfig)
    reappend_interval_ms: int = HOUR_MS

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ValueError: with the name of the setting.
        """
        for name in ("impression_weight", "user_cap", "user_cap_window_ms"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it is above 0")
        for name in ("sample_share", "negative_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it is 0 to 1")

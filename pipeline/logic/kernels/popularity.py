"""What popularity says of candidates."""

from math import exp, log, log1p

from pipeline.logic.arrays import Matrix, Slots
from pipeline.logic.kernels.jit import kernel
from pipeline.logic.kernels.leaders import Values

LN_2 = 0.6931471805599453
OFFSET = 0.05
"""What is added to a count before its logarithm is taken; less trusts small counts."""
NOTHING = -2.995732273553991
"""ln(OFFSET)."""
FADED = -60.0
"""A count after so many half-lives is lost in OFFSET to the last bit."""
LATEST = 60.0
"""Counts are not taken back further than so many half-lives before they were made."""
SHOWN_PRIOR = 20.0
"""So many impressions are added, clicked on as often as all items are."""
MINUTE_MS = 60_000.0
YEAR = 525_600.0
"""Minutes, the longest age that is told from others."""
EVENTS, AGAINST, IMPRESSIONS, CLICKS, FIRST_MS, LAST_MS = range(6)
"""Columns of what is kept of an item besides its decayed counts."""


@kernel
def count_at(log: float, elapsed: float) -> float:
    """A decayed count, of its logarithm at time 0, after so many half-lives."""
    return exp(min(log - elapsed, LATEST) * LN_2)


@kernel
def age(now_ms: float, then_ms: float) -> float:
    """ln(1 + minutes) since a time, of a year at most."""
    return log1p(min(max(now_ms - then_ms, 0.0) / MINUTE_MS, YEAR))


@kernel
def popularity_features(
    logs: Values,
    told: Values,
    slots: Slots,
    now_ms: float,
    rates: Values,
    usual: float,
    out: Matrix,
) -> None:
    """Fill the rows of `out`, (half-lives + 5, n).

    They are ln(count + OFFSET) at each half-life; ln(1 + events); ages of the first and
    of the last event; how far the share of clicks exceeds the usual one, as logarithm;
    and the logarithm of the share of events that were in favour.

    Args:
        logs: Binary logarithms of decayed counts at time 0, (slots, half-lives).
        told: What is kept besides, (slots, 6).
        slots: The candidates; of one beyond the arrays' end nothing is known.
        now_ms: Event time.
        rates: 1 / half-life, per millisecond.
        usual: Share of impressions, of all items, that were clicked on.
        out: Float32.
    """
    columns = len(rates)
    for i in range(len(slots)):
        slot = slots[i]
        known = slot < len(logs) and slot < len(told)
        for column in range(columns):
            out[column, i] = NOTHING
            elapsed = now_ms * rates[column]
            if known and logs[slot, column] - elapsed > FADED:
                out[column, i] = log(count_at(logs[slot, column], elapsed) + OFFSET)
        rest = out[columns:, i]
        rest[:] = 0
        rest[2] = log1p(YEAR)
        if known:
            row = told[slot]
            if row[EVENTS] > 0:
                rest[0] = log1p(row[EVENTS])
                rest[1] = age(now_ms, row[FIRST_MS])
                rest[2] = age(now_ms, row[LAST_MS])
            share = (row[CLICKS] / usual + SHOWN_PRIOR) / (
                row[IMPRESSIONS] + SHOWN_PRIOR
            )
            rest[3] = log(share)
            rest[4] = log((row[EVENTS] + 1) / (row[EVENTS] + row[AGAINST] + 1))

from hypothesis import given
from hypothesis import strategies as st

from pipeline.logic.ledger import Ledger

CHANGES = st.lists(
    st.tuples(
        st.sampled_from("uv"),
        st.sampled_from("ij"),
        st.none() | st.integers(1, 9),
        st.booleans(),
    ),
    max_size=20,
)
Changes = list[tuple[str, str, int | None, bool]]


def change(ledger: Ledger[int], changes: Changes) -> None:
    for group, name, value, by_time in changes:
        if value is None:
            ledger.drop(group, name, by_time=by_time)
        else:
            ledger.put(group, name, value, by_time=by_time)


@given(CHANGES, CHANGES)
def test_undo_puts_back_what_was_committed(before: Changes, after: Changes) -> None:
    ledger: Ledger[int] = Ledger()
    change(ledger, before)
    ledger.commit()
    kept = list(ledger.items())
    change(ledger, after)
    ledger.undo()
    assert list(ledger.items()) == kept
    assert len(ledger) == len(kept)
    assert ledger.touched() == []


@given(CHANGES)
def test_it_holds_the_last_value_of_each_name(changes: Changes) -> None:
    ledger: Ledger[int] = Ledger()
    change(ledger, changes)
    last = {(group, name): value for group, name, value, _ in changes}
    held = {key: value for key, value in last.items() if value is not None}
    assert {(g, n): value for g, n, value in ledger.items()} == held
    assert len(ledger) == len(held)
    assert ledger.names("u") == sorted(name for group, name in held if group == "u")


def test_what_time_alone_changes_is_not_touched() -> None:
    ledger: Ledger[int] = Ledger()
    ledger.put("u", "i", 1, by_time=True)
    assert ledger.touched() == []
    ledger.put("u", "i", 2)
    assert ledger.touched() == [("u", "i")]


def test_what_an_input_changes_is_touched_though_time_changes_it_again() -> None:
    ledger: Ledger[int] = Ledger()
    ledger.put("u", "i", 1)
    ledger.drop("u", "i", by_time=True)
    assert ledger.touched() == [("u", "i")]


def test_names_are_in_one_order_however_they_came() -> None:
    ledger: Ledger[int] = Ledger()
    for name in "jik":
        ledger.put("u", name, 1)
    assert ledger.names("u") == ["i", "j", "k"]

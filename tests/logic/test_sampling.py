from pipeline.logic.sampling import in_share

NAMES = [f"events-0-{offset}" for offset in range(4_000)]


def test_a_share_is_about_as_large_as_it_says() -> None:
    chosen = sum(in_share(name, 0.25) for name in NAMES)
    assert 900 < chosen < 1_100


def test_a_larger_share_holds_the_smaller_one() -> None:
    small = {name for name in NAMES if in_share(name, 0.1)}
    assert small < {name for name in NAMES if in_share(name, 0.5)}


def test_nothing_and_everything_are_shares_too() -> None:
    assert not any(in_share(name, 0.0) for name in NAMES)
    assert all(in_share(name, 1.0) for name in NAMES)

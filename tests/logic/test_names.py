from collections import defaultdict

import numpy as np

from pipeline.logic.experts.names import FEW, Names

NEWEST, BEST = 10, 40
SLOTS = 300


class Plain:
    """The same, kept as lists and sorted at each question."""

    def __init__(self) -> None:
        self.who: dict[str, list[int]] = defaultdict(list)
        self.named: dict[int, list[str]] = {}
        self.worth: dict[int, float] = {}

    def assign(self, slot: int, texts: list[str], worth: float) -> None:
        if texts != self.named.get(slot, []):
            for text in self.named.get(slot, []):
                self.who[text].remove(slot)
            for text in texts:
                self.who[text].append(slot)
        self.named[slot], self.worth[slot] = texts, worth

    def items_of(self, texts: list[str]) -> list[int]:
        found: list[int] = []
        for text in texts:
            who = self.who[text]
            best = sorted(who, key=lambda slot: (-self.worth[slot], slot))[:BEST]
            found += [*who[::-1][:NEWEST], *best] if len(who) > FEW else who[::-1]
        return found


def test_the_items_of_several_names_are_those_of_a_plain_search() -> None:
    rng = np.random.default_rng(3)
    names, plain = Names(), Plain()
    listable = np.ones(SLOTS, np.bool_)
    asked_for = ["pop", "jazz", "rare"]
    for step in range(1_500):
        slot = int(rng.integers(SLOTS))
        texts = [text for text in ("pop", "jazz", "rock") if rng.random() < 0.6]
        texts += ["rare"] * (slot < FEW // 2)
        if step % 3:  # most of the time only its worth changes
            texts = plain.named.get(slot, texts)
        # Late worths are small, so that lines lose those that were the best.
        worth = float(rng.normal(scale=3) - step / 50)
        names.assign(slot, texts, worth)
        plain.assign(slot, texts, worth)
        if step > SLOTS and step % 50 == 0:
            asked = names.find(asked_for)
            found = names.items_of(asked, listable, NEWEST, BEST).tolist()
            assert found == plain.items_of(asked_for)
    assert len(plain.who["pop"]) > 2 * FEW > len(plain.who["rare"]) > 0


def test_what_may_not_be_listed_is_passed_over() -> None:
    names, listable = Names(), np.ones(200, np.bool_)
    for slot in range(200):
        names.assign(slot, ["pop"], float(slot % 100))
    listable[190:] = listable[99] = False
    found = names.items_of(names.find(["pop"]), listable, newest=2, best=3)
    assert found.tolist() == [189, 188, 98, 97, 96]  # the other of each worth is closed

"""What an item is about, in names: tags, attributes and the words of its text."""

import re

from topics.items import NAMES, Item

WORDS = 16
"""So many different words of a text, the first ones: they say what it is about."""
_WORD = re.compile(r"[#@]?[^\W_]{3,}")


def names_of(item: Item) -> list[str]:
    """Names that an item shares with others like it, each once, at most `NAMES`.

    >>> about = {"brand": "Acme", "colours": ["red"], "price": 3.5}
    >>> names_of(Item("i1", tags=["new"], attributes=about, text="A lamp, #design"))
    ['new', 'brand=Acme', 'colours=red', 'lamp', '#design']
    """
    names = list(item.tags)
    for name, value in item.attributes.items():
        if isinstance(value, str):
            names.append(f"{name}={value}")
        elif isinstance(value, list):
            names += [f"{name}={each}" for each in value]
    words = dict.fromkeys(_WORD.findall((item.text or "").casefold()))
    return list(dict.fromkeys([*names, *list(words)[:WORDS]]))[:NAMES]

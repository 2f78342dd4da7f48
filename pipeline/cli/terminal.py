"""What commands print with: tables on standard output, notes on standard error."""

import sys

from rich.console import Console
from rich.table import Table


def say(text: str) -> None:
    """A note for people, beside the output."""
    print(text, file=sys.stderr, flush=True)


def console() -> Console:
    """Standard output; as wide as what it prints when it is no terminal."""
    plain = not sys.stdout.isatty()
    return Console(width=200 if plain else None, highlight=False, soft_wrap=plain)


def table(*columns: str, numbers: tuple[str, ...] = ()) -> Table:
    """A table without frame; columns in `numbers` stand to the right."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        right = name in numbers
        made.add_column(name, justify="right" if right else "left", no_wrap=right)
    return made

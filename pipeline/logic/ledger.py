"""Values by group and name that can go back to the last commit."""

from collections.abc import Iterator
from typing import Generic, TypeVar

V = TypeVar("V")
Name = tuple[str, str]


class Ledger(Generic[V]):
    """Immutable values under a group and a name, with the old ones until `commit`.

    A change that time alone makes can be made again from the value last written and
    the time; it is undone like any other, but not reported by `touched`.

    >>> ledger = Ledger()
    >>> ledger.put("u1", "i1", 7)
    >>> ledger.commit()
    >>> ledger.drop("u1", "i1"), ledger.put("u1", "i2", 8), ledger.touched()
    (None, None, [('u1', 'i1'), ('u1', 'i2')])
    >>> ledger.undo(), ledger.get("u1", "i1"), ledger.get("u1", "i2")
    ([('u1', 'i1'), ('u1', 'i2')], 7, None)
    """

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, V]] = {}
        self._before: dict[Name, V | None] = {}
        self._by_time: set[Name] = set()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def get(self, group: str, name: str) -> V | None:
        """The value, or None."""
        names = self._groups.get(group)
        return None if names is None else names.get(name)

    def names(self, group: str) -> list[str]:
        """All names of a group, sorted: their own order depends on what was undone."""
        return sorted(self._groups.get(group, ()))

    def items(self) -> Iterator[tuple[str, str, V]]:
        """Everything, sorted by group and name."""
        for group in sorted(self._groups):
            names = self._groups[group]
            for name in sorted(names):
                yield group, name, names[name]

    def put(self, group: str, name: str, value: V, by_time: bool = False) -> None:
        """Set a value."""
        names = self._groups.get(group)
        if names is None:
            names = self._groups[group] = {}
        old = names.get(name)
        names[name] = value
        self._size += old is None
        self._note((group, name), old, by_time)

    def drop(self, group: str, name: str, by_time: bool = False) -> None:
        """Remove a value, if there is one."""
        self._note((group, name), self.load(group, name, None), by_time)

    def _note(self, key: Name, old: V | None, by_time: bool) -> None:
        if key not in self._before:
            self._before[key] = old
            if by_time:
                self._by_time.add(key)
        elif self._by_time and not by_time:
            self._by_time.discard(key)

    def load(self, group: str, name: str, value: V | None) -> V | None:
        """Set a value, or remove it by None, without a way back; gives the old one."""
        names = self._groups.get(group)
        if names is None:
            if value is not None:
                self._groups[group] = {name: value}
                self._size += 1
            return None
        old = names.get(name)
        if value is not None:
            names[name] = value
            self._size += old is None
        elif old is not None:
            del names[name]
            self._size -= 1
            if not names:
                del self._groups[group]
        return old

    def touched(self) -> list[Name]:
        """What inputs have changed since the last commit."""
        return [key for key in self._before if key not in self._by_time]

    def commit(self) -> None:
        """Drop the old values."""
        self._before.clear()
        self._by_time.clear()

    def undo(self) -> list[Name]:
        """Put the old values back; says which."""
        for (group, name), value in self._before.items():
            self.load(group, name, value)
        undone = list(self._before)
        self.commit()
        return undone

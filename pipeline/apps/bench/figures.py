"""What a benchmark found, beside what was hoped for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Args:
        name: What was measured.
        value: The number.
        unit: Of it.
        bar: The number to reach; None where it is for comparison only.
        most: Whether the bar is a most, else a least.
    """

    name: str
    value: float
    unit: str
    bar: float | None = None
    most: bool = True

    @property
    def holds(self) -> bool:
        """Whether the bar is reached, or there is none.

        >>> Figure("restart", 2.5, "s", 3.0).holds
        True
        >>> Figure("rows", 2.5, "rows/s", 3.0, most=False).holds
        False
        """
        if self.bar is None:
            return True
        return self.value <= self.bar if self.most else self.value >= self.bar

    @property
    def shown_bar(self) -> str:
        """The bar as a text; none: nothing."""
        if self.bar is None:
            return ""
        sign = "<=" if self.most else ">="
        return f"{sign} {self.bar:,g} {self.unit}".rstrip()

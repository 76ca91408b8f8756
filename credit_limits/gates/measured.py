"""What evidence is made of: a figure with its interval, and counts that cannot be negative."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def counts(**counted: float) -> None:
    """Raise ``ValueError`` where a count is below nothing; what is no number is left to a check."""
    negative = [name for name, count in counted.items() if _number(count) and count < 0]
    if negative:
        raise ValueError(f"counted below nothing: {', '.join(negative)}")


def part_of(part: float, whole: float) -> None:
    """Raise ``ValueError`` where a part is more than its whole."""
    if _number(part) and _number(whole) and part > whole:
        raise ValueError(f"a part of {part} in a whole of {whole}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)

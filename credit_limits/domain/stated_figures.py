"""What a dated file states: names that must be there, and numbers with their unit and reason."""

import math
from collections.abc import Iterable, Mapping

from credit_limits.domain.errors import PolicyError


def checked_numbers(
    version: str, where: str, raw: object, names: tuple[str, ...]
) -> dict[str, float]:
    """The numbers ``names`` of an entry that has those, a unit and a reason, and nothing else.

    Args:
        version: the file's version, named in every error.
        where: what leads to the entry in the file.
        raw: what the file holds there.
        names: of the numbers, which are finite.

    Raises:
        PolicyError: a name is absent or unknown, a number is none or not finite, or the entry has
            no unit or reason.
    """
    entry = checked_mapping(version, where, raw)
    checked_names(version, where, entry, (*names, "unit", "reason"))
    if not entry["unit"] or not entry["reason"]:
        raise PolicyError(f"{version}: {where} needs its unit and its reason in words")
    values: dict[str, float] = {}
    for name in names:
        value = entry[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PolicyError(f"{version}: {where}.{name} is {value!r}, not a number")
        if not math.isfinite(value):
            raise PolicyError(f"{version}: {where}.{name} is {value!r}, not finite")
        values[name] = float(value)
    return values


def checked_mapping(version: str, where: str, raw: object) -> Mapping[str, object]:
    """``raw``, where it is a mapping; :class:`PolicyError` where it is none."""
    if not isinstance(raw, Mapping):
        raise PolicyError(f"{version}: {where} is absent or not a mapping")
    return raw


def checked_names(version: str, where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise :class:`PolicyError` unless an entry has exactly the names it should have."""
    absent = sorted(set(known) - set(given))
    unknown = sorted(str(name) for name in set(given) - set(known))
    if absent:
        raise PolicyError(f"{version}: {where}: absent: {', '.join(absent)}")
    if unknown:
        raise PolicyError(f"{version}: {where}: unknown: {', '.join(unknown)}; check the spelling")

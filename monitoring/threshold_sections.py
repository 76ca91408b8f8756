"""Sections of a monitoring policy file: names that must be there, numbers with unit and reason."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from credit_limits.domain.errors import PolicyError

_PAIR = ("notice", "alarm")


@dataclass(frozen=True, slots=True)
class StatedSection:
    """A section as it was read: single figures, pairs of ``notice`` and ``alarm``, and the rest."""

    value: Mapping[str, float]
    pair: Mapping[str, Mapping[str, float]]
    rest: Mapping[str, object]


def stated_section(
    version: str,
    name: str,
    content: Mapping[str, object],
    *,
    values: Iterable[str],
    pairs: Iterable[str],
    others: Iterable[str] = (),
) -> StatedSection:
    """A section that has exactly these figures, each with its unit and its reason.

    Args:
        version: the file's version, named in every error.
        name: the section's key in the file.
        content: the whole file.
        values: figures with one number, ``value``.
        pairs: figures with two, ``notice`` and ``alarm``.
        others: what the section has beside them, to be read by its own rules.

    Raises:
        PolicyError: the section or a name is absent or unknown, a number is none or not finite, or
            one has no unit or reason.
    """
    section = checked_mapping(version, name, content.get(name))
    values, pairs, others = tuple(values), tuple(pairs), tuple(others)
    checked_names(version, name, section, (*values, *pairs, *others))
    return StatedSection(
        {
            each: checked_numbers(version, each, section[each], ("value",))["value"]
            for each in values
        },
        {each: checked_numbers(version, each, section[each], _PAIR) for each in pairs},
        {each: section[each] for each in others},
    )


def checked_numbers(
    version: str, where: str, raw: object, names: tuple[str, ...]
) -> dict[str, float]:
    """The numbers of a section with a unit and a reason; :class:`PolicyError` where it is none."""
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
    """Raise :class:`PolicyError` unless a section has exactly the names it should have."""
    absent, unknown = set(known) - set(given), {str(name) for name in set(given) - set(known)}
    if absent or unknown:
        raise PolicyError(f"{version}: {where}: absent {sorted(absent)}, unknown {sorted(unknown)}")

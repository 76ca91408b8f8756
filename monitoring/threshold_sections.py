"""Sections of a monitoring policy file: names that must be there, numbers with unit and reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from credit_limits.domain.stated_figures import checked_mapping, checked_names, checked_numbers

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

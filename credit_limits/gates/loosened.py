"""What a thresholds file asks less of than an older one did, from the files alone.

The name of a threshold says its direction: a floor is looser where it is lower, a ceiling where it
is higher. What is exempt from a check (``not_judged``, ``dispensed``) is looser where there is more
of it, or for longer. Any other difference counts as looser, since nobody has said that it is not.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from credit_limits.domain.digest import canonical_json

_EXEMPTIONS = ("not_judged", "dispensed")
_JUDGED = ("thresholds", "dispensed")
_WORDS = ("unit", "reason", "owner")


def loosened(older: Mapping[str, object], newer: Mapping[str, object]) -> tuple[str, ...]:
    """Paths of what is looser in ``newer``, such as ``performance.auc_low_floor``, sorted.

    Both are contents of thresholds files. A threshold that only the newer has makes nothing
    looser; one that only the older has makes its check looser.

    >>> floor = {"value": 0.7, "unit": "share", "reason": "rank better than arrears alone"}
    >>> older = {"thresholds": {"performance": {"auc_low_floor": floor}}}
    >>> loosened(older, {"thresholds": {"performance": {"auc_low_floor": floor | {"value": 0.6}}}})
    ('performance.auc_low_floor',)
    """
    before, after = _plain(older), _plain(newer)
    found: set[str] = set()
    for part in _JUDGED:
        found |= set(_looser(part, before.get(part), after.get(part), part in _EXEMPTIONS))
    return tuple(sorted(path.removeprefix("thresholds.") for path in found))


def _looser(path: str, older: Any, newer: Any, exempts: bool) -> Iterator[str]:  # noqa: ANN401  # any JSON
    if older == newer:
        return
    if isinstance(newer, dict) and (isinstance(older, dict) or (exempts and older is None)):
        yield from _within(path, older or {}, newer, exempts)
    elif older is None and not exempts:
        return  # a threshold that there was not: the file asks for more
    elif newer is None and exempts:
        return  # what was exempt is judged again
    elif _no_looser_bound(path, older, newer):
        return
    else:
        yield path


def _within(
    path: str, older: Mapping[str, Any], newer: Mapping[str, Any], exempts: bool
) -> Iterator[str]:
    if "value" in older and "value" in newer:
        if not _no_looser_bound(path, older["value"], newer["value"]):
            yield path
        older, newer = _rest(older), _rest(newer)
    for name in sorted({*older, *newer}):
        if name in _WORDS and name in older:
            continue
        inner = exempts or name in _EXEMPTIONS
        before, after = older.get(name), newer.get(name)
        if inner and isinstance(before, str) and isinstance(after, str) and name != "until":
            continue  # the reason of an exemption, said in other words
        yield from _looser(f"{path}.{name}", before, after, inner)


def _rest(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "value"}


def _no_looser_bound(path: str, older: object, newer: object) -> bool:
    """Whether a bound or a last day is at least as strict as it was."""
    if isinstance(older, str) and isinstance(newer, str):
        return path.endswith(".until") and newer <= older
    if not isinstance(older, int | float) or not isinstance(newer, int | float):
        return False
    if path.endswith("_floor"):
        return newer >= older
    return path.endswith("_ceiling") and newer <= older


def _plain(content: Mapping[str, object]) -> dict[str, Any]:
    """Dates as text, as the ledger keeps them."""
    plain: dict[str, Any] = json.loads(canonical_json(dict(content)))
    return plain

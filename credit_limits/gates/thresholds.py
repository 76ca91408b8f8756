"""The thresholds of the gate chain: dated data, each with unit and reason.

They come from ``policies/gates/<model>/<date>.yaml``. None has a default: a threshold that is
absent, misspelled or where it could refuse nothing is a :class:`PolicyError`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar, get_args, get_type_hints

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.stated_figures import checked_mapping, checked_names, checked_numbers
from credit_limits.gates.threshold_sections import (
    AlarmThresholds,
    BehaviourThresholds,
    Between,
    CalibrationThresholds,
    ChallengerThresholds,
    Consequence,
    DataThresholds,
    Dispensation,
    FairnessThresholds,
    LimitResponseThresholds,
    PeopleThresholds,
    PerformanceThresholds,
    PolicyValueThresholds,
    PortfolioThresholds,
    StabilityThresholds,
    TechnicalThresholds,
    Threshold,
    TimeThresholds,
    WelfareThresholds,
)
from credit_limits.policy.lender import Jurisdiction

DISPENSABLE = ("fairness", "limit_response", "policy_value")
"""The checks that a product may do without; every other one needs its evidence."""


@dataclass(frozen=True, slots=True)
class GateThresholds:
    """Every threshold of the chain, and the version of the file they come from.

    ``dispensed``: the checks that the product does without, by name.
    """

    version: str
    dispensed: Mapping[str, Dispensation]
    data: DataThresholds
    time: TimeThresholds
    performance: PerformanceThresholds
    calibration: CalibrationThresholds
    behaviour: BehaviourThresholds
    stability: StabilityThresholds
    challenger: ChallengerThresholds
    fairness: FairnessThresholds
    limit_response: LimitResponseThresholds
    policy_value: PolicyValueThresholds
    welfare: WelfareThresholds
    portfolio: PortfolioThresholds
    drift: AlarmThresholds
    technical: TechnicalThresholds
    people: PeopleThresholds


def parse_thresholds(version: str, content: Mapping[str, object]) -> GateThresholds:
    """The thresholds of a policy file.

    Args:
        version: the file's version, kept for the certificate.
        content: the file; under ``thresholds`` a section a check, under it each threshold with
            ``value``, ``unit`` and ``reason``; under ``dispensed``, where it is there, the checks
            that the product does without, each with ``until``, ``owner`` and ``reason``.

    Raises:
        PolicyError: a section or threshold is absent or unknown, a value is not a finite number
            or lies where the bound could refuse nothing, a unit or reason is empty; a check is
            dispensed with that cannot be, or without end, owner or reason.
    """
    kinds = {
        name: kind
        for name, kind in get_type_hints(GateThresholds).items()
        if name not in ("version", "dispensed")
    }
    sections = checked_mapping(version, "thresholds", content.get("thresholds"))
    checked_names(version, "thresholds", sections, kinds)
    parsed = {name: _section(kind, version, name, sections[name]) for name, kind in kinds.items()}
    dispensed = _dispensed(version, content.get("dispensed", {}))
    return GateThresholds(version=version, dispensed=dispensed, **parsed)


_SectionT = TypeVar("_SectionT")


def _section(kind: type[_SectionT], version: str, name: str, raw: object) -> _SectionT:
    section = checked_mapping(version, name, raw)
    hints = get_type_hints(kind, include_extras=True)
    checked_names(version, name, section, hints)
    values: dict[str, object] = {}
    for key, hint in hints.items():
        where = f"{name}.{key}"
        allowed = next((extra for extra in get_args(hint) if isinstance(extra, Between)), None)
        if allowed is not None:
            values[key] = _threshold(version, where, section[key], allowed)
        elif hint == Mapping[str, tuple[Consequence, ...]]:
            values[key] = _consequences(version, where, section[key])
        else:
            values[key] = _reasons(version, where, section[key])
    return kind(**values)


def _threshold(version: str, where: str, raw: object, allowed: Between) -> Threshold:
    value = checked_numbers(version, where, raw, ("value",))["value"]
    if not allowed.least <= value <= allowed.most:
        raise PolicyError(
            f"{version}: {where} is {value:g}, which would leave the check without meaning; "
            f"it must lie in {allowed.least:g} to {allowed.most:g}"
        )
    entry = checked_mapping(version, where, raw)
    return Threshold(value, str(entry["unit"]), str(entry["reason"]))


def _reasons(version: str, where: str, raw: object) -> dict[str, str]:
    entry = checked_mapping(version, where, raw)
    wordless = [name for name, reason in entry.items() if not isinstance(reason, str) or not reason]
    if wordless:
        raise PolicyError(f"{version}: {where}: {', '.join(wordless)} needs its reason in words")
    return {name: str(reason) for name, reason in entry.items()}


def _consequences(version: str, where: str, raw: object) -> dict[str, tuple[Consequence, ...]]:
    stated = checked_mapping(version, where, raw)
    found: dict[str, tuple[Consequence, ...]] = {}
    for attribute, rows in stated.items():
        place = f"{where}.{attribute}"
        if not isinstance(rows, list) or not rows:
            raise PolicyError(f"{version}: {place} needs at least one dated consequence")
        found[attribute] = tuple(_consequence(version, place, row) for row in rows)
        for there in {item.jurisdiction for item in found[attribute]}:
            own = [item for item in found[attribute] if item.jurisdiction is there]
            days = [item.effective_from for item in own]
            if days != sorted(set(days)):
                raise PolicyError(f"{version}: {place}: the days must rise from row to row")
    return found


def _consequence(version: str, where: str, raw: object) -> Consequence:
    row = checked_mapping(version, where, raw)
    known = ("from", "consequence", "reason", *(["jurisdiction"] if "jurisdiction" in row else []))
    checked_names(version, where, row, known)
    if row["consequence"] not in ("blocking", "reporting"):
        raise PolicyError(
            f"{version}: {where}: consequence is {row['consequence']!r}; blocking or reporting"
        )
    start = _day(version, f"{where}.from", row["from"])
    try:
        place = Jurisdiction(str(row["jurisdiction"])) if "jurisdiction" in row else None
        blocking = row["consequence"] == "blocking"
        return Consequence(start, blocking, str(row["reason"] or ""), place)
    except ValueError as error:
        raise PolicyError(f"{version}: {where}: {error}") from error


def _dispensed(version: str, raw: object) -> dict[str, Dispensation]:
    entries = checked_mapping(version, "dispensed", raw)
    firm = sorted(str(name) for name in set(entries) - set(DISPENSABLE))
    if firm:
        raise PolicyError(
            f"{version}: dispensed: {', '.join(firm)} cannot be done without; "
            f"only {', '.join(DISPENSABLE)} can"
        )
    return {
        name: _dispensation(version, f"dispensed.{name}", entry) for name, entry in entries.items()
    }


def _dispensation(version: str, where: str, raw: object) -> Dispensation:
    entry = checked_mapping(version, where, raw)
    checked_names(version, where, entry, ("until", "owner", "reason"))
    until = _day(version, f"{where}.until", entry["until"])
    try:
        return Dispensation(until, str(entry["owner"] or ""), str(entry["reason"] or ""))
    except ValueError as error:
        raise PolicyError(f"{version}: {where}: {error}") from error


def _day(version: str, where: str, raw: object) -> date:
    if not isinstance(raw, date) or isinstance(raw, datetime):
        raise PolicyError(f"{version}: {where} is {raw!r}; give a day such as 2024-01-31")
    return raw

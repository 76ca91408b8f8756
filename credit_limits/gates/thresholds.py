"""The thresholds of the gate chain: dated data, each with unit and reason.

They come from ``policies/gates/<model>/<date>.yaml``. None has a default: a threshold that is
absent, misspelled or where it could refuse nothing is a :class:`PolicyError`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar, get_args, get_type_hints

from credit_limits.domain.errors import PolicyError


@dataclass(frozen=True, slots=True)
class Threshold:
    """One bound: its value, the unit of the figure it bounds, and why it is where it is."""

    value: float
    unit: str
    reason: str

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError("a threshold must be a finite number")
        if not self.unit or not self.reason:
            raise ValueError("a threshold needs its unit and its reason")


@dataclass(frozen=True, slots=True)
class Between:
    """The range in which a bound means anything; outside it the file is refused."""

    least: float
    most: float


_Count = Annotated[Threshold, Between(1, 1e12)]
_None = Annotated[Threshold, Between(0, 0)]


@dataclass(frozen=True, slots=True)
class DataThresholds:
    """Check 1."""

    rows_floor: _Count
    unvalidated_rows_ceiling: _None


@dataclass(frozen=True, slots=True)
class TimeThresholds:
    """Check 2."""

    recomputed_rows_floor: _Count
    differing_rows_ceiling: _None
    labels_known_late_ceiling: _None


@dataclass(frozen=True, slots=True)
class PerformanceThresholds:
    """Check 3."""

    defaults_floor: Annotated[Threshold, Between(10, 1e12)]
    auc_low_floor: Annotated[Threshold, Between(0.55, 1)]
    ks_low_floor: Annotated[Threshold, Between(0.05, 1)]


@dataclass(frozen=True, slots=True)
class CalibrationThresholds:
    """Check 4."""

    predicted_over_observed_floor: Annotated[Threshold, Between(0.5, 1)]
    predicted_over_observed_ceiling: Annotated[Threshold, Between(1, 2)]
    slope_floor: Annotated[Threshold, Between(0.5, 1)]
    slope_ceiling: Annotated[Threshold, Between(1, 2)]
    brier_skill_floor: Annotated[Threshold, Between(0, 1)]
    excess_calibration_error_ceiling: Annotated[Threshold, Between(0, 0.5)]


@dataclass(frozen=True, slots=True)
class BehaviourThresholds:
    """Check 5."""

    rows_floor: _Count
    directions_floor: Annotated[Threshold, Between(1, 1e6)]
    violations_ceiling: _None


@dataclass(frozen=True, slots=True)
class StabilityThresholds:
    """Check 6. ``not_judged``: inputs that are measured and not judged, with the reason."""

    rows_floor: _Count
    score_psi_ceiling: Annotated[Threshold, Between(0, 0.5)]
    input_psi_ceiling: Annotated[Threshold, Between(0, 1)]
    shifted_inputs_share_ceiling: Annotated[Threshold, Between(0, 0.5)]
    broken_inputs_ceiling: _None
    not_judged: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChallengerThresholds:
    """Check 7."""

    paired_rows_floor: _Count
    auc_difference_low_floor: Annotated[Threshold, Between(-0.05, 0.05)]


@dataclass(frozen=True, slots=True)
class TechnicalThresholds:
    """Check 14."""

    golden_rows_floor: _Count
    golden_rows_differing_ceiling: _None
    figures_differing_ceiling: _None
    signature_floor: Annotated[Threshold, Between(1, 1)]
    schema_match_floor: Annotated[Threshold, Between(1, 1)]
    seconds_per_1000_rows_ceiling: Annotated[Threshold, Between(0, 60)]
    size_bytes_ceiling: Annotated[Threshold, Between(0, 1e10)]


@dataclass(frozen=True, slots=True)
class GateThresholds:
    """Every threshold of the chain, and the version of the file they come from."""

    version: str
    data: DataThresholds
    time: TimeThresholds
    performance: PerformanceThresholds
    calibration: CalibrationThresholds
    behaviour: BehaviourThresholds
    stability: StabilityThresholds
    challenger: ChallengerThresholds
    technical: TechnicalThresholds


def parse_thresholds(version: str, content: Mapping[str, object]) -> GateThresholds:
    """The thresholds of a policy file.

    Args:
        version: the file's version, kept for the certificate.
        content: the file; under ``thresholds`` a section a check, under it each threshold with
            ``value``, ``unit`` and ``reason``.

    Raises:
        PolicyError: a section or threshold is absent or unknown, a value is not a finite number
            or lies where the bound could refuse nothing, a unit or reason is empty.
    """
    kinds = {name: kind for name, kind in get_type_hints(GateThresholds).items() if kind is not str}
    sections = _mapping(version, "thresholds", content.get("thresholds"))
    _same_names(version, "thresholds", sections, kinds)
    parsed = {name: _section(kind, version, name, sections[name]) for name, kind in kinds.items()}
    return GateThresholds(version=version, **parsed)


_SectionT = TypeVar("_SectionT")


def _section(kind: type[_SectionT], version: str, name: str, raw: object) -> _SectionT:
    section = _mapping(version, name, raw)
    hints = get_type_hints(kind, include_extras=True)
    _same_names(version, name, section, hints)
    values: dict[str, object] = {}
    for key, hint in hints.items():
        where = f"{name}.{key}"
        allowed = next((extra for extra in get_args(hint) if isinstance(extra, Between)), None)
        if allowed is None:
            values[key] = _reasons(version, where, section[key])
        else:
            values[key] = _threshold(version, where, section[key], allowed)
    return kind(**values)


def _threshold(version: str, where: str, raw: object, allowed: Between) -> Threshold:
    entry = _mapping(version, where, raw)
    _same_names(version, where, entry, ("value", "unit", "reason"))
    value = entry["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PolicyError(f"{version}: {where} has the value {value!r}; give a finite number")
    if not allowed.least <= value <= allowed.most:
        raise PolicyError(
            f"{version}: {where} is {value:g}, which would leave the check without meaning; "
            f"it must lie in {allowed.least:g} to {allowed.most:g}"
        )
    try:
        return Threshold(float(value), str(entry["unit"] or ""), str(entry["reason"] or ""))
    except ValueError as error:
        raise PolicyError(f"{version}: {where}: {error}") from error


def _reasons(version: str, where: str, raw: object) -> dict[str, str]:
    entry = _mapping(version, where, raw)
    wordless = [name for name, reason in entry.items() if not isinstance(reason, str) or not reason]
    if wordless:
        raise PolicyError(f"{version}: {where}: {', '.join(wordless)} needs its reason in words")
    return {name: str(reason) for name, reason in entry.items()}


def _mapping(version: str, where: str, raw: object) -> Mapping[str, object]:
    if not isinstance(raw, Mapping):
        raise PolicyError(f"{version}: {where} is absent or not a mapping")
    return raw


def _same_names(version: str, where: str, given: Iterable[str], known: Iterable[str]) -> None:
    absent = sorted(set(known) - set(given))
    unknown = sorted(str(name) for name in set(given) - set(known))
    if absent:
        raise PolicyError(f"{version}: {where}: absent: {', '.join(absent)}")
    if unknown:
        raise PolicyError(f"{version}: {where}: unknown: {', '.join(unknown)}; check the spelling")

"""The training policy: every number of a training that is a choice, as dated data.

Each entry of the file has a value, a unit and a reason; none has a default, so that a misspelled
entry stops the training instead of changing it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TypeVar

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.stated_figures import checked_mapping, checked_names, checked_numbers

_Section = TypeVar("_Section")


@dataclass(frozen=True, slots=True)
class BoosterPolicy:
    """Shape and pace of the boosted trees; the file says unit and reason of each."""

    learning_rate: float
    leaves: int
    rows_in_leaf_floor: int
    bins: int
    feature_share: float
    row_share: float
    leaf_penalty: float
    rounds_ceiling: int
    patience_rounds: int

    def __post_init__(self) -> None:
        share(self, "learning_rate", "feature_share", "row_share")
        at_least(self, 1, "rows_in_leaf_floor", "rounds_ceiling", "patience_rounds")
        at_least(self, 2, "leaves", "bins")
        at_least(self, 0, "leaf_penalty")


@dataclass(frozen=True, slots=True)
class SplitPolicy:
    """Shares of the parts, 0 to 1; how complete a cohort must be; how many rows are enough.

    Of the cohorts whose label window is over the latest ``cohorts_ceiling`` are read.
    """

    tuning_customers_share: float
    test_share: float
    early_stopping_share: float
    calibration_share: float
    resolved_share_floor: float
    cohorts_ceiling: int
    rows_ceiling: int

    def __post_init__(self) -> None:
        share(self, *(item.name for item in fields(self) if item.type is float))
        at_least(self, 1, "cohorts_ceiling", "rows_ceiling")
        if self.test_share + self.early_stopping_share + self.calibration_share >= 1.0:
            raise ValueError("the shares of test, early stopping and calibration leave no fit")


@dataclass(frozen=True, slots=True)
class CalibrationPolicy:
    """How strongly the slope is held at 1: the precision of its prior, in rows."""

    slope_prior_rows: float

    def __post_init__(self) -> None:
        at_least(self, 1, "slope_prior_rows")


@dataclass(frozen=True, slots=True)
class EvaluationPolicy:
    """Bootstrap resamples, folds of the cross-validation, rows of the golden sample."""

    resamples: int
    folds: int
    golden_rows: int

    def __post_init__(self) -> None:
        at_least(self, 2, "resamples", "folds")
        at_least(self, 1, "golden_rows")


@dataclass(frozen=True, slots=True)
class TrainingPolicy:
    """All of it, with the version (``default_risk/2005-01-01``) and digest of its file."""

    version: str
    digest: str
    booster: BoosterPolicy
    split: SplitPolicy
    calibration: CalibrationPolicy
    evaluation: EvaluationPolicy


def parse_training_policy(
    version: str, digest: str, content: Mapping[str, object]
) -> TrainingPolicy:
    """The policy of a file's content.

    Raises:
        PolicyError: an entry is absent, unknown, outside its range, not a number of its kind, or
            without unit or reason; the message names the file and the entry.
    """
    known = {"effective_from", "owner", "booster", "split", "calibration", "evaluation"}
    if unknown := set(content) - known:
        raise PolicyError(f"{version}: unknown sections {sorted(unknown)}; there are {known}")
    return TrainingPolicy(
        version,
        digest,
        policy_section(version, content, "booster", BoosterPolicy),
        policy_section(version, content, "split", SplitPolicy),
        policy_section(version, content, "calibration", CalibrationPolicy),
        policy_section(version, content, "evaluation", EvaluationPolicy),
    )


def policy_section(
    version: str, content: Mapping[str, object], name: str, kind: type[_Section]
) -> _Section:
    """A section of a policy file, each entry with value, unit and reason.

    Args:
        version: names the file in errors.
        content: of the file.
        name: of the section.
        kind: a dataclass with a field of type ``int`` or ``float`` for each entry; its own
            ``ValueError`` for a value out of range.

    Raises:
        PolicyError: as :func:`parse_training_policy`.
    """
    expected = {item.name: item.type for item in fields(kind)}  # type: ignore[arg-type]
    section = checked_mapping(version, name, content.get(name))
    checked_names(version, name, section, expected)
    values = {
        entry: _number(version, f"{name}.{entry}", section[entry], expected[entry] is int)
        for entry in expected
    }
    try:
        return kind(**values)
    except ValueError as error:
        raise PolicyError(f"{version}: {name}: {error}") from error


def _number(version: str, where: str, entry: object, whole: bool) -> float | int:
    value = checked_numbers(version, where, entry, ("value",))["value"]
    if whole and value != int(value):
        raise PolicyError(f"{version}: {where} is {value:g}; a whole number is needed")
    return int(value) if whole else value


def share(section: object, *names: str) -> None:
    """Raise ``ValueError`` for a field outside 0 (excluded) to 1."""
    for name in names:
        if not 0.0 < getattr(section, name) <= 1.0:
            raise ValueError(f"{name} is {getattr(section, name)}, outside 0 to 1")


def at_least(section: object, floor: float, *names: str) -> None:
    """Raise ``ValueError`` for a field below the floor."""
    for name in names:
        if getattr(section, name) < floor:
            raise ValueError(f"{name} is {getattr(section, name)}, below {floor}")

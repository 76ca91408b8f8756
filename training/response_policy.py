"""How a limit response is estimated: every number that is a choice, as dated data."""

from collections.abc import Mapping
from dataclasses import dataclass

from credit_limits.domain.errors import PolicyError
from training.policy import at_least, policy_section


@dataclass(frozen=True, slots=True)
class WindowPolicy:
    """Months of statements before a change, and those after it for balance and for default."""

    months_before: int
    balance_months: int
    default_months: int

    def __post_init__(self) -> None:
        at_least(self, 1, "months_before", "balance_months", "default_months")

    @property
    def months_after(self) -> int:
        """Months that must be over before a change counts: the longer of the two windows."""
        return max(self.balance_months, self.default_months)


@dataclass(frozen=True, slots=True)
class FloorPolicy:
    """Changes, defaults among them, and changes in a step of the dose, below which none is told."""

    rows: int
    defaults: int
    step_rows: int

    def __post_init__(self) -> None:
        at_least(self, 2, "rows", "defaults", "step_rows")


@dataclass(frozen=True, slots=True)
class DosePolicy:
    """Width of a step of the dose, as the log of the new limit over the old."""

    step_width: float

    def __post_init__(self) -> None:
        at_least(self, 0.01, "step_width")


@dataclass(frozen=True, slots=True)
class ObservationPolicy:
    """Rows, folds and trees of what is observed beside it, which estimates nothing."""

    rows_floor: int
    rows_ceiling: int
    folds: int
    trees: int

    def __post_init__(self) -> None:
        at_least(self, 2, "rows_floor", "folds")
        at_least(self, 1, "trees")
        at_least(self, self.rows_floor, "rows_ceiling")


@dataclass(frozen=True, slots=True)
class ResponsePolicy:
    """All of it, with the version (``limit_response/2005-01-01``) and digest of its file."""

    version: str
    digest: str
    window: WindowPolicy
    floors: FloorPolicy
    dose: DosePolicy
    observation: ObservationPolicy


def parse_response_policy(
    version: str, digest: str, content: Mapping[str, object]
) -> ResponsePolicy:
    """The policy of a file's content.

    Raises:
        PolicyError: an entry is absent, unknown, out of its range, not a number of its kind, or
            without unit or reason; the message names the file and the entry.
    """
    known = {"effective_from", "owner", "window", "floors", "dose", "observation"}
    if unknown := set(content) - known:
        raise PolicyError(f"{version}: unknown sections {sorted(unknown)}; there are {known}")
    return ResponsePolicy(
        version,
        digest,
        policy_section(version, content, "window", WindowPolicy),
        policy_section(version, content, "floors", FloorPolicy),
        policy_section(version, content, "dose", DosePolicy),
        policy_section(version, content, "observation", ObservationPolicy),
    )

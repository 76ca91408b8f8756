"""What a cycle's page says of models: the comparison, the gate, and a version that launches."""

from dataclasses import dataclass
from datetime import date

from credit_limits.launch.beside import SwapGroup


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds of its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure of the challenger, beside the champion's where there was one."""

    figure: str
    challenger: Interval
    champion: Interval | None


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Figures over folds of all labelled rows, where there is one cohort."""

    folds: int
    rows: int
    figures: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """The version that was judged and the one it would replace, each on its own test rows.

    ``default_rate`` is that of all labelled rows.
    """

    model_name: str
    challenger: str
    champion: str | None
    rows_train: int
    rows_test: int
    default_rate: float
    figures: tuple[FigureRow, ...]
    cross_validation: CrossValidation | None


@dataclass(frozen=True, slots=True)
class GateFigure:
    """A figure of a check with its bounds, ``(sign, threshold)``; no bound, and it only informs.

    ``measured`` is ``None`` where there was no evidence.
    """

    name: str
    measured: float | None
    bounds: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One check of the gate chain: its figures against their thresholds, and what it says.

    ``dispensed``: it has not passed, and the policy does without it until a day. ``overridden``:
    it refused, and people answer for that until a day.
    """

    check: str
    passed: bool
    figures: tuple[GateFigure, ...]
    message: str
    dispensed: bool = False
    overridden: bool = False

    @property
    def bounded(self) -> tuple[GateFigure, ...]:
        """The figures that decide."""
        return tuple(figure for figure in self.figures if figure.bounds)

    @property
    def informing(self) -> tuple[GateFigure, ...]:
        """The figures that were measured beside them."""
        return tuple(figure for figure in self.figures if not figure.bounds)


@dataclass(frozen=True, slots=True)
class OverrideLine:
    """An override that held at the cycle: of which check and version, by whom, until when, why."""

    check: str
    version: str
    by: tuple[str, ...]
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The verdict over a model version. ``certificate_digest`` is there only where it cleared."""

    model_name: str
    version: str
    cleared: bool
    checks: tuple[GateCheck, ...]
    certificate_digest: str | None
    thresholds_version: str

    @property
    def passed(self) -> int:
        """How many checks were passed."""
        return sum(check.passed for check in self.checks)


@dataclass(frozen=True, slots=True)
class LaunchCycle:
    """What a cycle did for a version that launches.

    ``lines`` are what happened to it, in words; ``swap_set`` is there in shadow.
    """

    version: str
    step: str
    lines: tuple[str, ...]
    swap_set: tuple[SwapGroup, ...]

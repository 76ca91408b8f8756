"""What a cycle's page says of a higher limit: as measured, as the policy assumes, as used."""

from dataclasses import dataclass

from tidegate.adapters.cycle_report_model import Interval


@dataclass(frozen=True, slots=True)
class DoseStep:
    """Limits drawn at random that changed about alike, and what the balance then was.

    ``log_limit_ratio`` is the mean log of the new limit over the old, ``balance_log`` that of the
    balance over what it would have been without a change.
    """

    log_limit_ratio: float
    changes: int
    balance_log: Interval


@dataclass(frozen=True, slots=True)
class MeasuredResponse:
    """A registered limit response; ``default`` is ``None`` where ``default_absent`` says why.

    ``balance`` is log per log of the limit, ``default`` log odds per log. Measured over
    ``changes`` limits of ``customers`` customers; ``defaults`` of them were followed by a default.
    """

    version: str
    changes: int
    customers: int
    defaults: int
    balance: Interval
    default: Interval | None
    default_absent: str
    steps: tuple[DoseStep, ...]


@dataclass(frozen=True, slots=True)
class AssumedResponse:
    """What the limit policy states: log of the balance, and log odds of default, per log."""

    balance: float
    default: float


@dataclass(frozen=True, slots=True)
class ResponseUsed:
    """What decided: ``version`` of the registered response, empty where the policy's own did."""

    version: str
    balance: float
    default: float
    default_registered: bool


@dataclass(frozen=True, slots=True)
class LimitResponseTold:
    """All that is known of it in a cycle.

    ``measured`` is ``None`` where ``absent`` says why; ``used`` where nothing was decided. What
    the policy assumes is known only with it.
    """

    measured: MeasuredResponse | None
    absent: str
    used: ResponseUsed | None
    assumed: AssumedResponse | None

    def __post_init__(self) -> None:
        if (self.used is None) != (self.assumed is None):
            raise ValueError("what was used stands beside what the policy assumes")

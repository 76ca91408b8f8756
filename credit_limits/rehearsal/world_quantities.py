"""How the world's figures are measured, on what each month leaves behind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.gates.delong import placements
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State, days_past_due
from credit_limits.simulation.portfolio import Standing
from credit_limits.truth.risk import HORIZON_MONTHS

DEFAULT_DAYS = 90
_NEWTON_STEPS = 50


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measured figure, in ``unit``, beside its target, its band and where the target is from.

    ``ValueError`` where the target lies outside the band.
    """

    name: str
    value: float
    target: float
    low: float
    high: float
    unit: str
    source: str

    def __post_init__(self) -> None:
        if not self.low <= self.target <= self.high:
            raise ValueError(f"{self.name}: target {self.target} outside {self.low} to {self.high}")

    @property
    def within(self) -> bool:
        """Whether the value lies in its band; what is not a number does not."""
        return self.low <= self.value <= self.high


@dataclass(frozen=True, slots=True)
class MonthEnd:
    """Every account at the end of a month, a value an account; ``chance`` is NaN where none is.

    ``billed`` has a statement that month, ``chance`` is the true one to default within six months.
    """

    billed: Flags
    days_past_due: Ints
    balance_minor: Ints
    limit_minor: Ints
    chance: npt.NDArray[np.floating]

    @property
    def defaulted(self) -> Flags:
        """Accounts whose statement is 90 and more days past due."""
        return self.billed & (self.days_past_due >= DEFAULT_DAYS)

    @property
    def at_risk(self) -> Flags:
        """Accounts with a statement that is not."""
        return self.billed & ~self.defaulted


def month_end_of(standing: Standing, chance: npt.NDArray[np.floating]) -> MonthEnd:
    """What is measured of a standing."""
    return MonthEnd(
        billed=np.asarray(standing.state <= State.CHARGED_OFF),
        days_past_due=days_past_due(standing.state),
        balance_minor=standing.money.balance,
        limit_minor=standing.limit,
        chance=chance,
    )


def share_past_due(month: MonthEnd, least_days: int) -> float:
    """Share of the balance that is at least so many days past due."""
    balance = np.where(month.billed, month.balance_minor, 0)
    late = balance[month.days_past_due >= least_days].sum()
    return float(late / max(int(balance.sum()), 1))


@dataclass(frozen=True, slots=True)
class Cohort:
    """Accounts at risk at one month's end, and whether each defaults within six months."""

    defaulted: Flags
    limit_minor: Ints
    chance: Floats

    @property
    def rate(self) -> float:
        """Share that defaults, NaN where nobody is at risk."""
        return float(self.defaulted.mean()) if len(self.defaulted) else float("nan")


def cohorts_of(months: Sequence[MonthEnd]) -> tuple[Cohort, ...]:
    """A cohort a month of which the next six are there too."""
    cohorts = []
    for at, month in enumerate(months[: len(months) - HORIZON_MONTHS]):
        following = [later.defaulted for later in months[at + 1 : at + 1 + HORIZON_MONTHS]]
        defaulted = np.logical_or.reduce(following)
        rows = month.at_risk
        chance = month.chance[rows].astype(np.float64)
        cohorts.append(Cohort(defaulted[rows], month.limit_minor[rows], chance))
    return tuple(cohorts)


def auc(label: Flags, score: Floats) -> float:
    """Chance that a default scores above a good row, ties half.

    >>> auc(np.array([True, True, False, False]), np.array([0.9, 0.2, 0.2, 0.1]))
    0.875
    """
    return placements(label, score).auc


def logistic_slope(label: Flags, x: Floats) -> float:
    """Slope of the logistic regression of ``label`` on ``x`` alone, by Newton's method.

    Of two groups it is their log odds ratio: 1 of 4 against 3 of 4 is log 9 = 2.197.

    >>> label = np.array([1, 0, 0, 0, 1, 1, 1, 0], dtype=bool)
    >>> round(logistic_slope(label, np.repeat([0.0, 1.0], 4)), 3)
    2.197

    Raises:
        NotEnoughOutcomes: all labels are alike, or ``x`` does not vary.
    """
    if label.all() or not label.any() or np.ptp(x) == 0.0:
        raise NotEnoughOutcomes(
            f"{int(label.sum())} of {len(label)} rows default: no slope can be fitted; check a "
            "larger world"
        )
    centred = x - x.mean()
    design = np.stack([np.ones_like(centred), centred])
    beta = np.array([np.log(label.mean() / (1.0 - label.mean())), 0.0])
    for _ in range(_NEWTON_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(beta @ design)))
        hessian = (design * (chance * (1.0 - chance))) @ design.T
        step = np.linalg.solve(hessian, design @ (label - chance))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    return float(beta[1])


def mean_log_odds_slope(chance: Floats, raised: Floats, limit_ratio: float) -> float:
    """Mean change of log odds a unit of log limit, where limits are ``limit_ratio`` times as high.

    Odds that double where limits double are a slope of 1:

    >>> round(mean_log_odds_slope(np.array([1 / 3, np.nan]), np.array([1 / 2, np.nan]), 2.0), 9)
    1.0
    """
    known = (chance > 0.0) & (chance < 1.0) & (raised < 1.0)
    log_odds = [np.log(p[known] / (1.0 - p[known])) for p in (chance, raised)]
    return float(np.mean(log_odds[1] - log_odds[0]) / np.log(limit_ratio))

"""Policies side by side: their books over one seed or several, with intervals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias, TypeVar

import numpy as np
from scipy import stats

from credit_limits.rehearsal.books import Books, Totals
from credit_limits.rehearsal.result import (
    CohortFigures,
    GroupFigures,
    MonthFigures,
    PolicyResult,
    Spread,
)
from credit_limits.rehearsal.rivals import HOLD
from credit_limits.simulation.columns import Floats

RESAMPLES = 1_000
_BOOTSTRAP_SEED = 20_230_101
_CONFIDENCE = 0.95

# Sums over customers of one policy: profit, bad debt, limits of all months, defaults, accounts.
_Sums: TypeAlias = Floats
_PROFIT, _BAD_DEBT, _LIMIT_MONTHS, _DEFAULTED, _HELD = range(5)
T = TypeVar("T", MonthFigures, GroupFigures, CohortFigures)


@dataclass(frozen=True, slots=True)
class PolicyBooks:
    """A policy's books, one a seed, in the order of the seeds."""

    name: str
    title: str
    books: tuple[Books, ...]

    def __post_init__(self) -> None:
        if not self.books or not all(books.months for books in self.books):
            raise ValueError(f"{self.name} has books without a month, or none")


def compared(policies: Sequence[PolicyBooks]) -> tuple[PolicyResult, ...]:
    """The results of policies that lived the same worlds, in the order given.

    With several seeds a figure is their mean, and its bounds are Student's t; with one seed, the
    bounds come from drawing its customers anew, the same draws for every policy.

    Raises:
        ValueError: no policy is called ``hold``, or the policies did not live the same worlds.
    """
    held = next((policy for policy in policies if policy.name == HOLD.name), None)
    if held is None:
        raise ValueError("nothing to compare with: no policy is called hold")
    for policy in policies:
        _check_same_worlds(policy, held)
    sums = _sums_of_seeds if len(held.books) > 1 else _sums_of_resamples
    drawn = {policy.name: sums(policy) for policy in policies}
    return tuple(_result(policy, drawn[policy.name], drawn[HOLD.name]) for policy in policies)


def _check_same_worlds(policy: PolicyBooks, held: PolicyBooks) -> None:
    worlds = [(books.scene.parameters, len(books.months)) for books in policy.books]
    if worlds != [(books.scene.parameters, len(books.months)) for books in held.books]:
        raise ValueError(f"{policy.name} did not live the worlds and months that hold lived")


@dataclass(frozen=True, slots=True)
class _Drawn:
    """``point`` holds the sums as they were, ``cases`` a row a seed or a resample."""

    point: _Sums
    cases: Floats
    over_seeds: bool

    def spread(self, figure: Callable[[Floats], Floats]) -> Spread:
        """Of a figure that is made from the sums; it works on rows and on one row alike."""
        cases = np.asarray(figure(self.cases), dtype=np.float64)
        if self.over_seeds:
            return _student(cases)
        low, high = np.quantile(cases, [(1 - _CONFIDENCE) / 2, (1 + _CONFIDENCE) / 2])
        value = float(figure(self.point))
        return Spread(value, float(min(low, value)), float(max(high, value)))


def _student(cases: Floats) -> Spread:
    """Of five seeds that earned 1 to 5: 3 +- 2.776 x 1.581 / 5^0.5 = 3 +- 1.963."""
    half = stats.t.ppf((1 + _CONFIDENCE) / 2, len(cases) - 1) * cases.std(ddof=1)
    value, half = float(cases.mean()), float(half / np.sqrt(len(cases)))
    return Spread(value, value - half, value + half)


def _columns(totals: Totals) -> Floats:
    parts = (
        totals.profit,
        totals.bad_debt,
        totals.limit_months,
        totals.defaulted,
        totals.held,
    )
    return np.column_stack(parts).astype(np.float64)


def _sums_of_seeds(policy: PolicyBooks) -> _Drawn:
    cases = np.stack([_columns(books.totals).sum(axis=0) for books in policy.books])
    return _Drawn(cases.mean(axis=0), cases, over_seeds=True)


def _sums_of_resamples(policy: PolicyBooks) -> _Drawn:
    """The same generator for every policy, so that draws pair up."""
    columns = _columns(policy.books[0].customer_totals())
    rng = np.random.default_rng(_BOOTSTRAP_SEED)
    count = len(columns)
    cases = np.empty((RESAMPLES, columns.shape[1]))
    for row in range(RESAMPLES):
        weights = np.bincount(rng.integers(0, count, size=count), minlength=count)
        cases[row] = weights @ columns
    return _Drawn(columns.sum(axis=0), cases, over_seeds=False)


def _result(policy: PolicyBooks, drawn: _Drawn, held: _Drawn) -> PolicyResult:
    months = float(len(policy.books[0].months))
    gain = _Drawn(drawn.point - held.point, drawn.cases - held.cases, drawn.over_seeds)
    return PolicyResult(
        name=policy.name,
        title=policy.title,
        months=_means([books.months for books in policy.books], _month_key, _mean_month),
        groups=_means([books.groups() for books in policy.books], _group_key, _mean_group),
        cohorts=_means([books.cohorts() for books in policy.books], _month_key, _mean_cohort),
        profit=drawn.spread(lambda sums: sums[..., _PROFIT]),
        bad_debt=drawn.spread(lambda sums: sums[..., _BAD_DEBT]),
        limit=drawn.spread(lambda sums: sums[..., _LIMIT_MONTHS] / months),
        default_rate=drawn.spread(lambda sums: sums[..., _DEFAULTED] / sums[..., _HELD]),
        profit_over_hold=gain.spread(lambda sums: sums[..., _PROFIT]),
    )


def _month_key(figures: MonthFigures | CohortFigures) -> object:
    return figures.month_end


def _group_key(figures: GroupFigures) -> object:
    return figures.grouping, figures.name


def _means(
    seeds: Sequence[Sequence[T]], key: Callable[[T], object], mean: Callable[[Sequence[T]], T]
) -> tuple[T, ...]:
    """The mean of the figures that have the same key, in the order in which keys first come."""
    alike: dict[object, list[T]] = {}
    for figures in seeds:
        for one in figures:
            alike.setdefault(key(one), []).append(one)
    return tuple(mean(parts) for parts in alike.values())


def _averages(parts: Sequence[T]) -> Mapping[str, float]:
    """The mean of every number among the fields."""
    first = parts[0]
    names = [f.name for f in fields(first) if isinstance(getattr(first, f.name), int | float)]
    return {name: float(np.mean([getattr(part, name) for part in parts])) for name in names}


def _mean_month(parts: Sequence[MonthFigures]) -> MonthFigures:
    mean = _averages(parts)
    whole = {name: round(value) for name, value in mean.items() if not name.endswith("_share")}
    earned = whole["interest_minor"] + whole["interchange_minor"] + whole["fees_minor"]
    costs = whole["funding_minor"] + whole["loss_minor"] + whole["change_cost_minor"]
    return MonthFigures(
        month_end=parts[0].month_end,
        d30_share=mean["d30_share"],
        d90_share=mean["d90_share"],
        **{**whole, "profit_minor": earned - costs},
    )


def _mean_group(parts: Sequence[GroupFigures]) -> GroupFigures:
    mean = _averages(parts)
    whole = {name: round(value) for name, value in mean.items() if name != "default_rate"}
    return GroupFigures(
        grouping=parts[0].grouping,
        name=parts[0].name,
        default_rate=mean["default_rate"],
        **whole,
    )


def _mean_cohort(parts: Sequence[CohortFigures]) -> CohortFigures:
    mean = _averages(parts)
    return CohortFigures(
        month_end=parts[0].month_end,
        accounts=round(mean["accounts"]),
        default_rate_6m=mean["default_rate_6m"],
        true_probability_6m=mean["true_probability_6m"],
    )

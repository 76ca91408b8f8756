"""The books of one policy in one world: its realized money, month by month."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credit_limits.domain.account import Product, Segment
from credit_limits.rehearsal.economics import RehearsalEconomics
from credit_limits.rehearsal.money import (
    AccountMoney,
    has_statement,
    money_of_month,
    newly_defaulted,
    welfare_of_month,
)
from credit_limits.rehearsal.result import CohortFigures, GroupFigures, MonthFigures
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.past_policy import LimitChanges
from credit_limits.simulation.portfolio import Scene, Standing
from credit_limits.truth.risk import HORIZON_MONTHS, default_probability

INCOME_THIRDS = ("lowest third", "middle third", "highest third")


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the months lived, one value an account or a customer.

    ``profit``, ``bad_debt`` and ``welfare`` are minor units; ``limit_months`` the limits of all
    months added up; ``months`` how many months an account had a statement; ``held`` how many
    accounts were so in some month, ``defaulted`` how many of them reached 90 days past due.
    """

    profit: Ints
    bad_debt: Ints
    welfare: Ints
    limit_months: Ints
    months: Ints
    held: Ints
    defaulted: Ints

    @classmethod
    def nothing(cls, count: int) -> "Totals":
        """Zeros for ``count`` accounts."""
        return cls(*(np.zeros(count, dtype=np.int64) for _ in cls.__slots__))

    def summed_by(self, place: Ints, count: int) -> "Totals":
        """The sums over the accounts of each of ``count`` places."""
        return Totals(*(_sum_by(getattr(self, name), place, count) for name in self.__slots__))


def _sum_by(values: Ints, place: Ints, count: int) -> Ints:
    """Exact where no sum is above 2^53 minor units, 90 trillion yuan."""
    return np.bincount(place, weights=values, minlength=count).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _CohortStart:
    """Who was at risk at the end of a month, and who reached 90 days past due in the next."""

    at_risk: Flags
    true_probability: float
    reached_next: Flags


class Books:
    """One policy's books. Months are closed in order, the first right after the hand-over."""

    def __init__(self, scene: Scene, economics: RehearsalEconomics | None = None) -> None:
        self.scene = scene
        self.economics = economics or RehearsalEconomics()
        self.totals = Totals.nothing(scene.accounts.count)
        self._months: list[MonthFigures] = []
        self._cohorts: list[_CohortStart] = []
        self._first_month: int | None = None
        self._income_third: npt.NDArray[np.int64] | None = None

    @property
    def months(self) -> tuple[MonthFigures, ...]:
        """The months closed so far."""
        return tuple(self._months)

    def close_month(self, before: Standing, after: Standing, changes: LimitChanges) -> MonthFigures:
        """Enter the month between two standings.

        Raises:
            ValueError: the month does not follow the one closed last.
        """
        self._check_order(before, after)
        if self._first_month is None:
            self._first_month = after.month
            self._income_third = _thirds(before.log_income)
        money = money_of_month(self.scene, before, after, changes, self.economics.lender)
        figures = _figures(self.scene, after, changes, money)
        self._months.append(figures)
        self._add(before, after, money)
        self._cohorts.append(_cohort_start(self.scene, before, after))
        return figures

    def customer_totals(self) -> Totals:
        """Totals of each customer, for whoever draws customers anew."""
        return self.totals.summed_by(self.scene.accounts.customer, self.scene.customers.count)

    def cohorts(self) -> tuple[CohortFigures, ...]:
        """The cohorts whose window of six months was lived, from the hand-over's on."""
        return tuple(self._closed_cohorts())

    def groups(self) -> tuple[GroupFigures, ...]:
        """The figures of every segment, product and third of income that has accounts.

        Raises:
            ValueError: no month is closed yet.
        """
        if self._income_third is None:
            raise ValueError("books without a month have no groups")
        accounts, customers = self.scene.accounts, self.scene.customers
        groupings = (
            ("segment", tuple(Segment), customers.micro_merchant[accounts.customer]),
            ("product", tuple(Product), accounts.cash_loan),
            ("income", INCOME_THIRDS, self._income_third[accounts.customer]),
        )
        return tuple(
            figures
            for grouping, names, place in groupings
            for figures in _group_figures(grouping, names, place.astype(np.int64), self.totals)
        )

    def _check_order(self, before: Standing, after: Standing) -> None:
        due = (
            before.month + 1 if self._first_month is None else self._first_month + len(self._months)
        )
        if not after.month == before.month + 1 == due:
            raise ValueError(f"month {due} is to be closed next, not {after.month}")

    def _add(self, before: Standing, after: Standing, money: AccountMoney) -> None:
        sums, there = self.totals, has_statement(after)
        welfare = welfare_of_month(self.scene, before, after, self.economics.welfare)
        self.totals = Totals(
            profit=sums.profit + money.profit,
            bad_debt=sums.bad_debt + money.bad_debt,
            welfare=sums.welfare + welfare,
            limit_months=sums.limit_months + np.where(there, after.limit, 0),
            months=sums.months + there,
            held=np.maximum(sums.held, there),
            defaulted=np.maximum(sums.defaulted, newly_defaulted(before, after)),
        )

    def _closed_cohorts(self) -> Iterator[CohortFigures]:
        for start in range(len(self._cohorts) - HORIZON_MONTHS + 1):
            cohort = self._cohorts[start]
            window = self._cohorts[start : start + HORIZON_MONTHS]
            reached = np.logical_or.reduce([month.reached_next for month in window])
            assert self._first_month is not None
            yield CohortFigures(
                month_end=self.scene.calendar.month_end(self._first_month - 1 + start),
                accounts=int(cohort.at_risk.sum()),
                default_rate_6m=_mean(reached[cohort.at_risk]),
                true_probability_6m=cohort.true_probability,
            )


def _figures(
    scene: Scene, after: Standing, changes: LimitChanges, money: AccountMoney
) -> MonthFigures:
    there = has_statement(after)
    balance = np.where(there, after.money.balance, 0)
    owed = max(int(balance.sum()), 1)
    return MonthFigures(
        month_end=scene.calendar.month_end(after.month),
        accounts=int(there.sum()),
        limit_minor=int(after.limit[there].sum()),
        balance_minor=int(balance.sum()),
        profit_minor=int(money.profit.sum()),
        interest_minor=int(money.interest.sum()),
        interchange_minor=int(money.interchange.sum()),
        fees_minor=int(money.fees.sum()),
        funding_minor=int(money.funding.sum()),
        loss_minor=int(money.loss.sum()),
        change_cost_minor=int(money.change_cost.sum()),
        bad_debt_minor=int(money.bad_debt.sum()),
        d30_share=int(balance[after.state >= State.DPD_30].sum()) / owed,
        d90_share=int(balance[after.state >= State.DPD_90].sum()) / owed,
        increases=int((changes.to_minor > changes.from_minor).sum()),
        decreases=int((changes.to_minor < changes.from_minor).sum()),
    )


def _cohort_start(scene: Scene, before: Standing, after: Standing) -> _CohortStart:
    probability = default_probability(scene, before)
    at_risk = ~np.isnan(probability)
    return _CohortStart(at_risk, _mean(probability[at_risk]), newly_defaulted(before, after))


def _group_figures(
    grouping: str, names: Sequence[str], place: Ints, totals: Totals
) -> Iterator[GroupFigures]:
    sums = totals.summed_by(place, len(names))
    for at in np.flatnonzero(sums.held).tolist():
        yield GroupFigures(
            grouping=grouping,
            name=str(names[at]),
            accounts=int(sums.held[at]),
            mean_limit_minor=round(int(sums.limit_months[at]) / max(int(sums.months[at]), 1)),
            profit_minor=int(sums.profit[at]),
            bad_debt_minor=int(sums.bad_debt[at]),
            default_rate=float(sums.defaulted[at] / sums.held[at]),
            welfare_minor=int(sums.welfare[at]),
        )


def _thirds(log_income: Floats) -> Ints:
    """0, 1 or 2 for each customer: the third of income that they belong to."""
    return np.searchsorted(np.quantile(log_income, [1 / 3, 2 / 3]), log_income, side="right")


def _mean(values: Floats | Flags) -> float:
    return float(values.mean()) if values.size else 0.0

"""A lender without causal care: the risk at another limit is read off a regression on the past.

The past policy gave high limits to good customers, so in the data a high limit goes with few
defaults; and a higher limit lowers utilization. Read as cause and effect, both say that a raise
makes an account safer.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.rehearsal.economics import LenderEconomics, RehearsalEconomics
from credit_limits.rehearsal.logistic import LogisticModel, fit_logistic
from credit_limits.rehearsal.sight import ChangeLog, Seen, best_of, candidates, orders_to
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.orders import LimitOrders
from credit_limits.simulation.portfolio import Scene, Standing
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import HORIZON_MONTHS

_BALANCE_ELASTICITY = 0.5
_CREDIT_CONVERSION = 0.4
_LOSS_GIVEN_DEFAULT = 0.75
_LOSS_EVENTS_A_YEAR = 1.6
_LONGEST_STREAK = 12.0


def inputs_at(seen: Seen, limit_minor: Floats, balance_minor: Floats) -> Floats:
    """The regression's inputs as they would be at these limits and balances, shape (N, 6).

    Log limit, utilization, log income (0 where not known) and whether it is not known, days past
    due and months on time in a row.
    """
    limit = np.maximum(limit_minor, 1.0)
    unknown = np.isnan(seen.log_income)
    return np.column_stack(
        [
            np.log(limit / MINOR_PER_YUAN) - 9.0,
            balance_minor / limit,
            np.where(unknown, 0.0, seen.log_income - 9.0),
            unknown,
            seen.days_past_due / 30.0,
            np.minimum(seen.on_time_streak, _LONGEST_STREAK) / _LONGEST_STREAK,
        ]
    )


@dataclass(frozen=True, slots=True)
class _SeenMonth:
    """What a month adds to the data: inputs of those who may default, and who has."""

    at: Ints
    inputs: Floats
    defaulted: Flags


class _Usage:
    """What each account has owed and brought in, on the mean of the months shown."""

    def __init__(self, scene: Scene, p: LenderEconomics) -> None:
        cash_loan = scene.accounts.cash_loan
        self._interchange = np.where(cash_loan, p.cash_loan_interchange, p.pay_later_interchange)
        self._owed = np.zeros(scene.accounts.count)
        self._earned = np.zeros(scene.accounts.count)
        self._months = np.zeros(scene.accounts.count)

    def note(self, standing: Standing) -> None:
        there, money = standing.state < State.CHARGED_OFF, standing.money
        earned = money.interest + self._interchange * money.spent
        self._owed += np.where(there, money.balance, 0)
        self._earned += np.where(there, earned, 0.0)
        self._months += there

    @property
    def balance(self) -> Floats:
        """Mean balance, minor units."""
        return np.asarray(self._owed / np.maximum(self._months, 1.0))

    @property
    def yearly_yield(self) -> Floats:
        """Earned in a year as a share of what is owed."""
        return np.asarray(12.0 * self._earned / np.maximum(self._owed, 1.0))


class ObservationalPolicy:
    """Fits once, as soon as cohorts with defaults are complete; until then it holds."""

    def __init__(self, world: RunningWorld, economics: RehearsalEconomics) -> None:
        self._log = ChangeLog(world.scene.accounts.count)
        self._usage = _Usage(world.scene, economics.lender)
        self._economics = economics.lender
        self._months: list[_SeenMonth] = []
        self.model: LogisticModel | None = None

    def see(self, world: RunningWorld) -> None:
        """Note limits that moved, what was used, and, until there is a model, who defaulted."""
        standing = world.standing
        self._log.note(standing.month, world.changes)
        self._usage.note(standing)
        if self.model is None:
            self._months.append(_seen_month(world.scene, standing))

    def orders(self, world: RunningWorld) -> LimitOrders:
        """The limits that look most profitable."""
        if self.model is None:
            self.model = _fitted(self._months)
        if self.model is None:
            return orders_to(world.standing, world.standing.limit)
        self._months.clear()
        options = candidates(world.scene, world.standing, self._log)
        value = self._values(self.model, world.scene, world.standing, options.limit_minor)
        return orders_to(world.standing, best_of(options, value))

    def naive_probability(self, scene: Scene, standing: Standing, to_minor: Ints) -> Floats:
        """The default probability within six months that the model reads off at these limits.

        Raises:
            ValueError: there is no model yet.
        """
        if self.model is None:
            raise ValueError("nothing was fitted yet")
        return _probability_at(self.model, Seen.at(scene, standing), to_minor.astype(np.float64))

    def _values(
        self, model: LogisticModel, scene: Scene, standing: Standing, to_minor: Ints
    ) -> Floats:
        """Expected profit of a year at each candidate, shape (K, N)."""
        seen = Seen.at(scene, standing)
        values = np.empty(to_minor.shape)
        for k, limit in enumerate(to_minor.astype(np.float64)):
            probability = _probability_at(model, seen, limit)
            values[k] = self._profit(seen, limit, probability)
        return values

    def _profit(self, seen: Seen, limit: Floats, probability: Floats) -> Floats:
        p, usage = self._economics, self._usage
        grown = (limit / np.maximum(seen.limit, 1.0)) ** _BALANCE_ELASTICITY
        balance = np.minimum(usage.balance * grown, limit)
        undrawn = limit - balance
        earned = (usage.yearly_yield - p.funding_rate) * balance - p.undrawn_rate * undrawn
        exposure = balance + _CREDIT_CONVERSION * undrawn
        lost = 1.0 - (1.0 - probability) ** _LOSS_EVENTS_A_YEAR
        cost = np.where(limit != seen.limit, p.change_cost_yuan * MINOR_PER_YUAN, 0.0)
        return np.asarray(earned - lost * _LOSS_GIVEN_DEFAULT * exposure - cost)


def _probability_at(model: LogisticModel, seen: Seen, limit: Floats) -> Floats:
    grown = (limit / np.maximum(seen.limit, 1.0)) ** _BALANCE_ELASTICITY
    return model.probability(inputs_at(seen, limit, np.minimum(seen.balance * grown, limit)))


def _seen_month(scene: Scene, standing: Standing) -> _SeenMonth:
    at = np.flatnonzero(standing.state <= State.DPD_60)
    seen = Seen.at(scene, standing)
    defaulted = (standing.state == State.DPD_90) | (standing.state == State.CHARGED_OFF)
    return _SeenMonth(at, inputs_at(seen, seen.limit, seen.balance)[at], defaulted)


def _fitted(months: list[_SeenMonth]) -> LogisticModel | None:
    """The regression on every cohort whose six months have passed; None where it cannot be."""
    cohorts = range(len(months) - HORIZON_MONTHS)
    if not cohorts:
        return None
    outcomes = []
    for start in cohorts:
        window = months[start + 1 : start + 1 + HORIZON_MONTHS]
        reached = np.logical_or.reduce([month.defaulted for month in window])
        outcomes.append(reached[months[start].at])
    outcome = np.concatenate(outcomes)
    if not outcome.any():
        return None
    return fit_logistic(np.concatenate([months[start].inputs for start in cohorts]), outcome)

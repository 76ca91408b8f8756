"""The policy of somebody who knows the world: how far the others are from what can be known.

It chooses from the limits that a lender may choose, and knows each account's true chance of
default at each of them and the balance that its customer would come to. It does not know the
draws: what chance does to an account is as new to it as to anyone.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.rehearsal.economics import LenderEconomics, RehearsalEconomics
from credit_limits.rehearsal.sight import (
    LADDER,
    ChangeLog,
    best_of,
    candidates,
    orders_to,
)
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.macro import LOOKAHEAD_MONTHS
from credit_limits.simulation.orders import LimitOrders
from credit_limits.simulation.portfolio import Scene, Standing
from credit_limits.simulation.spending import target_balance
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import default_probability

HORIZON_MONTHS = 12
_KINDS = 3


@dataclass(frozen=True, slots=True)
class Habits:
    """What is owed as a ratio of the balance that is aimed at, by kind of line.

    ``in_use`` is of lines in use, ``lost`` of lines in default: what is written off less what
    comes back. One place each for transactors, revolvers and cash loans.
    """

    in_use: Floats
    lost: Floats


class HabitsSeen:
    """The habits of a world, measured over the months shown; 1 where nothing was seen yet."""

    def __init__(self, scene: Scene) -> None:
        self._kind = kind_of_line(scene)
        self._aimed, self._owed, self._endangered, self._lost = np.ones((4, _KINDS))

    def note(self, scene: Scene, standing: Standing) -> None:
        """Add a month."""
        aimed = aimed_balance(scene, standing.absorbed_limit, standing.limit)
        money, in_use = standing.money, standing.state == State.CURRENT
        self._aimed += self._sums(aimed, in_use)
        self._owed += self._sums(money.balance, in_use)
        self._endangered += self._sums(aimed, money.charged_off > 0)
        self._lost += np.bincount(self._kind, money.charged_off - money.recovered, _KINDS)

    @property
    def habits(self) -> Habits:
        """As measured so far."""
        lost = np.maximum(self._lost, 0.0) / self._endangered
        return Habits(self._owed / self._aimed, lost)

    def _sums(self, amounts: Floats | Ints, where: Flags) -> Floats:
        sums = np.bincount(self._kind[where], weights=amounts[where], minlength=_KINDS)
        return np.asarray(sums, dtype=np.float64)


def kind_of_line(scene: Scene) -> Ints:
    """0 for a transactor's line, 1 for a revolver's, 2 for a cash loan."""
    accounts = scene.accounts
    return np.where(accounts.cash_loan, 2, accounts.revolver.astype(np.int64))


def aimed_balance(scene: Scene, absorbed_limit: Floats, limit: Floats | Ints) -> Floats:
    """The balance that use tends to, within the limit."""
    p = scene.parameters
    target = target_balance(scene.accounts, absorbed_limit, p.spending, p.past_policy)
    return np.minimum(target, limit)


class OraclePolicy:
    """Chooses the limit of the highest true expected profit over the year ahead."""

    def __init__(self, world: RunningWorld, economics: RehearsalEconomics) -> None:
        self._log = ChangeLog(world.scene.accounts.count)
        self._seen = HabitsSeen(world.scene)
        self._economics = economics.lender

    def see(self, world: RunningWorld) -> None:
        """Note whose limit moved and what the lines are used for."""
        self._log.note(world.standing.month, world.changes)
        self._seen.note(world.scene, world.standing)

    def orders(self, world: RunningWorld) -> LimitOrders:
        """The most profitable limits."""
        scene, standing = world.scene, world.standing
        options = candidates(scene, standing, self._log)
        prospects = Prospects.of(scene, standing, self._seen.habits)
        value = expected_profit(prospects, options.limit_minor, self._economics)
        return orders_to(standing, best_of(options, value))


def expected_profit(prospects: "Prospects", limit_minor: Ints, p: LenderEconomics) -> Floats:
    """True expected profit of the months ahead at each candidate, minor units, shape (K, N).

    Rows follow the ladder. The months are twelve, or as many as the world's macro path goes on
    for. An account that does not default is charged for all of them, one that does for half.
    """
    values = np.empty(limit_minor.shape)
    for k, (ratio, limit) in enumerate(zip(LADDER.ratios_permille, limit_minor, strict=True)):
        chance = default_probability(
            prospects.scene,
            prospects.standing,
            horizon=prospects.horizon,
            limit_ratio=ratio / 1000.0,
        )
        values[k] = prospects.profit(limit.astype(np.float64), np.nan_to_num(chance), p)
    return values


@dataclass(frozen=True, slots=True)
class Prospects:
    """What lies before the accounts of a standing, whatever their limits.

    ``horizon`` is in months; ``months_of_use`` of it are expected, an account.
    """

    scene: Scene
    standing: Standing
    horizon: int
    months_of_use: Floats
    in_use: Floats
    lost: Floats

    @classmethod
    def of(cls, scene: Scene, standing: Standing, habits: Habits) -> "Prospects":
        """At the end of a standing's month."""
        left = scene.parameters.months + LOOKAHEAD_MONTHS - standing.month
        horizon, kind = min(HORIZON_MONTHS, left), kind_of_line(scene)
        months_of_use = _months_of_use(scene, standing, horizon)
        return cls(scene, standing, horizon, months_of_use, habits.in_use[kind], habits.lost[kind])

    def profit(self, limit: Floats, chance: Floats, p: LenderEconomics) -> Floats:
        """At one candidate, whose true chance of default over the horizon is ``chance``."""
        aimed = self._aimed(limit)
        balance = np.minimum(self.in_use * aimed, limit)
        undrawn = p.undrawn_rate * self.horizon / 12.0 * np.maximum(limit - balance, 0.0)
        earned = self._monthly_margin(p) * balance * self.months_of_use - undrawn
        loss = chance * np.minimum(self.lost * aimed, limit)
        cost = np.where(limit != self.standing.limit, p.change_cost_yuan * MINOR_PER_YUAN, 0.0)
        expected = earned * (1.0 - chance / 2.0) - loss
        return np.asarray((1.0 - self._leaving_share(limit)) * expected - cost)

    def _leaving_share(self, limit: Floats) -> Floats:
        """Who leaves because of a cut; whoever carries a balance stays.

        At 4 % a month for six months: 1 - 0.96^6 = 21.7 %.
        """
        p = self.scene.parameters.repayment
        leaving = 1.0 - (1.0 - p.churn_after_cut_monthly) ** p.churn_after_cut_months
        cut = (limit < self.standing.limit) & ~self.scene.accounts.revolver
        return np.where(cut, leaving, 0.0)

    def _aimed(self, limit: Floats) -> Floats:
        """The balance aimed at once habits have taken in what they will, mean of the horizon."""
        p, absorbed = self.scene.parameters.spending, self.standing.absorbed_limit
        months = np.arange(1, self.horizon + 1)
        taken_in = float(np.mean(1.0 - (1.0 - p.limit_absorption_monthly) ** months))
        return aimed_balance(self.scene, absorbed + taken_in * (limit - absorbed), limit)

    def _monthly_margin(self, p: LenderEconomics) -> Floats:
        """Earned in a month of use, less funding, as a share of what is owed."""
        accounts = self.scene.accounts
        paid = np.where(accounts.revolver, accounts.pay_share, 1.0)
        carried = np.where(accounts.cash_loan, 1.0, 1.0 - paid)
        purchases = np.where(
            accounts.cash_loan, p.cash_loan_interchange, p.pay_later_interchange * paid
        )
        return np.asarray(accounts.apr / 12.0 * carried + purchases - p.funding_rate / 12.0)


def _months_of_use(scene: Scene, standing: Standing, horizon: int) -> Floats:
    """Expected months in use of the horizon: from today's state towards the usual share.

    A line taken into use with chance 0.07 and kept with 0.91 is in use 0.07 / 0.16 = 44 % of the
    time in the long run.
    """
    start, keep = scene.accounts.start_use, scene.accounts.keep_use
    usual = start / np.maximum(start + 1.0 - keep, 1e-9)
    now = (standing.state != State.UNUSED).astype(np.float64)
    decay = keep - start
    months = np.zeros(scene.accounts.count)
    gap = now - usual
    for _ in range(horizon):
        gap = gap * decay
        months += usual + gap
    return months

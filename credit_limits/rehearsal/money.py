"""The realized money of one month, account by account, in whole minor units."""

from dataclasses import dataclass

import numpy as np

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.rehearsal.economics import LenderEconomics, WelfareEconomics
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.past_policy import LimitChanges
from credit_limits.simulation.portfolio import FROZEN, Scene, Standing

_MONTHS_A_YEAR = 12.0


@dataclass(frozen=True, slots=True)
class AccountMoney:
    """One value an account, minor units; costs are positive.

    ``bad_debt`` is what was owed on reaching 90 days past due, ``loss`` that less what came back
    in the month of debts written off before.
    """

    interest: Ints
    interchange: Ints
    fees: Ints
    funding: Ints
    loss: Ints
    change_cost: Ints
    bad_debt: Ints

    @property
    def profit(self) -> Ints:
        """Interest, interchange and fees, less funding, losses and the cost of changes."""
        earned = self.interest + self.interchange + self.fees
        return np.asarray(earned - self.funding - self.loss - self.change_cost)


def has_statement(standing: Standing) -> Flags:
    """Accounts with a statement in the month of ``standing``, their last one included."""
    return np.asarray(standing.state <= State.CHARGED_OFF)


def performing_balance(standing: Standing) -> Ints:
    """What is owed by accounts that are not in default: the rest is written off."""
    return np.where(standing.state < State.DPD_90, standing.money.balance, 0)


def newly_defaulted(before: Standing, after: Standing) -> Flags:
    """Accounts that reach 90 days past due in the month of ``after``."""
    return np.asarray((after.state == State.DPD_90) & (before.state == State.DPD_60))


def money_of_month(
    scene: Scene,
    before: Standing,
    after: Standing,
    changes: LimitChanges,
    p: LenderEconomics,
) -> AccountMoney:
    """What the month between two standings brought in and cost.

    A balance is funded at the mean of what it was and what it is: 2,000 yuan that become 4,000
    cost 3 % x 3,000 / 12 = 7.50 yuan in the month.
    """
    cash_loan = scene.accounts.cash_loan
    interchange = np.where(cash_loan, p.cash_loan_interchange, p.pay_later_interchange)
    change_cost = np.zeros(scene.accounts.count, dtype=np.int64)
    change_cost[changes.account] = round(p.change_cost_yuan * MINOR_PER_YUAN)
    return AccountMoney(
        interest=after.money.interest,
        interchange=_whole(interchange * after.money.spent),
        fees=after.money.fees,
        funding=_whole(_funding(before, after, p)),
        loss=after.money.charged_off - after.money.recovered,
        change_cost=change_cost,
        bad_debt=after.money.charged_off,
    )


def _funding(before: Standing, after: Standing, p: LenderEconomics) -> Floats:
    """Of what is owed, and of what may still be drawn: frozen and closed lines may not."""
    owed = (performing_balance(before) + performing_balance(after)) / 2.0
    drawable = has_statement(after) & (after.status < FROZEN)
    undrawn = np.where(drawable, np.maximum(after.limit - after.money.balance, 0), 0)
    yearly = p.funding_rate * owed + p.undrawn_rate * undrawn
    return np.asarray(yearly / _MONTHS_A_YEAR)


def welfare_of_month(scene: Scene, before: Standing, after: Standing, p: WelfareEconomics) -> Ints:
    """What each line was worth to its customer in the month, minor units.

    A revolver who owes 6,000 yuan at 15 % a year: (24 % - 15 %) x 6,000 / 12 = 45 yuan.
    """
    rate = np.where(scene.accounts.revolver, p.borrowing_value_rate, p.float_value_rate)
    worth = rate / _MONTHS_A_YEAR * performing_balance(before)
    income = np.exp(after.log_income[scene.accounts.customer]) * MINOR_PER_YUAN
    harm = np.where(newly_defaulted(before, after), p.default_harm_months * income, 0.0)
    return _whole(worth - after.money.interest - after.money.fees - harm)


def _whole(amounts: Floats) -> Ints:
    return np.asarray(np.rint(amounts), dtype=np.int64)

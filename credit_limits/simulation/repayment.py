"""The money of a month: what is paid, charged and spent, given where each account now stands.

For each account: balance after = balance before - paid + spent + interest + fees, exactly.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.simulation.accounts import Accounts
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State, States
from credit_limits.simulation.parameters import Repayment
from credit_limits.simulation.spending import Demand

LEAST_BALANCE_MINOR = 10 * MINOR_PER_YUAN
_MOST_PARTIAL = 0.8
_STAY_PAYS = 0.5
_DISTRESS_PAYS = 0.7


@dataclass(frozen=True, slots=True)
class MonthOfMoney:
    """Whole minor units, one value an account; zeros where there is no statement."""

    balance: Ints
    minimum_due: Ints
    paid: Ints
    spent: Ints
    interest: Ints
    fees: Ints


@dataclass(frozen=True, slots=True)
class MonthTurn:
    """States before and after a month, with the balance and the minimum due of the last bill."""

    before: States
    after: States
    balance: Ints
    minimum_due: Ints

    @property
    def missed(self) -> Flags:
        """Accounts that fall a further 30 days behind."""
        return (self.after > self.before) & (self.after >= State.DPD_30) & self.billed

    @property
    def billed(self) -> Flags:
        """Accounts with a statement this month."""
        return self.after <= State.CHARGED_OFF


def settle_month(
    turn: MonthTurn,
    accounts: Accounts,
    distressed: Flags,
    limit: Ints,
    demand: Demand,
    *,
    p: Repayment,
    rng: np.random.Generator,
) -> MonthOfMoney:
    """Payments, charges and spending of one month, in that order."""
    count = accounts.count
    paid = _paid(turn, accounts, distressed, p, rng.random((3, count)))
    interest = _interest(turn, accounts, paid)
    paid += np.where(_paid_off(turn), interest, 0)
    unpaid = np.maximum(turn.minimum_due - paid, 0)
    fees = np.where(turn.missed, _whole(p.late_fee_share * unpaid), 0)
    carried = np.where(turn.billed, turn.balance - paid + interest + fees, 0)
    spent = _spent(turn, carried, limit, demand)
    balance = carried + spent
    late = turn.after >= State.DPD_30
    arrears = np.where(late & turn.billed, unpaid, 0)
    share = _whole(p.minimum_due_share * (balance - np.minimum(arrears, balance)))
    due = arrears + np.maximum(share, LEAST_BALANCE_MINOR)
    return MonthOfMoney(balance, np.minimum(due, balance), paid, spent, interest, fees)


def _whole(amounts: npt.NDArray[np.floating[Any]]) -> Ints:
    return np.asarray(np.rint(amounts), dtype=np.int64)


def _paid_off(turn: MonthTurn) -> Flags:
    return np.asarray((turn.before != State.UNUSED) & (turn.after == State.UNUSED))


def _paid(
    turn: MonthTurn, accounts: Accounts, distressed: Flags, p: Repayment, uniform: Floats
) -> Ints:
    """Everything, a usual share, half the minimum, a part of it, or nothing."""
    some = uniform[0] < p.partial_pay_share
    partial = np.where(some, _MOST_PARTIAL * uniform[1], 0.0) * turn.minimum_due
    shortfall = np.where(distressed, _DISTRESS_PAYS, 1.0)
    share = accounts.pay_share * shortfall * (0.6 + 0.8 * uniform[2])
    usual = np.clip(share * turn.balance, turn.minimum_due, turn.balance)
    everything = _paid_off(turn) | ~accounts.revolver
    on_time = np.where(everything, turn.balance, usual)
    late = turn.after >= State.DPD_30
    stays = late & (turn.after == turn.before)
    paid = np.where(late, np.where(stays, _STAY_PAYS * turn.minimum_due, partial), on_time)
    return _whole(np.where(turn.billed, paid, 0.0))


def _interest(turn: MonthTurn, accounts: Accounts, paid: Ints) -> Ints:
    """A month's interest on what is carried; on a cash loan, on all that was owed."""
    bears = np.where(accounts.cash_loan, turn.balance, turn.balance - paid)
    return _whole(np.where(turn.billed, accounts.apr / 12.0 * bears, 0.0))


def _spent(turn: MonthTurn, carried: Ints, limit: Ints, demand: Demand) -> Ints:
    """What is wanted, within the free limit; a line in use ends the month with a balance."""
    starts = (turn.before == State.UNUSED) & (turn.after == State.CURRENT)
    wanted = np.where(starts, demand.at_start, demand.usual)
    wanted = np.where(turn.after == State.DPD_30, demand.usual * 0.3, wanted)
    free = np.maximum(limit - carried, 0)
    spent = np.minimum(_whole(wanted), free)
    in_use = turn.after == State.CURRENT
    spent = np.where(in_use, np.maximum(spent, LEAST_BALANCE_MINOR - carried), spent)
    return np.where(in_use | (turn.after == State.DPD_30), spent, 0)

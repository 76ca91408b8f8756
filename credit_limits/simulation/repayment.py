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
_EXTENDED_MINIMUM = 0.5


@dataclass(frozen=True, slots=True)
class MonthOfMoney:
    """Whole minor units, one value an account; zeros where there is no statement.

    ``charged_off`` is what was owed when the account reached 90 days past due, ``recovered`` what
    came back of such debts later: payments, all of the debt where it is cured, and after the last
    statement what collection brings in of the ``claim`` that is left. Charged off less recovered
    is the loss.
    """

    balance: Ints
    minimum_due: Ints
    paid: Ints
    spent: Ints
    interest: Ints
    fees: Ints
    charged_off: Ints
    recovered: Ints
    claim: Ints


def nothing_moved(balance: Ints) -> MonthOfMoney:
    """Balances of a month in which nothing was paid, spent or charged."""
    none = np.zeros_like(balance)
    return MonthOfMoney(balance, none, none, none, none, none, none, none, none)


@dataclass(frozen=True, slots=True)
class MonthTurn:
    """States before and after a month, with the money of the month before it.

    ``left`` are accounts that their customers close, paying all they owe.
    """

    before: States
    after: States
    left: Flags
    last: MonthOfMoney

    @property
    def balance(self) -> Ints:
        """What the last bill asked for in all."""
        return self.last.balance

    @property
    def minimum_due(self) -> Ints:
        """What of it was due."""
        return self.last.minimum_due

    @property
    def missed(self) -> Flags:
        """Accounts that fall a further 30 days behind."""
        return (self.after > self.before) & (self.after >= State.DPD_30) & self.billed

    @property
    def in_default(self) -> Flags:
        """Accounts that were 90 and more days past due already, and still had a statement."""
        return (self.before >= State.DPD_90) & (self.before < State.CHARGED_OFF)

    @property
    def billed(self) -> Flags:
        """Accounts with a statement this month."""
        return self.after <= State.CHARGED_OFF


@dataclass(frozen=True, slots=True)
class Terms:
    """What each account may draw and has to bear in a month.

    ``limit`` in minor units, ``annual_rate`` a share; a ``frozen`` account draws nothing, one
    whose term is ``extended`` owes half the minimum payment.
    """

    limit: Ints
    annual_rate: Floats
    frozen: Flags
    extended: Flags


def settle_month(
    turn: MonthTurn,
    accounts: Accounts,
    distressed: Flags,
    terms: Terms,
    demand: Demand,
    *,
    p: Repayment,
    rng: np.random.Generator,
) -> MonthOfMoney:
    """Payments, charges and spending of one month, in that order."""
    count = accounts.count
    paid = _paid(turn, accounts, distressed, p, rng.random((3, count)))
    interest = _interest(turn, accounts, terms.annual_rate, paid)
    paid += np.where(_paid_off(turn), interest, 0)
    unpaid = np.maximum(turn.minimum_due - paid, 0)
    charged = turn.missed & ~turn.in_default
    fees = np.where(charged, _whole(p.late_fee_share * unpaid), 0)
    carried = np.where(turn.billed, turn.balance - paid + interest + fees, 0)
    spent = np.where(terms.frozen, 0, _spent(turn, carried, terms.limit, demand))
    balance = carried + spent
    late = turn.after >= State.DPD_30
    arrears = np.where(late & turn.billed, unpaid, 0)
    asked = p.minimum_due_share * np.where(terms.extended, _EXTENDED_MINIMUM, 1.0)
    share = _whole(asked * (balance - np.minimum(arrears, balance)))
    due = arrears + np.maximum(share, LEAST_BALANCE_MINOR)
    return MonthOfMoney(
        balance=balance,
        minimum_due=np.minimum(due, balance),
        paid=paid,
        spent=spent,
        interest=interest,
        fees=fees,
        charged_off=np.where((turn.before < State.DPD_90) & defaulted(turn.after), balance, 0),
        recovered=_recovered(turn, paid, p),
        claim=_claim(turn, balance, p),
    )


def defaulted(state: States) -> Flags:
    """Accounts 90 and more days past due that still have a statement."""
    return np.asarray((state >= State.DPD_90) & (state <= State.CHARGED_OFF))


def _recovered(turn: MonthTurn, paid: Ints, p: Repayment) -> Ints:
    """Of debts in default: what was paid, all of it where they are cured, what claims bring in."""
    cured = turn.in_default & (turn.after < State.DPD_90)
    on_bills = np.where(cured, turn.balance, np.where(turn.in_default, paid, 0))
    return np.asarray(on_bills + _whole(p.recovery_monthly * turn.last.claim))


def _claim(turn: MonthTurn, balance: Ints, p: Repayment) -> Ints:
    """What is still claimed of accounts charged off."""
    kept = 1.0 - p.recovery_monthly - p.claim_lapse_monthly
    return np.where(turn.after == State.CHARGED_OFF, balance, _whole(kept * turn.last.claim))


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
    paid = np.where(turn.left, turn.balance, np.where(turn.billed, paid, 0.0))
    return _whole(paid)


def _interest(turn: MonthTurn, accounts: Accounts, annual_rate: Floats, paid: Ints) -> Ints:
    """A month's interest on what is carried; on a cash loan, on all that was owed.

    A debt in default bears none.
    """
    bears = np.where(accounts.cash_loan, turn.balance, turn.balance - paid)
    accrues = turn.billed & ~turn.in_default
    return _whole(np.where(accrues, annual_rate / 12.0 * bears, 0.0))


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

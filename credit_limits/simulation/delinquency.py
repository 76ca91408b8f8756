"""The monthly chain of an account: unused, current, 30 to 180 days past due.

The simulation draws from this chain and the truth propagates its probabilities, so the two agree
by construction. Each month, in this order: distress begins or ends; a current account misses its
payment or not; arrears roll, stay or cure; an account without arrears is used or not.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from credit_limits.simulation.accounts import Accounts
from credit_limits.simulation.columns import Flags, Floats
from credit_limits.simulation.customers import Customers
from credit_limits.simulation.parameters import Repayment, WorldParameters

States = npt.NDArray[np.int8]


class State(IntEnum):
    """Where an account stands at the end of a month; an account charged off is 180 days late."""

    UNUSED = 0
    CURRENT = 1
    DPD_30 = 2
    DPD_60 = 3
    DPD_90 = 4
    DPD_120 = 5
    DPD_150 = 6
    CHARGED_OFF = 7
    ABSENT = 8


def days_past_due(state: States) -> npt.NDArray[np.int64]:
    """Days past due on the statement of an account in this state.

    >>> days_past_due(np.array([State.UNUSED, State.CURRENT, State.DPD_60], dtype=np.int8))
    array([ 0,  0, 60])
    """
    return np.maximum(state.astype(np.int64) - State.CURRENT, 0) * 30


@dataclass(frozen=True, slots=True)
class RiskTraits:
    """What does not change in an account's hazards: log odds to miss, and shifts of the rolls."""

    miss: Floats
    roll: Floats
    start_use: Floats
    keep_use: Floats
    cash_loan: Flags


def risk_traits(customers: Customers, accounts: Accounts, p: Repayment) -> RiskTraits:
    """The constant parts of each account's hazards."""
    creditworthiness = customers.creditworthiness[accounts.customer]
    miss = (
        np.where(accounts.cash_loan, p.miss_cash_loan, p.miss_pay_later)
        + p.creditworthiness_effect * creditworthiness
        + p.utilization_effect * accounts.utilization
        + p.revolver_effect * accounts.revolver
        + p.backup_effect * customers.backup_source[accounts.customer]
    )
    return RiskTraits(
        miss,
        p.roll_creditworthiness_effect * creditworthiness,
        accounts.start_use,
        accounts.keep_use,
        accounts.cash_loan,
    )


@dataclass(frozen=True, slots=True)
class Hazards:
    """Chances of one month, one value an account; ``start_use`` and ``keep_use`` are of use.

    ``roll_90`` is that of any roll from 90 days on.
    """

    miss: Floats
    roll_30: Floats
    roll_60: Floats
    roll_90: Floats
    start_use: Floats
    keep_use: Floats


def burden(
    limit_minor: Floats, reference_minor: Floats, log_income: Floats, p: WorldParameters
) -> Floats:
    """What limit and income add to the log odds to miss a payment.

    With the reference limit doubled: 0.35 x log 2 = 0.24, so 27 % higher odds.
    """
    log_limit = np.log(limit_minor / reference_minor)
    income = log_income - np.log(p.population.income_median_yuan)
    return np.asarray(p.repayment.limit_effect * log_limit + p.repayment.income_effect * income)


def hazards(
    traits: RiskTraits,
    burden: Floats,
    distressed: Flags | bool,
    p: WorldParameters,
    *,
    fraud: Flags | bool = False,
) -> Hazards:
    """The month's chances, given whether each account's customer is in distress, or a fraud.

    A fraud uses every line at once and never pays.
    """
    r = p.repayment
    in_distress = np.asarray(distressed, dtype=np.float64)
    roll = traits.roll + r.roll_distress_effect * in_distress
    draws = 1.0 + (p.spending.cash_start_distress_ratio - 1.0) * in_distress * traits.cash_loan
    return Hazards(
        miss=_chance(traits.miss + burden + r.distress_effect * in_distress, fraud),
        roll_30=_chance(r.roll_30 + roll, fraud),
        roll_60=_chance(r.roll_60 + roll, fraud),
        roll_90=_chance(r.roll_90 + roll, fraud),
        start_use=np.where(fraud, 1.0, np.minimum(traits.start_use * draws, 1.0)),
        keep_use=np.where(fraud, 1.0, traits.keep_use),
    )


def _chance(log_odds: Floats, certain: Flags | bool) -> Floats:
    return np.where(certain, 1.0, 1.0 / (1.0 + np.exp(-log_odds)))


def next_state(
    state: States, chances: Hazards, stay_share: float, move: Floats, use: Floats
) -> States:
    """The states a month later, from two uniform draws an account.

    ``CHARGED_OFF`` and ``ABSENT`` become ``ABSENT``: there is no statement after a charge-off.
    """
    late = (state >= State.DPD_30) & (state < State.CHARGED_OFF)
    rolls = np.select(
        [state == State.CURRENT, state == State.DPD_30, state == State.DPD_60],
        [chances.miss, chances.roll_30, chances.roll_60],
        chances.roll_90,
    )
    worse = ((state == State.CURRENT) | late) & (move < rolls)
    stays = late & ~worse & (move < rolls + (1.0 - rolls) * stay_share)
    in_use = use < np.where(state == State.UNUSED, chances.start_use, chances.keep_use)
    after = np.where(in_use, State.CURRENT, State.UNUSED)
    after = np.where(worse, state + 1, np.where(stays, state, after))
    return np.where(state >= State.CHARGED_OFF, State.ABSENT, after).astype(np.int8)

"""True default probabilities, and what drives them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from credit_limits.simulation import distress, rings
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import Hazards, RiskTraits, State, hazards
from credit_limits.simulation.macro import LOOKAHEAD_MONTHS
from credit_limits.simulation.parameters import Repayment, WorldParameters
from credit_limits.simulation.portfolio import Scene, Standing, leaving

HORIZON_MONTHS = LOOKAHEAD_MONTHS
_ALIVE = (State.UNUSED, State.CURRENT, State.DPD_30, State.DPD_60)

# Probability of each living state: calm in the first row, in distress in the second, and of a ring
# that has struck in the third.
_Mass: TypeAlias = dict[State, Floats]


@dataclass(frozen=True, slots=True)
class Truth:
    """True risk of every account and month.

    ``default_probability_6m`` has a row a month and a column an account, NaN where the account
    has no statement that month or is 90 or more days past due already. It is the chance to be 90
    days past due on one of the next six statements, at the limit and income in force and on the
    macro path that comes. ``number`` is the digits of the account's id, ``creditworthiness`` is
    about N(0, 1), ``limit_effect_log_odds`` the effect of a unit of log limit on the log odds to
    miss a payment.
    """

    number: Ints
    month_ends: tuple[date, ...]
    default_probability_6m: npt.NDArray[np.float32]
    distressed: Flags
    creditworthiness: Floats
    limit_effect_log_odds: float


@dataclass(frozen=True, slots=True)
class TrueMonth:
    """The truth at the end of one month, one value an account."""

    month_end: date
    default_probability_6m: npt.NDArray[np.float32]
    distressed: Flags


def true_month(scene: Scene, standing: Standing) -> TrueMonth:
    """The truth at the end of a standing's month."""
    return TrueMonth(
        scene.calendar.month_end(standing.month),
        default_probability(scene, standing).astype(np.float32),
        standing.distressed[scene.accounts.customer],
    )


def truth_of(scene: Scene, months: Sequence[TrueMonth]) -> Truth:
    """The truth of these months together."""
    return Truth(
        number=scene.accounts.number,
        month_ends=tuple(month.month_end for month in months),
        default_probability_6m=np.stack([month.default_probability_6m for month in months]),
        distressed=np.stack([month.distressed for month in months]),
        creditworthiness=scene.customers.creditworthiness[scene.accounts.customer],
        limit_effect_log_odds=scene.parameters.repayment.limit_effect,
    )


def default_probability(
    scene: Scene, standing: Standing, *, horizon: int = HORIZON_MONTHS, limit_ratio: float = 1.0
) -> Floats:
    """Chance of each account to be 90 days past due within ``horizon`` months of ``standing``.

    With ``limit_ratio``, the chance if every limit were that many times what it is, all else
    equal. NaN where the account is not at risk.
    """
    at_risk = standing.state <= State.DPD_60
    mass = _now(scene, standing)
    limit = standing.limit * np.float64(limit_ratio)
    defaulted = np.zeros(scene.accounts.count)
    in_force: WorldParameters | None = None
    for month in range(standing.month + 1, standing.month + 1 + horizon):
        p = scene.parameters_of(month)
        if p != in_force:
            traits, load = scene.traits(month), scene.burden(limit, standing.log_income, month)
            chances, in_force = _chances(traits, load, p), p
        mass = _left(mass, leaving(scene, standing, month))
        mass = _mixed(mass, _entry(scene, month), p.repayment)
        mass, added = _moved(mass, chances, p.repayment)
        mass = _struck(mass, _strike(scene, month))
        defaulted += added
    return np.where(at_risk, defaulted, np.nan)


def _now(scene: Scene, standing: Standing) -> _Mass:
    distressed = standing.distressed[scene.accounts.customer]
    fraud = standing.fraud[scene.accounts.customer]
    rows = np.stack([~fraud & ~distressed, ~fraud & distressed, fraud]).astype(np.float64)
    return {state: rows * (standing.state == state) for state in _ALIVE}


def _chances(traits: RiskTraits, load: Floats, p: WorldParameters) -> tuple[Hazards, ...]:
    """The hazards of each row."""
    honest = tuple(hazards(traits, load, distressed, p) for distressed in (False, True))
    return (*honest, hazards(traits, load, False, p, fraud=True))


def _entry(scene: Scene, month: int) -> Floats:
    unemployment = scene.macro.unemployment(month)
    p = scene.parameters_of(month)
    by_customer = distress.entry(scene.customers, scene.circles, unemployment, p)
    return by_customer[scene.accounts.customer]


def _strike(scene: Scene, month: int) -> Floats:
    p = scene.parameters_of(month).repayment
    by_customer = rings.strike_chance(scene.circles, scene.ring_complete, month, p)
    return by_customer[scene.accounts.customer]


def _left(mass: _Mass, leaving: tuple[Floats, Floats]) -> _Mass:
    """Accounts without arrears may be closed by their customers."""
    unused, in_use = leaving
    staying = {State.UNUSED: 1.0 - unused, State.CURRENT: 1.0 - in_use}
    return {state: m * staying.get(state, 1.0) for state, m in mass.items()}


def _mixed(mass: _Mass, entry: Floats, p: Repayment) -> _Mass:
    """Distress begins and ends."""
    leave = p.distress_exit_monthly
    return {
        state: np.stack(
            [m[0] * (1 - entry) + m[1] * leave, m[0] * entry + m[1] * (1 - leave), m[2]]
        )
        for state, m in mass.items()
    }


def _struck(mass: _Mass, strike: Floats) -> _Mass:
    """Rings strike: from the next month on their members pay nothing."""
    return {
        state: np.stack([m[0] * (1 - strike), m[1] * (1 - strike), m[2] + (m[0] + m[1]) * strike])
        for state, m in mass.items()
    }


def _moved(mass: _Mass, chances: tuple[Hazards, ...], p: Repayment) -> tuple[_Mass, Floats]:
    """The mass a month later, and what of it reaches 90 days past due."""
    miss = np.stack([c.miss for c in chances])
    roll_30 = np.stack([c.roll_30 for c in chances])
    roll_60 = np.stack([c.roll_60 for c in chances])
    start = np.stack([c.start_use for c in chances])
    keep = np.stack([c.keep_use for c in chances])
    unused, current = mass[State.UNUSED], mass[State.CURRENT]
    late_30, late_60 = mass[State.DPD_30], mass[State.DPD_60]
    cured = (1.0 - p.stay_share) * (late_30 * (1.0 - roll_30) + late_60 * (1.0 - roll_60))
    punctual = current * (1.0 - miss) + cured
    after = {
        State.UNUSED: unused * (1.0 - start) + punctual * (1.0 - keep),
        State.CURRENT: unused * start + punctual * keep,
        State.DPD_30: current * miss + late_30 * (1.0 - roll_30) * p.stay_share,
        State.DPD_60: late_30 * roll_30 + late_60 * (1.0 - roll_60) * p.stay_share,
    }
    return after, np.asarray((late_60 * roll_60).sum(axis=0))

"""The monthly chain: which state follows which, and what moves the chances."""

from dataclasses import replace

import numpy as np
import pytest

from credit_limits.simulation.delinquency import (
    Hazards,
    RiskTraits,
    State,
    burden,
    days_past_due,
    hazards,
    next_state,
)
from credit_limits.simulation.parameters import Repayment, WorldParameters

PARAMETERS = WorldParameters()
HALF = np.array([0.5])


def after(state, *, move, use, stay=0.2):
    chances = Hazards(HALF, HALF, HALF, HALF, HALF, HALF)
    before = np.array([state], dtype=np.int8)
    return State(next_state(before, chances, stay, np.array([move]), np.array([use]))[0])


# Every chance is one half; of those who do not roll a fifth stay: move below 0.6.
CURE, STAY, ROLL = 0.9, 0.55, 0.1
IN_USE, IDLE = 0.1, 0.9


@pytest.mark.parametrize(
    ("state", "move", "use", "expected"),
    [
        (State.UNUSED, ROLL, IN_USE, State.CURRENT),
        (State.UNUSED, ROLL, IDLE, State.UNUSED),
        (State.CURRENT, ROLL, IN_USE, State.DPD_30),
        (State.CURRENT, STAY, IN_USE, State.CURRENT),
        (State.CURRENT, CURE, IDLE, State.UNUSED),
        (State.DPD_30, ROLL, IN_USE, State.DPD_60),
        (State.DPD_30, STAY, IN_USE, State.DPD_30),
        (State.DPD_30, CURE, IN_USE, State.CURRENT),
        (State.DPD_30, CURE, IDLE, State.UNUSED),
        (State.DPD_60, ROLL, IDLE, State.DPD_90),
        (State.DPD_60, STAY, IDLE, State.DPD_60),
        (State.DPD_90, ROLL, IDLE, State.DPD_120),
        (State.DPD_120, STAY, IDLE, State.DPD_120),
        (State.DPD_150, ROLL, IDLE, State.CHARGED_OFF),
        (State.DPD_150, CURE, IDLE, State.UNUSED),
        (State.DPD_90, CURE, IN_USE, State.CURRENT),
        (State.CHARGED_OFF, CURE, IN_USE, State.ABSENT),
        (State.ABSENT, CURE, IN_USE, State.ABSENT),
    ],
)
def test_each_state_goes_where_the_draws_say(state, move, use, expected):
    assert after(state, move=move, use=use) is expected


@pytest.mark.parametrize(
    ("state", "days"),
    [
        (State.UNUSED, 0),
        (State.CURRENT, 0),
        (State.DPD_30, 30),
        (State.DPD_60, 60),
        (State.DPD_90, 90),
        (State.DPD_150, 150),
        (State.CHARGED_OFF, 180),
    ],
)
def test_days_past_due_of_each_state(state, days):
    assert days_past_due(np.array([state], dtype=np.int8))[0] == days


def of_burden(limit=600_000.0, reference=600_000.0, income_yuan=6500.0):
    return float(
        burden(np.array([limit]), np.array([reference]), np.log([income_yuan]), PARAMETERS)[0]
    )


def test_the_burden_is_nothing_at_the_reference():
    assert of_burden() == pytest.approx(0.0)


def test_doubling_the_limit_raises_the_log_odds_by_its_effect():
    assert of_burden(limit=1_200_000.0) == pytest.approx(0.35 * np.log(2.0))


def test_income_lowers_the_burden():
    assert of_burden(income_yuan=13_000.0) == pytest.approx(
        PARAMETERS.repayment.income_effect * np.log(2.0)
    )


def traits(*, cash_loan):
    one = np.ones(1)
    return RiskTraits(-4.0 * one, 0.0 * one, 0.1 * one, 0.9 * one, np.array([cash_loan]))


@pytest.mark.parametrize("name", ["miss", "roll_30", "roll_60", "roll_90"])
def test_distress_raises_every_chance_to_fall_behind(name):
    calm = hazards(traits(cash_loan=False), np.zeros(1), False, PARAMETERS)
    hard = hazards(traits(cash_loan=False), np.zeros(1), True, PARAMETERS)
    assert getattr(hard, name)[0] > getattr(calm, name)[0]


@pytest.mark.parametrize(("cash_loan", "expected"), [(True, 0.25), (False, 0.1)])
def test_distress_makes_people_draw_cash_loans_and_no_other(cash_loan, expected):
    hard = hazards(traits(cash_loan=cash_loan), np.zeros(1), True, PARAMETERS)
    assert hard.start_use[0] == pytest.approx(expected)


def test_later_rolls_are_likelier_than_earlier_ones():
    chances = hazards(traits(cash_loan=False), np.zeros(1), False, PARAMETERS)
    assert chances.miss[0] < chances.roll_30[0] < chances.roll_60[0] < chances.roll_90[0]


def test_a_fraud_uses_every_line_and_never_pays():
    chances = hazards(traits(cash_loan=True), np.zeros(1), False, PARAMETERS, fraud=True)
    assert [getattr(chances, name)[0] for name in Hazards.__slots__] == [1.0] * 6


def test_without_a_limit_effect_the_limit_does_nothing():
    flat = replace(PARAMETERS, repayment=replace(Repayment(), limit_effect=0.0))
    low, high = (
        burden(np.array([limit]), np.ones(1), np.log([6500.0]), flat)[0] for limit in (2.0, 9.0)
    )
    assert low == high == pytest.approx(0.0)

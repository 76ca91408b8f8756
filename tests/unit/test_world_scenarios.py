"""Scenarios: their courses, the months they shift and what they leave alone."""

from dataclasses import replace
from itertools import pairwise

import pytest

from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.conditions import parameters_of_month
from credit_limits.simulation.macro import draw_macro
from credit_limits.simulation.parameters import Repayment, WorldParameters
from credit_limits.simulation.scenarios import (
    SCENARIOS,
    Course,
    ScenarioName,
    Shift,
    scenario_named,
    total,
)
from credit_limits.simulation.streams import Streams


def parameters(name, shock_month=6):
    return WorldParameters(customers=100, months=24, scenario=name, shock_month=shock_month)


def path(p):
    return draw_macro(p, Calendar(p.start, p.months), Streams(p.seed))


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        (Course(), [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        (Course(rise_months=4), [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
        (Course(hold_months=2, half_life_months=1.0), [0.0, 1.0, 1.0, 1.0, 0.5, 0.25]),
        (Course(rise_months=2, half_life_months=2.0), [0.0, 0.5, 1.0, 0.5**0.5, 0.5, 0.5**1.5]),
    ],
)
def test_a_course_grows_holds_and_fades(course, expected):
    assert [course.strength(month) for month in range(-1, 5)] == pytest.approx(expected)


@pytest.mark.parametrize(
    "changes", [{"rise_months": 0}, {"hold_months": -1}, {"half_life_months": 0.0}]
)
def test_a_course_that_cannot_be_is_unbuildable(changes):
    with pytest.raises(ValueError, match=r"month|half_life"):
        Course(**changes)


def test_shifts_of_one_quantity_add_up():
    shifts = (Shift("x", 2.0, Course()), Shift("x", -0.5, Course(rise_months=2)))
    assert [total(shifts, month) for month in (-1, 0, 1)] == [0.0, 1.75, 1.5]
    assert total((), 3) == 0


def test_every_name_has_one_scenario_that_says_what_it_is():
    assert [scenario.name for scenario in SCENARIOS] == list(ScenarioName)
    assert all(s.title and s.description and s.source for s in SCENARIOS)
    assert scenario_named("2020").name is ScenarioName.SHOCK_2020


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="calm, 2020, slow_downturn, boom, changed_relation"):
        scenario_named("plague")
    with pytest.raises(ValueError, match="there is no scenario 'plague'"):
        replace(WorldParameters(), scenario="plague")


@pytest.mark.parametrize("name", ScenarioName)
def test_every_shift_is_of_a_parameter_there_is_and_stays_in_its_range(name):
    scenario = scenario_named(name)
    assert {shift.parameter for shift in scenario.repayment} <= set(Repayment.__slots__)
    assert {shift.parameter for shift in scenario.unemployment} <= {"unemployment_rate"}
    assert {shift.parameter for shift in scenario.retail_sales} <= {"retail_sales_index"}
    for month in range(60):
        parameters_of_month(parameters(name), month)


@pytest.mark.parametrize("name", ScenarioName)
def test_before_it_begins_nothing_is_shifted(name):
    p = parameters(name)
    assert all(parameters_of_month(p, month) is p for month in range(-6, 6))


def test_in_calm_nothing_is_ever_shifted():
    p = parameters(ScenarioName.CALM)
    assert all(parameters_of_month(p, month) is p for month in range(60))


def test_the_shock_is_whole_at_once_and_fades():
    p = parameters(ScenarioName.SHOCK_2020)
    calm = p.repayment.miss_pay_later
    added = [parameters_of_month(p, m).repayment.miss_pay_later - calm for m in range(6, 20)]
    assert added[0] == added[1] == added[2] > 0.5
    assert all(later < earlier for earlier, later in pairwise(added[2:]))
    assert added[-1] < 0.05


def test_the_slow_downturn_takes_a_year():
    p = parameters(ScenarioName.SLOW_DOWNTURN)
    calm = p.repayment.roll_30
    added = [parameters_of_month(p, m).repayment.roll_30 - calm for m in range(6, 20)]
    assert all(later > earlier for earlier, later in pairwise(added[:12]))
    assert added[12] == added[11]


@pytest.mark.parametrize(
    ("name", "sign"),
    [(ScenarioName.SHOCK_2020, 1), (ScenarioName.SLOW_DOWNTURN, 1), (ScenarioName.BOOM, -1)],
)
def test_unemployment_follows_the_scenario_from_its_month_on(name, sign):
    calm, other = path(parameters(ScenarioName.CALM)), path(parameters(name))
    difference = [other.unemployment(m) - calm.unemployment(m) for m in range(-12, 24)]
    assert not any(difference[:18])
    assert all(sign * by > 0 for by in difference[18:24])
    sales = other.retail_sales_index - calm.retail_sales_index
    assert not sales[:18].any()
    assert (sign * sales[18:24] < 0).all()


def test_a_changed_relation_shows_in_no_published_figure():
    calm, other = path(parameters(ScenarioName.CALM)), path(parameters("changed_relation"))
    assert (calm.unemployment_rate == other.unemployment_rate).all()
    assert (calm.retail_sales_index == other.retail_sales_index).all()
    assert (calm.policy_tightening == other.policy_tightening).all()
    p = parameters("changed_relation")
    assert parameters_of_month(p, 6).repayment.income_effect > p.repayment.income_effect
    assert parameters_of_month(p, 6) == replace(p, repayment=parameters_of_month(p, 40).repayment)


def test_the_path_of_a_longer_world_begins_as_a_shorter_ones():
    shorter = parameters(ScenarioName.SHOCK_2020)
    one, two = path(shorter), path(replace(shorter, months=30))
    assert (two.unemployment_rate[: len(one.unemployment_rate)] == one.unemployment_rate).all()

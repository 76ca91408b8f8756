"""Parameters: ranges are enforced, and each says its unit and its source."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.simulation.parameters import (
    Macro,
    PastPolicy,
    Population,
    Repayment,
    Signals,
    Spending,
    WorldParameters,
)
from credit_limits.simulation.stated_fields import ASSUMPTION, parameter_rows


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        (Population(), "circle_share", 1.01),
        (Population(), "income_median_yuan", 0.0),
        (PastPolicy(), "floor_yuan", 49),
        (PastPolicy(), "cap_yuan", 300_001),
        (PastPolicy(), "trial_ratios", (0.8, 1.25, 11.0)),
        (Repayment(), "churn_monthly", -0.1),
        (Repayment(), "limit_effect", float("nan")),
        (Spending(), "limit_elasticity", 1.5),
        (Signals(), "logins", -1.0),
        (Macro(), "publication_lag_days", -1),
        (WorldParameters(), "customers", 0),
        (WorldParameters(), "months", 0),
        (WorldParameters(), "seed", -1),
        (WorldParameters(), "opening_horizon_months", 0),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(group, name, value):
    with pytest.raises(ValueError, match=name):
        replace(group, **{name: value})


@pytest.mark.parametrize("name", ["customers", "seed", "months"])
def test_the_message_tells_the_range(name):
    with pytest.raises(ValueError, match=r"outside \d+ to \d+"):
        WorldParameters(**{name: -5})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"floor_yuan": 1000, "cap_yuan": 500}, "floor_yuan is above cap_yuan"),
        ({"trial_ratios": (0.8, 1.25)}, "one ratio and one propensity"),
        ({"trial_propensities": (0.5, 0.4, 0.2)}, "do not add up to 1"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        PastPolicy(**changes)


def test_every_parameter_says_its_unit_its_meaning_and_its_source():
    rows = list(parameter_rows(WorldParameters()))
    groups = {row.group for row in rows}
    assert groups == {
        "world", "population", "past_policy", "repayment", "spending", "signals", "macro",
    }  # fmt: skip
    assert all(row.unit and row.description and row.source for row in rows)
    assert any(row.source != ASSUMPTION for row in rows)
    assert len({(row.group, row.name) for row in rows}) == len(rows)


def test_every_field_of_every_group_is_listed():
    groups = [Population, PastPolicy, Repayment, Spending, Signals, Macro]
    listed = {row.name for row in parameter_rows(WorldParameters())}
    assert listed >= {name for group in groups for name in group.__dataclass_fields__}
    assert listed >= {"customers", "months", "seed", "start", "opening_horizon_months"}


def test_a_listed_value_is_the_one_in_force():
    parameters = WorldParameters(spending=replace(Spending(), merchants=9))
    values = {row.name: row.value for row in parameter_rows(parameters)}
    assert values["merchants"] == 9
    assert values["start"] == date(2023, 1, 1)


def test_accounts_open_over_the_whole_world_unless_told_otherwise():
    assert WorldParameters(months=9).opening_horizon == 9
    assert WorldParameters(months=9, opening_horizon_months=24).opening_horizon == 24

"""How the world's figures are measured, on months drawn by hand."""

from dataclasses import replace

import numpy as np
import pytest

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.rehearsal.world_check import check_world, model_quantities
from credit_limits.rehearsal.world_quantities import (
    MonthEnd,
    Quantity,
    auc,
    cohorts_of,
    logistic_slope,
    mean_log_odds_slope,
    share_past_due,
)
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.truth.risk import HORIZON_MONTHS

LATE = Quantity("late", 1.6, 1.5, 1.0, 2.0, "%", "somewhere")


def month(days, balance=None, *, billed=None, limit=None, chance=None):
    days = np.array(days, dtype=np.int64)
    size = len(days)
    return MonthEnd(
        billed=np.ones(size, dtype=np.bool_) if billed is None else np.array(billed),
        days_past_due=days,
        balance_minor=np.array(balance if balance is not None else [100] * size, dtype=np.int64),
        limit_minor=np.array(limit if limit is not None else [1000] * size, dtype=np.int64),
        chance=np.array(chance if chance is not None else [0.1] * size),
    )


@pytest.mark.parametrize(
    ("value", "within"),
    [(1.0, True), (2.0, True), (0.999, False), (2.001, False), (float("nan"), False)],
)
def test_a_value_lies_within_its_band_or_not(value, within):
    assert replace(LATE, value=value).within is within


@pytest.mark.parametrize("target", [0.9, 2.1, float("nan")])
def test_a_target_outside_its_own_band_is_unbuildable(target):
    with pytest.raises(ValueError, match="late: target"):
        replace(LATE, target=target)


def test_the_share_past_due_is_of_the_balance_and_not_of_accounts():
    seen = month([0, 30, 90, 120], [700, 100, 150, 50])
    assert share_past_due(seen, 30) == pytest.approx(300 / 1000)
    assert share_past_due(seen, 90) == pytest.approx(200 / 1000)


def test_accounts_without_a_statement_owe_nothing():
    seen = month([0, 90, 240], [900, 100, 5_000], billed=[True, True, False])
    assert share_past_due(seen, 90) == pytest.approx(100 / 1000)


def test_a_month_in_which_nobody_owes_has_nothing_past_due():
    assert share_past_due(month([0, 0], [0, 0]), 30) == 0.0


def test_who_is_at_risk_has_a_statement_and_has_not_defaulted():
    seen = month([0, 60, 90, 0], billed=[True, True, True, False])
    assert seen.at_risk.tolist() == [True, True, False, False]
    assert seen.defaulted.tolist() == [False, False, True, False]


def test_a_cohort_needs_six_months_after_it():
    months = [month([0, 0])] * HORIZON_MONTHS
    assert cohorts_of(months) == ()
    assert len(cohorts_of([*months, month([0, 0])])) == 1


def test_a_default_counts_from_the_next_month_to_the_sixth():
    """Account 0 defaults in month 1, account 1 in month 6, account 2 in month 7, 3 never."""
    days = np.zeros((8, 4), dtype=np.int64)
    days[1:, 0] = days[6:, 1] = days[7:, 2] = 90
    first, second = cohorts_of([month(row) for row in days])
    assert first.defaulted.tolist() == [True, True, False, False]
    assert second.defaulted.tolist() == [True, True, False]
    assert first.rate == pytest.approx(2 / 4)


def test_a_default_counts_although_the_account_is_gone_in_the_sixth_month():
    months = [month([0]), month([90]), *[month([180], billed=[False])] * 5]
    (cohort,) = cohorts_of(months)
    assert cohort.defaulted.tolist() == [True]


def test_a_cohort_keeps_limits_and_chances_of_its_own_month():
    rows = [month([0, 90], limit=[10 * n, 20 * n], chance=[0.01 * n, np.nan]) for n in range(1, 8)]
    (cohort,) = cohorts_of(rows)
    assert cohort.limit_minor.tolist() == [10]
    assert cohort.chance.tolist() == [0.01]


def test_the_slope_is_found_at_any_scale_and_place():
    rng = np.random.default_rng(3)
    x = rng.normal(11.0, 1.3, 4_000)
    label = rng.random(4_000) < 1.0 / (1.0 + np.exp(-(-0.5 * (x - 11.0) - 2.0)))
    slope = logistic_slope(label, x)
    assert slope == pytest.approx(-0.5, abs=0.15)
    assert logistic_slope(label, x - 11.0) == pytest.approx(slope, rel=1e-9)
    assert logistic_slope(label, 2.0 * x) == pytest.approx(slope / 2.0, rel=1e-9)
    assert logistic_slope(~label, x) == pytest.approx(-slope, rel=1e-9)


@pytest.mark.parametrize(
    ("label", "x"), [([0, 0, 0], [1, 2, 3]), ([1, 1, 1], [1, 2, 3]), ([0, 1, 1], [2, 2, 2])]
)
def test_no_slope_is_made_up_where_there_is_none(label, x):
    with pytest.raises(NotEnoughOutcomes, match="check a larger world"):
        logistic_slope(np.array(label, dtype=np.bool_), np.array(x, dtype=np.float64))


def test_an_area_is_one_where_every_default_scores_above_and_a_half_by_chance():
    label = np.array([True, True, False, False])
    assert auc(label, np.array([0.9, 0.8, 0.2, 0.1])) == 1.0
    assert auc(label, np.array([0.1, 0.2, 0.8, 0.9])) == 0.0
    assert auc(label, np.full(4, 0.3)) == 0.5


def test_the_true_slope_is_the_mean_over_accounts_of_the_change_of_log_odds():
    odds = np.array([0.1, 1.0, 5.0])
    raised = odds * 1.1 ** np.array([0.2, 0.3, 0.4])
    slope = mean_log_odds_slope(odds / (1.0 + odds), raised / (1.0 + raised), 1.1)
    assert slope == pytest.approx((0.2 + 0.3 + 0.4) / 3)


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_accounts_that_default_for_certain_or_never_say_nothing_of_the_limit(certain):
    now, raised = np.array([0.5, certain]), np.array([2 / 3, certain])
    assert mean_log_odds_slope(now, raised, 2.0) == pytest.approx(1.0)


LABEL = np.array([True, True, False, False, False])
CHANCE = np.array([0.9, 0.4, 0.5, 0.2, 0.1])


def test_a_model_that_ranks_as_the_truth_does_is_within_and_another_is_not():
    truth, model = model_quantities(LABEL, CHANCE * 0.1, CHANCE, margin=0.03)
    assert truth.value == model.value == model.target == pytest.approx(5 / 6)
    assert model.within
    _, worse = model_quantities(LABEL, -CHANCE, CHANCE, margin=0.03)
    assert (worse.low, worse.high) == pytest.approx((5 / 6 - 0.03, 5 / 6 + 0.03))
    assert not worse.within


def test_model_and_truth_are_compared_on_the_same_rows():
    chance = np.append(CHANCE, np.nan)
    label, score = np.append(LABEL, True), np.append(CHANCE, 0.0)
    truth, model = model_quantities(label, score, chance, margin=0.03)
    assert model.value == truth.value == pytest.approx(5 / 6)


def test_a_world_of_few_months_cannot_be_checked():
    with pytest.raises(ValueError, match="17 months, a check needs 18"):
        check_world(WorldParameters(customers=100, months=17))

"""The figures of a scored sample, on samples small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.gates.delong import auc_interval, paired_difference, placements
from credit_limits.gates.directions import try_directions
from credit_limits.gates.figures import (
    calibration_slope,
    ks_interval,
    measure_calibration,
    measure_performance,
)

LABEL = np.array([True, True, False, False, False])
SCORE = np.array([0.8, 0.3, 0.3, 0.2, 0.1])


def sample(rows: int = 4000, rate: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the very probabilities that are the scores; the same in any order."""
    random = np.random.default_rng(rows)
    logit = random.normal(np.log(rate / (1 - rate)), 1.2, rows)
    score = 1 / (1 + np.exp(-logit))
    return random.random(rows) < score, score


def test_placements_count_ties_half():
    found = placements(LABEL, SCORE)
    assert found.of_defaults.tolist() == pytest.approx([1.0, 2.5 / 3])
    assert found.of_goods.tolist() == pytest.approx([0.75, 1.0, 1.0])
    assert found.auc == pytest.approx(5.5 / 6)


def test_auc_interval_stays_within_its_range():
    found = auc_interval(LABEL, SCORE, np.arange(5))
    assert 0.0 <= found.low < found.value < found.high == 1.0


def test_the_same_ranking_differs_by_nothing():
    label, score = sample()
    found = paired_difference(label, score, score * 0.5, np.arange(4000))
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_pairing_narrows_the_interval():
    label, score = sample()
    other = score * np.exp(np.random.default_rng(11).normal(0, 0.1, len(score)))
    paired = paired_difference(label, score, other, np.arange(4000))
    single = auc_interval(label, score, np.arange(4000))
    assert paired.high - paired.low < (single.high - single.low) / 3


@pytest.mark.parametrize("label", [[True] * 4, [False] * 4, [True, False, False, False]])
def test_too_few_of_a_class_is_an_error_that_says_how_many(label):
    with pytest.raises(NotEnoughOutcomes, match="defaults and"):
        measure_performance(np.array(label), np.arange(4.0), np.arange(4))


def test_a_score_that_is_no_number_gives_figures_that_are_none():
    label, score = sample(500)
    score[7] = np.nan
    performance = measure_performance(label, score, np.arange(500))
    calibration = measure_calibration(label, score)
    assert np.isnan([performance.auc.value, performance.auc.low, performance.ks.low]).all()
    assert np.isnan([calibration.slope, calibration.excess_calibration_error]).all()


def test_ks_by_hand():
    # At 0.3 and above: both defaults, one good of three.
    assert ks_interval(LABEL, SCORE, np.arange(5)).value == pytest.approx(2 / 3)


def test_ks_does_not_depend_on_the_order_of_rows():
    label, score = sample(1000)
    turned = np.arange(1000)[::-1]
    there, back = (
        ks_interval(label[rows], score[rows], np.arange(1000)) for rows in (slice(None), turned)
    )
    assert there.value == back.value


def test_ks_interval_is_the_same_for_the_same_seed_and_narrows_with_rows():
    few, many = ((*sample(rows), np.arange(rows)) for rows in (500, 20000))
    assert ks_interval(*few, seed=3) == ks_interval(*few, seed=3)
    wide, narrow = ks_interval(*few), ks_interval(*many)
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)
    assert narrow.low < narrow.value < narrow.high


@pytest.mark.parametrize("interval", [auc_interval, ks_interval])
def test_the_same_customers_twice_are_not_twice_the_evidence(interval):
    label, score = sample(2000)
    once = interval(label, score, np.arange(2000))
    twice = interval(np.tile(label, 2), np.tile(score, 2), np.tile(np.arange(2000), 2))
    believed = interval(np.tile(label, 2), np.tile(score, 2), np.arange(4000))
    assert twice.value == pytest.approx(once.value)
    assert twice.high - twice.low == pytest.approx(once.high - once.low, rel=0.1)
    assert believed.high - believed.low < 0.8 * (once.high - once.low)


@pytest.mark.parametrize("customer", [[0, 0, 1, 2, 3], [0, 1, 2, 2, 2]])
def test_one_customer_alone_is_no_class(customer):
    with pytest.raises(NotEnoughOutcomes, match="of one customer"):
        auc_interval(LABEL, SCORE, np.array(customer))


def test_a_calibrated_score_has_ratio_and_slope_of_one():
    found = measure_calibration(*sample(50_000))
    assert found.predicted_over_observed == pytest.approx(1.0, abs=0.05)
    assert found.slope == pytest.approx(1.0, abs=0.05)
    assert found.excess_calibration_error < 0.05
    assert 0.0 < found.brier_skill < 0.5


@pytest.mark.parametrize(
    ("distort", "figure", "low", "high"),
    [
        (lambda p: p * 0.7, "predicted_over_observed", 0.65, 0.75),
        (lambda p: np.minimum(p * 1.3, 1), "predicted_over_observed", 1.25, 1.35),
        (lambda p: p**2 / (p**2 + (1 - p) ** 2), "slope", 0.45, 0.55),
        (lambda p: np.sqrt(p) / (np.sqrt(p) + np.sqrt(1 - p)), "slope", 1.9, 2.1),
        (lambda p: p * 0.7, "excess_calibration_error", 0.2, 0.4),
    ],
)
def test_each_calibration_figure_sees_its_own_distortion(distort, figure, low, high):
    label, score = sample(50_000)
    assert low < getattr(measure_calibration(label, distort(score)), figure) < high


def test_brier_by_hand():
    found = measure_calibration(np.array([True, False]), np.array([0.8, 0.4]))
    assert found.brier == pytest.approx((0.04 + 0.16) / 2)
    assert found.brier_skill == pytest.approx(1 - 0.1 / 0.25)
    assert found.predicted_over_observed == pytest.approx(1.2)


def test_a_score_that_separates_completely_has_no_slope():
    assert np.isnan(
        calibration_slope(np.array([True, True, False, False]), np.array([0.9, 0.8, 0.2, 0.1]))
    )


def test_calibration_needs_both_outcomes():
    with pytest.raises(NotEnoughOutcomes):
        measure_calibration(np.array([True, True]), np.array([0.5, 0.5]))


ROWS = pd.DataFrame(
    {
        "days_past_due_latest": [0.0, 30.0, np.nan],
        "days_past_due_worst_3m": [0.0, 60.0, np.nan],
        "income": [1.0, 2.0, 3.0],
        "never_known": [np.nan] * 3,
    }
)
DIRECTIONS = {"days_past_due_latest": 1, "income": -1, "never_known": 1}


def score_of(rows: pd.DataFrame) -> np.ndarray:
    late = rows["days_past_due_latest"].fillna(0.0).to_numpy()
    return 1 / (1 + np.exp(-0.01 * late + 0.1 * rows["income"].to_numpy()))


def test_a_model_that_behaves_has_no_violation():
    found = try_directions(score_of, ROWS, DIRECTIONS)
    assert [item.feature for item in found.directions] == ["days_past_due_latest", "income"]
    assert [item.violations for item in found.directions] == [0, 0]
    assert found.days_past_due is not None
    assert (found.days_past_due.rows, found.days_past_due.violations) == (3, 0)


def test_each_row_that_moves_the_wrong_way_is_counted_once():
    found = try_directions(lambda rows: 1 - score_of(rows), ROWS, DIRECTIONS)
    late, income = found.directions
    assert (late.violations, income.violations) == (3, 3)
    assert 0 < income.worst < 1
    assert found.days_past_due is not None
    assert found.days_past_due.violations == 2  # nothing can be raised where nothing is known


def test_days_past_due_raised_together_find_what_single_inputs_hide():
    def rewards_consistency(rows: pd.DataFrame) -> np.ndarray:
        together = rows.filter(like="days_past_due").min(axis=1).fillna(0).to_numpy()
        return 0.5 - together / 1000

    found = try_directions(rewards_consistency, ROWS.iloc[:1], {"days_past_due_latest": 1})
    assert found.directions[0].violations == 0
    assert found.days_past_due is not None
    assert found.days_past_due.violations == 1


def test_a_probability_that_is_no_number_violates_in_every_row():
    found = try_directions(lambda rows: np.full(len(rows), np.nan), ROWS, {"income": -1})
    assert found.directions[0].violations == 3
    assert np.isnan(found.directions[0].worst)


def test_a_model_without_days_past_due_has_none_raised():
    found = try_directions(
        lambda rows: 1 / (1 + rows["income"].to_numpy()), ROWS[["income"]], {"income": -1}
    )
    assert found.days_past_due is None

"""The p-value of a shift: worked by hand, exact where rows are few, corrected for many columns."""

from math import comb

import numpy as np
import pytest
from scipy import stats

from monitoring.block_test import arrangements, block_p_values
from monitoring.histogram import count_between, count_equal
from monitoring.shift_test import holm, shift_p_value

LEVEL, DRAWN = 0.02, 600


def share_found(
    shares: list[float], rows_then: int, rows_now: int, level: float = LEVEL, drawn: int = DRAWN
) -> float:
    """How often two samples of one distribution are found apart."""
    random = np.random.default_rng(5)
    then, now = (random.multinomial(rows, shares, drawn) for rows in (rows_then, rows_now))
    return float(np.mean([shift_p_value(a, b) <= level for a, b in zip(then, now, strict=True)]))


def test_ten_bins_worked_by_hand():
    # 100 in each bin then; now 140, 60 and eight of 100: 2 x 20^2 / 120 + 2 x 20^2 / 80
    chi_square = 2 * 400 / 120 + 2 * 400 / 80
    found = shift_p_value([100] * 10, [140, 60] + [100] * 8)
    assert found == pytest.approx(stats.chi2.sf(chi_square, 9))


def test_two_bins_are_judged_by_the_exact_test():
    # 3 of 4 then, none of 4 now; as far or further out on either side: twice the lower tail
    tail = comb(4, 3) * comb(4, 0) / comb(8, 3)
    assert shift_p_value([3, 1], [0, 4]) == pytest.approx(2 * tail)


def test_few_rows_are_no_proof_and_one_row_never_is():
    assert shift_p_value([500, 500], [0, 1]) == 1.0
    assert shift_p_value([100] * 10, [1] + [0] * 9) == 1.0


def test_a_bin_that_is_empty_on_both_sides_changes_nothing():
    assert shift_p_value([300, 0, 700, 400], [400, 0, 600, 400]) == shift_p_value(
        [300, 700, 400], [400, 600, 400]
    )


def test_one_bin_cannot_shift():
    assert shift_p_value([10, 0], [1000, 0]) == 1.0


@pytest.mark.parametrize(("then", "now"), [([1, 2], [1]), ([0, 0], [1, 1]), ([1, 1], [0, 0])])
def test_a_test_of_nothing_is_an_error(then, now):
    with pytest.raises(ValueError, match=r"bins then|no rows"):
        shift_p_value(then, now)


@pytest.mark.parametrize(
    ("shares", "rows_then", "rows_now"),
    [
        ([0.1] * 10, 1_000, 1_000),
        ([0.1] * 10, 20_000, 300),
        ([0.97, 0.02, 0.008, 0.0015, 0.0005], 1_000, 1_000),
        ([0.97, 0.02, 0.008, 0.0015, 0.0005], 10_000_000, 1_000),
        ([0.5, 0.49, 0.01], 10_000_000, 10_000_000),
        ([0.9, 0.1], 5_000, 200),
    ],
)
def test_the_level_holds_for_independent_rows(shares, rows_then, rows_now):
    # with 600 draws a rate of 0.02 has a standard error of 0.0057
    assert share_found(shares, rows_then, rows_now) <= LEVEL + 3 * 0.0057


def test_without_the_exact_test_rare_codes_would_cry_wolf():
    """Proof that the exact test is needed: Pearson's alone alarms twice as often as it says."""
    random, drawn = np.random.default_rng(6), 200_000
    then, now = (random.binomial(rows, 0.01, drawn) for rows in (20_000, 1_000))
    pooled = (then + now) / 21_000
    apart = then / 20_000 - now / 1_000
    chi_square = apart**2 / (pooled * (1 - pooled) * (1 / 20_000 + 1 / 1_000))
    assert (stats.chi2.sf(chi_square, 1) <= 0.0001).mean() > 0.00019
    found = [shift_p_value(*pair) for pair in _pairs(then, now, chi_square > 12)]
    assert np.sum(np.array(found) <= 0.0001) / drawn <= 0.0001 + 3 * 0.000022


def _pairs(then: np.ndarray, now: np.ndarray, kept: np.ndarray) -> list[list[list[int]]]:
    """Two bins of each of the kept draws: all that could be found at a small level."""
    return [
        [[20_000 - a, a], [1_000 - b, b]]
        for a, b in zip(then[kept].tolist(), now[kept].tolist(), strict=True)
    ]


def test_a_shift_of_a_fifth_is_certain_from_ten_thousand_rows_on():
    shifted = np.diff(stats.norm.cdf(np.r_[-9, stats.norm.ppf(np.linspace(0.1, 0.9, 9)), 9] - 0.2))
    now = np.round(shifted * 10_000).astype(int)
    assert shift_p_value([1_000] * 10, now) < 1e-6


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


def test_the_least_p_value_is_multiplied_by_the_number_of_columns():
    assert holm([0.001, *[0.5] * 39])[0] == pytest.approx(0.04)


def test_bins_are_open_below_and_closed_above():
    values = np.array([-np.inf, -5.0, 0.0, 0.1, 1.0, 1.1, np.nan, np.inf])
    assert count_between(values, np.array([0.0, 1.0])).tolist() == [2, 2, 1, 3]
    assert count_between(values, np.array([])).tolist() == [5, 3]
    assert count_equal(values, np.array([0.0, 1.0])).tolist() == [1, 1, 3, 3]
    assert count_equal(values, np.array([])).tolist() == [5, 3]


def test_counts_are_those_of_a_plain_search_however_many_pieces():
    random = np.random.default_rng(3)
    values = np.round(random.normal(size=40_000), 2)
    values[::97] = np.nan
    cuts = np.unique(np.quantile(values[np.isfinite(values)], np.linspace(0.1, 0.9, 9)))
    plain = np.bincount(np.searchsorted(cuts, values[np.isfinite(values)]), minlength=10)
    assert count_between(values, cuts).tolist() == [*plain.tolist(), np.isnan(values).sum()]


def days(seed: int, count: int, spread: float, rows: int, shift: float = 0.0) -> np.ndarray:
    """Histograms of two columns by day, three bins each; a day moves all its rows."""
    random = np.random.default_rng(seed)
    moved = random.normal(0.0, spread, (count, 2)) + shift
    shares = np.stack([0.3 * np.exp(moved), np.full_like(moved, 0.3), np.full_like(moved, 0.4)], 2)
    return random.multinomial(rows, shares / shares.sum(2, keepdims=True))


def test_days_that_move_together_are_no_alarm_where_rows_alone_would_be():
    """Proof that days must be permuted: rows taken as independent alarm nearly always."""
    least, alone = [], []
    for seed in range(60):
        then, now = days(seed, 40, 0.2, 20_000), days(1_000 + seed, 20, 0.2, 20_000)
        least.append(block_p_values(then, now, shuffles=99, seed=seed).min())
        pairs = zip(then.sum(0), now.sum(0), strict=True)
        alone.append(min(holm([shift_p_value(*pair) for pair in pairs])))
    assert np.mean(np.array(least) <= 0.05) <= 0.05 + 3 * 0.028
    assert np.mean(np.array(alone) <= 0.05) > 0.9


def test_a_shift_of_many_days_is_found():
    found = block_p_values(
        days(1, 40, 0.1, 5_000), days(2, 20, 0.1, 5_000, shift=0.3), shuffles=199, seed=1
    )
    assert found.max() <= 1 / 200


def test_the_order_of_days_does_not_matter_to_what_was_found():
    then, now = days(1, 12, 0.1, 500), days(2, 6, 0.1, 500)
    one = block_p_values(then, now, shuffles=499, seed=1)
    other = block_p_values(then[::-1], now[::-1], shuffles=499, seed=2)
    assert one == pytest.approx(other, abs=0.1)


@pytest.mark.parametrize(
    ("then", "now"),
    [(np.zeros((3, 2, 4)), np.zeros((3, 2, 5))), (np.zeros((0, 2, 4)), np.zeros((3, 2, 4)))],
)
def test_days_that_do_not_fit_are_an_error(then, now):
    with pytest.raises(ValueError, match="histograms of shape"):
        block_p_values(then, now, shuffles=9, seed=1)


def test_with_few_days_no_alarm_can_be_certain():
    assert arrangements(12, 1) == 13
    assert arrangements(13, 4) == 2380

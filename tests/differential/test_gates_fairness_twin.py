"""Fairness figures against slow and plain ones, and intervals against how often they hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from credit_limits.gates.fairness_figures import DecidedCustomers, measure_fairness, separation
from credit_limits.gates.ratios import Spread, ratio_of_means, ratio_of_shares

REPEATS = 2000


def portfolio(rows: int, seed: int, *, leak: float = 0.0) -> tuple[DecidedCustomers, pd.DataFrame]:
    """Decided customers of two groups; the first input tells them apart by ``leak``."""
    random = np.random.default_rng(seed)
    group = random.choice(["a", "b"], rows)
    inputs = random.normal(size=(rows, 5))
    inputs[:, 0] += leak * (group == "a")
    inputs[random.random((rows, 5)) < 0.1] = np.nan
    added = np.where(random.random(rows) < 0.3, random.lognormal(12, 0.6, rows), 0.0)
    good = random.random(rows) < 0.8
    customers = DecidedCustomers(added, good, random.random(rows), inputs)
    plain = pd.DataFrame({"group": group, "added": added, "good": good, "score": customers.score})
    return customers, plain


@given(rows=st.integers(2, 80), seed=st.integers(0, 2**32 - 1))
def test_groups_are_counted_as_a_plain_count_does(rows, seed):
    customers, plain = portfolio(rows, seed)
    groups = plain["group"].to_numpy(object)
    groups[0] = None
    (found,) = measure_fairness(customers, {"sex": groups}).attributes
    plain = plain.iloc[1:]
    assert [group.group for group in found.groups] == sorted(set(plain["group"]))
    for group in found.groups:
        inside = plain[plain["group"] == group.group]
        raised = inside[inside["added"] > 0]
        assert group.customers == len(inside)
        assert group.raised == len(raised)
        assert group.good == inside["good"].sum()
        assert group.good_raised == raised["good"].sum()
        if len(raised) > 1:
            assert group.added_mean_minor == pytest.approx(raised["added"].mean())
            assert group.added_deviation_minor == pytest.approx(raised["added"].std())


@given(rows=st.integers(2, 60), levels=st.integers(1, 9), seed=st.integers(0, 2**32 - 1))
def test_separation_is_the_auc_turned_upwards(rows, levels, seed):
    random = np.random.default_rng(seed)
    member, value = random.random(rows) < 0.5, random.integers(0, levels, rows).astype(float)
    if member.all() or not member.any():
        assert separation(member, value) == 0.5
    else:
        auc = roc_auc_score(member, value)
        assert separation(member, value) == pytest.approx(max(auc, 1 - auc))


def test_inputs_that_know_nothing_tell_nothing_and_one_that_knows_tells():
    for leak, low, high in ((0.0, 0.5, 0.54), (3.0, 0.9, 1.0)):
        customers, plain = portfolio(3000, 4, leak=leak)
        (found,) = measure_fairness(customers, {"sex": plain["group"].to_numpy(object)}).attributes
        for group in found.groups:
            assert low <= group.inputs_auc <= high
            assert group.score_auc < 0.54


def test_an_attribute_that_is_known_of_nobody_is_left_out():
    customers, plain = portfolio(10, 1)
    nobody = np.full(10, None, dtype=object)
    found = measure_fairness(
        customers, {"sex": nobody, "education": plain["group"].to_numpy(object)}
    )
    assert [treated.attribute for treated in found.attributes] == ["education"]


def test_the_order_of_customers_moves_no_count():
    customers, plain = portfolio(200, 3)
    order = np.random.default_rng(1).permutation(200)
    turned = DecidedCustomers(
        customers.added_minor[order],
        customers.good[order],
        customers.score[order],
        customers.inputs[order],
    )
    groups = plain["group"].to_numpy(object)
    (before,) = measure_fairness(customers, {"sex": groups}).attributes
    (after,) = measure_fairness(turned, {"sex": groups[order]}).attributes
    for first, second in zip(before.groups, after.groups, strict=True):
        assert (first.customers, first.raised, first.good_raised, first.score_auc) == (
            second.customers,
            second.raised,
            second.good_raised,
            second.score_auc,
        )


@pytest.mark.parametrize(("share", "other", "rows"), [(0.08, 0.1, 150), (0.3, 0.3, 80)])
def test_the_interval_of_a_ratio_of_shares_holds_as_often_as_it_says(share, other, rows):
    random = np.random.default_rng(12)
    hits, others = random.binomial(rows, [[share], [other]], (2, REPEATS))
    found = [ratio_of_shares(int(x), rows, int(y), rows) for x, y in zip(hits, others, strict=True)]
    covered = np.mean([item.low <= share / other <= item.high for item in found])
    assert 0.94 <= covered <= 0.985  # half a hit more widens it where hits are few


def test_the_interval_of_a_ratio_of_means_holds_as_often_as_it_says():
    random = np.random.default_rng(13)
    first, second = random.lognormal(12, 0.6, (2, REPEATS, 60))
    second *= 0.8
    found = [
        ratio_of_means(
            Spread(x.mean(), x.std(ddof=1), len(x)), Spread(y.mean(), y.std(ddof=1), len(y))
        )
        for x, y in zip(second, first, strict=True)
    ]
    covered = np.mean([item.low <= 0.8 <= item.high for item in found])
    assert 0.93 <= covered <= 0.965


@pytest.mark.parametrize("empty", [(0, 0, 1, 10), (1, 10, 0, 0)])
def test_a_ratio_without_rows_is_none(empty):
    assert np.isnan(ratio_of_shares(*empty).high)
    assert np.isnan(ratio_of_means(Spread(0.0, 0.0, 5), Spread(1.0, 0.0, 5)).value)

"""What always holds of a limit response, whatever was drawn."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.limit_response import read_limit_response
from tests.response_samples import response_policy, trial
from training.limit_response import ResponseEstimate, differing, estimate_response
from training.response_rows import ResponseRows

POLICY = response_policy(rows=200, step_rows=5)
SEEDS = st.integers(0, 50)


def estimated(rows: ResponseRows) -> ResponseEstimate:
    return estimate_response(rows, POLICY)


def with_frame(rows: ResponseRows, frame: pd.DataFrame) -> ResponseRows:
    return replace(rows, frame=frame.reset_index(drop=True))


@settings(max_examples=8)
@given(SEEDS, SEEDS)
def test_the_order_of_rows_does_not_matter(seed, order):
    rows = trial(300, seed=seed)
    shuffled = with_frame(rows, rows.frame.sample(frac=1.0, random_state=order))
    registered = estimated(rows).as_plain()
    assert differing(registered, estimated(shuffled)) == ()


@settings(max_examples=8)
@given(SEEDS, st.sampled_from([0.01, 100.0, 7.0]))
def test_money_in_another_unit_gives_the_same_response(seed, unit):
    rows = trial(300, seed=seed)
    money = ["from_minor", "balance_before_minor", "balance_after_minor"]
    changed = rows.frame.assign(**{name: rows.frame[name] * unit for name in money})
    assert estimated(with_frame(rows, changed)).balance.value == pytest.approx(
        estimated(rows).balance.value, abs=1e-7
    )


@settings(max_examples=8)
@given(SEEDS, st.floats(0.2, 3.0))
def test_propensities_count_by_their_ratio_alone(seed, factor):
    """Weights are on the mean 1: a third of each propensity is the same trial."""
    rows = trial(300, seed=seed)
    scaled = rows.frame.assign(propensity=rows.frame["propensity"] * factor)
    assert estimated(with_frame(rows, scaled)).balance.value == pytest.approx(
        estimated(rows).balance.value, abs=1e-9
    )


@settings(max_examples=10)
@given(SEEDS, st.floats(-1.5, 1.5), st.sampled_from([0.5, 0.8, 1.0, 1.3, 2.0]))
def test_what_is_read_from_a_response_never_leaves_what_a_policy_may_state(seed, answer, spread):
    rows = trial(250, elasticity=answer, ratios=np.array([0.8, 1.0, 1.3]) ** spread, seed=seed)
    found = estimated(rows)
    used = read_limit_response(found.content, "1")
    assert 0.0 <= used.balance_elasticity <= 1.0
    assert found.balance.low <= found.balance.value <= found.balance.high
    assert 0 <= found.dose_violations < len(found.steps)
    doses = [step.log_limit_ratio for step in found.steps]
    assert doses == sorted(doses)


@settings(max_examples=8)
@given(SEEDS, st.floats(-0.5, 1.0))
def test_a_response_that_is_planted_anew_moves_the_estimate_by_as_much(seed, more):
    """Balances after, times exp(more x dose): the estimate rises by exactly ``more``."""
    rows = trial(400, seed=seed)
    moved = rows.frame["balance_after_minor"] * np.exp(more * rows.dose)
    before = estimated(rows).balance.value
    after = estimated(with_frame(rows, rows.frame.assign(balance_after_minor=moved))).balance.value
    assert after - before == pytest.approx(more, abs=0.12)
    assert np.sign(after - before) == np.sign(more) or abs(more) < 0.05

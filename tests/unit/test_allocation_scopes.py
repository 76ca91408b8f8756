"""Groups of accounts that are under the same caps, and problems from plain arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.allocation.problem import Cap
from credit_limits.allocation.scopes import ScopeGroups, scope_groups
from credit_limits.allocation.written_out import written_out_problem
from tests.allocation_samples import SEEDS, drawn_problem

EVERYONE = np.ones(4, bool)


def test_groups_price_and_use_what_their_caps_say():
    #            a      b      c      d
    young = np.array([True, True, False, False])
    north = np.array([True, False, True, False])
    caps = [Cap("all", "w", 1.0), Cap("young", "w", 1.0, young), Cap("north", "v", 1.0, north)]
    groups = scope_groups(caps, 4)
    prices = groups.unit_prices(np.array([1.0, 10.0, 100.0]))[:, groups.group]
    assert groups.measures == ("w", "v")
    assert prices.tolist() == [[11, 11, 1, 1], [100, 0, 100, 0]]
    used = np.zeros((groups.group_count, 2))
    used[groups.group] = [[1, 7], [2, 7], [3, 7], [4, 7]]
    assert groups.cap_usage(used).tolist() == [10, 3, 14]


def test_a_scope_of_weights_counts_each_account_by_its_own():
    weights = np.array([-0.5, -0.5, 0.8, 0.0])
    north = np.array([True, False, True, False])
    groups = scope_groups([Cap("row", "w", 0.0, weights), Cap("north", "w", 1.0, north)], 4)
    prices = groups.unit_prices(np.array([10.0, 1.0]))[0, groups.group]
    assert prices.tolist() == [-5 + 1, -5, 8 + 1, 0]
    used = np.zeros((groups.group_count, 1))
    used[groups.group, 0] = [4, 6, 100, 7]
    assert groups.cap_usage(used).tolist() == [0.8 * 100 - 0.5 * 10, 104]


def test_caps_of_all_accounts_make_one_group():
    groups = scope_groups([Cap("a", "w", 1.0), Cap("b", "v", 1.0)], 5)
    assert groups.group_count == 1
    assert groups.part(np.array([1, 3])).group.tolist() == [0, 0]
    assert scope_groups([], 3).group_count == 1


def test_rare_accounts_are_those_of_small_groups():
    scope = np.zeros(1_000, bool)
    scope[[3, 500, 900]] = True
    groups = scope_groups([Cap("few", "w", 1.0, scope)], 1_000)
    assert groups.rare(2).tolist() == [3, 500]


def test_groups_that_cannot_be_are_not_built():
    with pytest.raises(ValueError, match="one row a cap"):
        ScopeGroups(np.zeros(2, np.int32), np.ones((2, 1), bool), np.zeros(1, int), ("w",))
    with pytest.raises(ValueError, match="a group that is not there"):
        ScopeGroups(np.ones(2, np.int32), np.ones((1, 1), bool), np.zeros(1, int), ("w",))


@given(SEEDS, st.integers(1, 30))
@settings(max_examples=60)
def test_plain_arrays_come_to_the_problem_that_they_were_made_of(random, accounts):
    problem = drawn_problem(random, accounts)
    scopes = [np.ones(accounts, bool) if c.scope is None else c.scope for c in problem.caps]
    weights = [
        (problem.measures[cap.measure] * scope).T
        for cap, scope in zip(problem.caps, scopes, strict=True)
    ]
    made = written_out_problem(
        problem.profit.T,
        np.array(weights).reshape(len(weights), *problem.profit.T.shape),
        np.array([cap.bound for cap in problem.caps]),
        problem.allowed.T,
    )
    choice = np.array([random.choice(np.flatnonzero(column)) for column in problem.allowed.T])
    assert made.usage(choice) == pytest.approx(problem.usage(choice))
    assert made.value(choice) == problem.value(choice)
    assert len(made.measures) <= max(len(problem.caps), 1)


def test_caps_on_the_same_measure_share_it():
    random = np.random.default_rng(1)
    exposure, loss = random.uniform(1, 2, (2, 50, 3))
    product = (random.random(50) < 0.5)[:, None]
    weights = np.array([exposure, exposure * product, loss, exposure * ~product])
    allowed = np.ones((50, 3), bool)
    made = written_out_problem(exposure, weights, np.full(4, 99.0), allowed)
    assert [cap.measure for cap in made.caps] == [
        "measure_0",
        "measure_0",
        "measure_1",
        "measure_0",
    ]
    assert [cap.scope is None for cap in made.caps] == [True, False, True, False]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"profit": np.zeros(3)}, r"profit: shape \(3,\)"),
        ({"weights": np.zeros((1, 3, 3))}, r"weights: shape \(1, 3, 3\), not \(1, 3, 2\)"),
        ({"caps": np.zeros(2)}, r"caps: shape \(2,\), not \(1,\)"),
        ({"allowed": np.ones((2, 2), bool)}, r"allowed: shape \(2, 2\), not \(3, 2\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(change, says):
    arrays = {
        "profit": np.zeros((3, 2)),
        "weights": np.zeros((1, 3, 2)),
        "caps": np.zeros(1),
        "allowed": np.ones((3, 2), bool),
    }
    with pytest.raises(ValueError, match=says):
        written_out_problem(**{**arrays, **change})

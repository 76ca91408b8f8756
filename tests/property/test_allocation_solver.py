"""What must hold of every allocation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.allocation import dual
from credit_limits.allocation.problem import AllocationProblem, Cap
from credit_limits.allocation.solver import allocate
from credit_limits.domain.errors import AllocationInfeasible
from tests.allocation_samples import SEEDS, drawn_problem, lender_problem


def solved(problem):
    try:
        return allocate(problem)
    except AllocationInfeasible:
        return None


def in_other_order(problem: AllocationProblem, order: np.ndarray) -> AllocationProblem:
    return AllocationProblem(
        problem.account_id[order],
        problem.profit[:, order],
        problem.allowed[:, order],
        {name: values[:, order] for name, values in problem.measures.items()},
        tuple(cap.reordered(order) for cap in problem.caps),
        problem.preferred[order],
    )


@given(SEEDS, st.integers(1, 60))
def test_the_order_of_accounts_makes_no_difference(random, accounts):
    problem = drawn_problem(random, accounts)
    order = random.permutation(accounts)
    straight, mixed = solved(problem), solved(in_other_order(problem, order))
    assert (straight is None) == (mixed is None)
    if straight is not None and mixed is not None:
        assert (mixed.choice == straight.choice[order]).all()
        assert (mixed.unconstrained == straight.unconstrained[order]).all()
        assert mixed.certificate == straight.certificate


@given(SEEDS, st.integers(1, 60))
def test_caps_hold_prices_are_not_negative_and_idle_caps_are_free(random, accounts):
    found = solved(drawn_problem(random, accounts))
    if found is None:
        return
    certificate = found.certificate
    assert certificate.gap >= 0
    for cap in certificate.caps:
        assert cap.slack >= 0
        assert cap.price >= 0


@given(SEEDS, st.integers(1, 40))
def test_without_caps_everyone_has_the_best_candidate(random, accounts):
    problem = drawn_problem(random, accounts)
    free = AllocationProblem(
        problem.account_id, problem.profit, problem.allowed, {}, (), problem.preferred
    )
    found = allocate(free)
    best = np.where(problem.allowed, problem.profit, -np.inf)
    assert (found.choice == found.unconstrained).all()
    assert (
        found.certificate.value == free.value(found.choice) == pytest.approx(best.max(axis=0).sum())
    )
    assert found.certificate.gap == pytest.approx(0, abs=1e-12)
    equal = best[problem.preferred, np.arange(accounts)] >= best.max(axis=0)
    assert (found.choice[equal] == problem.preferred[equal]).all()
    assert (found.choice[~equal] == best.argmax(axis=0)[~equal]).all()


@given(SEEDS, st.integers(2, 40), st.floats(1.0, 3.0))
@settings(max_examples=60)
def test_wider_caps_are_never_worth_less(random, accounts, factor):
    problem = drawn_problem(random, accounts)
    wider = AllocationProblem(
        problem.account_id,
        problem.profit,
        problem.allowed,
        problem.measures,
        tuple(
            type(cap)(cap.name, cap.measure, cap.bound + (factor - 1) * abs(cap.bound), cap.scope)
            for cap in problem.caps
        ),
        problem.preferred,
    )
    narrow, wide = solved(problem), solved(wider)
    if narrow is not None:
        assert wide is not None
        scale = max(abs(narrow.certificate.value), 1.0)
        assert wide.certificate.bound >= narrow.certificate.value - 1e-6 * scale


@pytest.mark.parametrize(("accounts", "caps"), [(3_000, 2), (3_000, 8), (30_000, 4), (30_000, 8)])
def test_a_lenders_portfolio_is_solved_to_a_hundred_thousandth(accounts, caps):
    problem = lender_problem(accounts, caps)
    certificate = allocate(problem).certificate
    assert certificate.gap <= 1e-5
    assert any(cap.price > 0 for cap in certificate.caps)
    priced = sum(cap.price * cap.slack for cap in certificate.caps)
    assert priced <= 1e-5 * abs(certificate.value)


def test_a_price_is_what_one_more_unit_brings():
    problem = lender_problem(20_000, 2)
    certificate = allocate(problem).certificate
    cap = certificate.caps[0]
    more = 0.002 * cap.bound
    wider = AllocationProblem(
        problem.account_id,
        problem.profit,
        problem.allowed,
        problem.measures,
        (type(problem.caps[0])(cap.name, cap.measure, cap.bound + more), *problem.caps[1:]),
        problem.preferred,
    )
    gained = allocate(wider).certificate.value - certificate.value
    assert gained == pytest.approx(cap.price * more, rel=0.1)


def few_large_accounts(seed: int) -> AllocationProblem:
    """Accounts of very different size, none of which can be cut, under a cap just above today."""
    random, accounts = np.random.default_rng(seed), 40_000
    limit = np.exp(random.normal(9.0, 2.5, accounts))
    limits = np.stack([limit, 1.1 * limit, 1.3 * limit])
    return AllocationProblem(
        account_id=np.char.zfill(np.arange(accounts).astype(str), 6),
        profit=limits * random.uniform(0.0, 0.05, accounts),
        allowed=np.ones(limits.shape, dtype=bool),
        measures={"exposure": limits},
        caps=(Cap("exposure", "exposure", float(limit.sum() * 1.001)),),
        preferred=np.zeros(accounts, dtype=np.int64),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sample_that_cannot_meet_its_part_of_a_cap_does_not_hide_the_prices(seed):
    certificate = allocate(few_large_accounts(seed)).certificate
    assert certificate.gap <= 1e-5
    assert certificate.passes <= 25


@pytest.mark.parametrize("way_out", ["_SAMPLES", "_MOST_ROUNDS"])
def test_without_samples_or_rounds_the_prices_are_found_all_the_same(way_out, monkeypatch):
    monkeypatch.setattr(dual, way_out, {"_SAMPLES": (1024,), "_MOST_ROUNDS": 0}[way_out])
    assert allocate(few_large_accounts(1)).certificate.gap <= 1e-5


def test_prices_that_are_worse_than_none_are_dropped(monkeypatch):
    def out_of_reach(accounts, _free, places):
        return accounts.part(places, accounts.bounds * 0.5 * len(places) / accounts.count)

    monkeypatch.setattr(dual, "_miniature", out_of_reach)
    assert allocate(few_large_accounts(1)).certificate.gap <= 1e-5

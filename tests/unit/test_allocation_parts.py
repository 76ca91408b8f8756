"""The solver's parts one by one: a priced pass, the planes, the core, moves in bulk."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_limits.allocation import chunks
from credit_limits.allocation.bulk_moves import fill, relieve
from credit_limits.allocation.core import core_program, nearest_core, regrets
from credit_limits.allocation.core_program import CoreProgram, Status, choose, relax
from credit_limits.allocation.dual import minimise_dual, scale_of
from credit_limits.allocation.planes import LowerPlanes
from credit_limits.allocation.pricing import PricedAccounts
from tests.allocation_samples import SEEDS, drawn_problem, lender_problem, problem_of


def plain_pass(problem, prices):
    """Bound, usage and choice at some prices, account by account."""
    bound, choice = sum(p * cap.bound for p, cap in zip(prices, problem.caps, strict=True)), []
    used = [0.0] * len(problem.caps)
    for i in range(problem.account_count):
        weights = [1.0 if cap.scope is None else float(cap.scope[i]) for cap in problem.caps]

        def worth(k, i=i, weights=weights):
            charges = [
                price * weight * problem.measures[cap.measure][k, i]
                for price, cap, weight in zip(prices, problem.caps, weights, strict=True)
                if weight
            ]
            return problem.profit[k, i] - sum(charges)

        allowed = [k for k in range(problem.candidate_count) if problem.allowed[k, i]]
        preference = sorted(allowed, key=lambda k, i=i: (k != problem.preferred[i], k))
        best = max(preference, key=worth)
        choice.append(best)
        bound += worth(best)
        for number, (cap, weight) in enumerate(zip(problem.caps, weights, strict=True)):
            used[number] += weight * problem.measures[cap.measure][best, i] if weight else 0.0
    return bound, used, choice


@given(SEEDS, st.integers(1, 25))
def test_a_priced_pass_is_what_each_account_would_choose_alone(random, accounts):
    problem = drawn_problem(random, accounts)
    # eighths, so that sums are exact and equal worths stay equal
    prices = random.integers(0, 9, len(problem.caps)) / 8
    found = PricedAccounts(problem).at(prices)
    bound, used, choice = plain_pass(problem, prices)
    assert found.bound == pytest.approx(bound, rel=1e-9, abs=1e-9)
    assert found.usage == pytest.approx(np.array(used), rel=1e-9, abs=1e-9)
    whole = (problem.profit == np.rint(problem.profit)).all() and not any(
        cap.scope is not None and cap.scope.dtype == float for cap in problem.caps
    )
    assert not whole or found.choice.tolist() == choice


def test_chunks_add_up_to_the_whole():
    problem = lender_problem(150_000, 4)
    accounts = PricedAccounts(problem)
    prices = np.array([0.01, 0.2, 0.0, 0.1])
    found = accounts.at(prices)
    assert found.usage == pytest.approx(problem.usage(found.choice))
    reduced = np.sort(accounts.reduced(prices), axis=0)
    assert found.bound == pytest.approx(reduced[-1].sum() + prices @ accounts.bounds, rel=1e-12)
    assert found.turnover == pytest.approx(np.abs(reduced[-1]).sum(), rel=1e-12)
    assert (found.margin == reduced[-1] - reduced[-2]).all()


def test_the_sums_are_the_same_on_any_number_of_threads(monkeypatch):
    problem = lender_problem(150_000, 4)
    prices = np.array([0.01, 0.2, 0.0, 0.1])
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(chunks, "_threads", lambda threads=threads: threads)
        found.append(PricedAccounts(problem).at(prices))
    assert found[0].bound == found[1].bound
    assert (found[0].usage == found[1].usage).all()
    assert (found[0].choice == found[1].choice).all()


def test_a_part_has_its_accounts_and_other_bounds():
    problem = lender_problem(1_000, 3)
    places = np.arange(0, 1_000, 8)
    part = PricedAccounts(problem).part(places, np.array([1.0, 2.0, 3.0]))
    assert part.problem.account_id.tolist() == problem.account_id[::8].tolist()
    assert part.bounds.tolist() == [1.0, 2.0, 3.0]
    assert (part.problem.caps[2].scope == problem.caps[2].scope[::8]).all()
    assert (part.problem.profit == problem.profit[:, ::8]).all()


def test_precision_is_relative_to_the_turnover_where_profit_cancels_out():
    assert scale_of(0.0, 0.0) == 1.0
    assert scale_of(0.0, 1_000.0) == 100.0
    assert scale_of(-30.0, 100.0) == 30.0


def test_the_lowest_point_of_planes_within_a_box():
    # |x - 3| from its two sides
    planes = LowerPlanes(1)
    planes.add(np.array([0.0]), 3.0, np.array([-1.0]))
    planes.add(np.array([5.0]), 2.0, np.array([1.0]))
    point, height = planes.lowest(np.array([0.0]), np.array([10.0]))
    assert (point[0], height) == pytest.approx((3.0, 0.0))
    assert planes.weights() == pytest.approx([0.5, 0.5])
    point, height = planes.lowest(np.array([0.0]), np.array([2.0]))
    assert (point[0], height) == pytest.approx((2.0, 1.0))


def test_planes_on_the_simplex():
    planes = LowerPlanes(2, on_simplex=True)
    planes.add(np.array([0.5, 0.5]), 0.0, np.array([1.0, -1.0]))
    point, height = planes.lowest(np.zeros(2), np.ones(2))
    assert point == pytest.approx([0.0, 1.0])
    assert height == pytest.approx(-1.0)
    assert planes.weights() == pytest.approx([1.0])


def test_the_dual_of_one_cap_by_hand():
    # raising earns 3, 5, 4 for 10 each; with room for 15 the price lies between 0.4 and 0.5
    problem = problem_of([[0, 0, 0], [3, 5, 4]], {"w": [[0, 0, 0], [10, 10, 10]]}, {"w": 15})
    point = minimise_dual(PricedAccounts(problem), 1e-9)
    assert point.prices[0] == pytest.approx(0.4, abs=1e-6)
    assert point.best.bound == pytest.approx(5 + 0.5 * 4)


def test_a_cap_that_no_choice_moves_has_no_price():
    problem = problem_of([[0, 0], [1, 1]], {"w": [[5, 5], [5, 5]]}, {"w": 10})
    assert minimise_dual(PricedAccounts(problem), 1e-9).prices.tolist() == [0.0]


PROGRAM = CoreProgram(
    accounts=2,
    account=np.array([0, 0, 1, 1]),
    cost=np.array([3.0, 0.0, 4.0, 0.0]),
    weights=np.array([[0.0, 10.0, 0.0, 10.0]]),
    room=np.array([15.0]),
)


def test_a_core_program_relaxed_and_decided():
    relaxed = relax(PROGRAM)
    assert relaxed.status is Status.SOLVED
    assert relaxed.bound == pytest.approx(1.5)
    assert relaxed.prices == pytest.approx([0.3])
    whole = choose(PROGRAM, enough=None, nodes=None)
    assert whole.x == pytest.approx([1, 0, 0, 1])
    assert whole.bound <= 3.0 + 1e-9


def test_an_excluded_choice_is_not_made_again():
    first = choose(PROGRAM, enough=None, nodes=None)
    second = choose(PROGRAM, enough=None, nodes=None, excluded=[first.x > 0.5])
    assert second.x == pytest.approx([0, 1, 1, 0])


def test_a_core_that_cannot_be_is_said_to_be_impossible():
    tight = CoreProgram(2, PROGRAM.account, PROGRAM.cost, PROGRAM.weights, np.array([-1.0]))
    assert relax(tight).status is Status.IMPOSSIBLE
    assert choose(tight, enough=None, nodes=None).status is Status.IMPOSSIBLE


def priced(problem, prices):
    """The accounts, their choice at the prices, and each candidate's worth and regret."""
    accounts = PricedAccounts(problem)
    reduced = accounts.reduced(np.array(prices))
    return accounts, accounts.at(np.array(prices)).choice, reduced, regrets(reduced)


def test_the_core_is_the_accounts_nearest_to_a_switch():
    problem = problem_of([[0, 0, 0, 0], [3, 5, 4, 9]], {"w": [[0] * 4, [10] * 4]}, {"w": 15})
    accounts, choice, reduced, regret = priced(problem, [0.42])
    assert regret[0] == pytest.approx([0.0, 0.8, 0.0, 4.8])
    assert regret[1] == pytest.approx([1.2, 0.0, 0.2, 0.0])
    core = nearest_core(regret, choice, 2)
    assert core.accounts.tolist() == [1, 2]
    assert core.candidate.tolist() == [0, 1, 0, 1]
    narrow = nearest_core(regret, choice, 2, most_regret=0.5)
    assert list(zip(narrow.account.tolist(), narrow.candidate.tolist(), strict=True)) == [
        (1, 1),
        (2, 0),
        (2, 1),
    ]
    program = core_program(accounts, reduced.max(axis=0), choice, core, 0.5)
    assert program.room.tolist() == [5.0]  # the fourth account holds its 10
    assert program.cost == pytest.approx((np.array([0.8, 0.8, 0, 0]) - [0, 5, 0, 4]) / 0.5)
    assert core.applied(choice, np.array([1, 0, 0, 1])).tolist() == [0, 0, 1, 1]
    assert core.split_accounts(np.array([0.5, 0.5, 1.0, 0.0])) == 1


def test_relief_takes_the_moves_that_cost_least_for_what_they_free():
    problem = problem_of([[0, 0, 0], [4, 9, 1]], {"w": [[0, 0, 0], [2, 3, 1]]}, {"w": 4})
    accounts, choice, _, regret = priced(problem, [0.0])
    moved = relieve(accounts, regret, choice)
    # the third frees 1 for 1, the first 2 for 4; the second would free 3 for 9
    assert moved.tolist() == [0, 1, 0]


def test_filling_uses_what_is_left_and_never_more():
    problem = problem_of([[0] * 6, [6, 5, 4, 3, 2, 1]], {"w": [[0] * 6, [1] * 6]}, {"w": 4})
    accounts, choice, _, regret = priced(problem, [10.0])
    filled = fill(accounts, regret, choice)
    assert filled.tolist() == [1, 1, 1, 1, 0, 0]


def test_what_cannot_be_relieved_stays():
    problem = problem_of([[0], [1]], {"w": [[3], [5]]}, {"w": 1})
    accounts, choice, _, regret = priced(problem, [0.0])
    assert relieve(accounts, regret, choice).tolist() == [0]

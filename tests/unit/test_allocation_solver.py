"""The solver on problems small enough to see through, and on those it must refuse."""

import math
from dataclasses import replace

import numpy as np
import pytest

from credit_limits.allocation import solver
from credit_limits.allocation.certificate import CapUsage, Certificate
from credit_limits.allocation.infeasibility import Kind, caps_out_of_reach_together
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import Cap, exact_sum
from credit_limits.allocation.solver import allocate, solve_accounts
from credit_limits.domain.errors import AllocationInfeasible
from tests.allocation_samples import lender_problem, problem_of, ratio_weights


def test_the_account_that_earns_most_for_the_cap_is_raised():
    # holding earns nothing; raising uses 10 and earns 3, 5, 4; the cap has room for one
    problem = problem_of(
        [[0, 0, 0], [3, 5, 4]], {"exposure": [[0, 0, 0], [10, 10, 10]]}, {"exposure": 19}
    )
    found = allocate(problem)
    assert found.choice.tolist() == [0, 1, 0]
    assert found.unconstrained.tolist() == [1, 1, 1]
    assert found.certificate.value == 5
    assert found.certificate.caps[0].used == 10
    assert found.certificate.caps[0].slack == 9


def test_caps_that_bind_at_hold_find_cuts():
    # rows: cut, hold; holding uses 30 of 25, the cheapest cut is the second account's
    problem = problem_of(
        [[-3, -1, -4], [0, 0, 0]],
        {"exposure": [[4, 4, 4], [10, 10, 10]]},
        {"exposure": 25},
        preferred=[1, 1, 1],
    )
    assert allocate(problem).choice.tolist() == [1, 0, 1]


def test_a_cap_used_to_the_last_unit_is_met():
    problem = problem_of([[0, 0], [1, 1]], {"w": [[0.1, 0.2], [0.7, 0.1]]}, {"w": 0.7 + 0.1})
    found = allocate(problem)
    assert found.certificate.caps[0].slack >= 0
    assert found.certificate.value == 2


def test_between_equals_the_preferred_then_the_lowest_place():
    problem = problem_of(
        [[1, 1, 0], [1, 1, 1], [1, 1, 1]],
        {},
        {},
        preferred=[2, 0, 0],
        allowed=[[True, False, True], [True, True, True], [True, True, True]],
    )
    assert allocate(problem).choice.tolist() == [2, 1, 1]


def test_alike_accounts_are_decided_by_their_id_and_fill_the_cap():
    count = 5_000
    problem = problem_of(
        np.repeat([[0.0], [1.0]], count, axis=1),
        {"w": np.repeat([[0.0], [1.0]], count, axis=1)},
        {"w": 1_234},
    )
    found = allocate(problem)
    assert found.certificate.caps[0].used == 1_234
    assert found.certificate.gap == pytest.approx(0, abs=1e-9)


def test_a_cap_on_three_accounts_of_many_is_used_to_the_last_unit():
    count, few = 40_000, [5, 77, 30_000]
    random = np.random.default_rng(0)
    scope = np.zeros(count, bool)
    scope[few] = True
    profit = np.array([np.zeros(count), random.uniform(1, 2, count)])
    used = np.repeat([[0.0], [1.0]], count, axis=1)
    found = allocate(problem_of(profit, {"w": used}, {"w": 1}, scopes={"w": scope}))
    best = max(few, key=lambda place: profit[1, place])
    assert [place for place in few if found.choice[place]] == [best]
    assert (found.choice[~scope] == 1).all()
    assert found.certificate.gap == pytest.approx(0, abs=1e-12)


def test_alike_accounts_that_must_all_be_cut_a_little():
    count = 5_000
    problem = problem_of(
        np.repeat([[-1.0], [0.0]], count, axis=1),
        {
            "w": np.repeat([[1.0], [2.0]], count, axis=1),
            "v": np.repeat([[3.0], [1.0]], count, axis=1),
        },
        {"w": 1.6 * count, "v": 1.9 * count},
        preferred=np.ones(count, int),
    )
    certificate = allocate(problem).certificate
    assert certificate.value == -0.4 * count
    assert certificate.gap == pytest.approx(0, abs=1e-9)


def refusal(problem):
    with pytest.raises(AllocationInfeasible) as caught:
        allocate(problem)
    return str(caught.value)


def test_one_cap_out_of_reach_is_named_with_what_is_missing():
    problem = problem_of(
        [[0, 0], [1, 1]],
        {"exposure": [[6, 5], [9, 9]], "loss": [[1, 1], [0, 0]]},
        {"exposure": 10.5, "loss": 5},
    )
    text = refusal(problem)
    assert "exposure would reach 11.00, its cap is 10.50: over by 0.50" in text
    assert "loss" not in text
    assert "raise these caps in the limit policy" in text


def test_caps_that_exclude_each_other_are_named_together():
    # what lowers one raises the other: w + v is 2 for every candidate, the caps allow 1.6
    count = 3_000
    random = np.random.default_rng(3)
    used = random.uniform(0, 2, (4, count))
    problem = problem_of(
        random.normal(0, 1, (4, count)),
        {"w": used, "v": 2 - used, "idle": np.ones((4, count))},
        {"w": 0.8 * count, "v": 0.8 * count, "idle": count},
    )
    text = refusal(problem)
    assert "together, at the best compromise" in text
    assert "w would reach" in text
    assert "v would reach" in text
    assert "idle" not in text
    proof = caps_out_of_reach_together(PricedAccounts(problem), ["w", "v", "idle"])
    assert proof.kind is Kind.TOGETHER
    assert sum(cap.used for cap in proof.caps) == pytest.approx(2 * count, rel=1e-6)
    # by hand: the weights of w and v are equal, so every choice has 2 of what may be 1.6
    assert proof.least_weighted / proof.most_weighted == pytest.approx(2 / 1.6, rel=0.02)


def test_caps_that_only_fractions_could_meet_are_refused():
    # halves of both candidates would use 1 and 1; whole ones use 2 and 0 or 0 and 2
    problem = problem_of([[0], [0]], {"w": [[2], [0]], "v": [[0], [2]]}, {"w": 1, "v": 1})
    assert caps_out_of_reach_together(PricedAccounts(problem), ["w", "v"]) is None
    text = refusal(problem)
    assert "together in whole candidates" in text
    assert "would reach 2.00, its cap is 1.00: over by 1.00" in text


def ratio_problem(accounts):
    """Few accounts whose raises cost money must get 0.8 of what the many get; most are held."""
    problem, few = lender_problem(accounts, 0), np.arange(accounts) % 50 == 0
    raised = np.maximum(problem.measures["exposure"] - problem.measures["exposure"][3], 0.0)
    row = Cap("keep_up", "raised", 0.0, ratio_weights(few, ~few, 0.8))
    return few, replace(
        problem,
        profit=problem.profit - np.where(few, 0.02 * raised, 0.0),
        measures={**problem.measures, "raised": raised},
        caps=(row,),
    )


class RoundedAccounts(PricedAccounts):
    """Accounts of which every other sum, that of a finished choice, is rounded up by 2."""

    tallies = 0

    def tally(self, choice):
        self.tallies += 1
        assert self.tallies < 20, "the same is tried again and again"
        value, usage = super().tally(choice)
        return value, usage + 2.0 * (self.tallies > 1) * (self.tallies % 2)


def test_a_ratio_row_is_met_where_most_accounts_are_held_and_sums_are_rounded(monkeypatch):
    monkeypatch.setattr(solver, "_ROUNDING", 1e-3)
    few, problem = ratio_problem(20_000)
    found = solve_accounts(RoundedAccounts(problem), [cap.name for cap in problem.caps])
    given = problem.measures["raised"][found.choice, np.arange(20_000)]
    assert given[few].mean() >= 0.8 * given[~few].mean() * (1 - 1e-12)
    assert found.usage[0] <= 0.0 < found.prices[0]
    assert (found.bound - found.value) / found.bound < 1e-2


def test_no_account_twice():
    with pytest.raises(ValueError, match="an account id occurs twice"):
        allocate(problem_of([[0, 0]], {}, {}, ids=["b", "b"]))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"allowed": np.zeros((2, 2), bool)}, "a00000: no candidate is allowed"),
        ({"profit": np.full((2, 2), np.nan)}, "profit: not finite where it is allowed"),
        ({"measures": {"w": np.ones((3, 2))}}, r"w: shape \(3, 2\), not \(2, 2\)"),
        ({"measures": {}}, "cap w: no measure 'w'"),
        ({"preferred": np.zeros(3, int)}, "need 2 places"),
        ({"preferred": np.array([0, 2])}, "preferred: places are 0 to 1"),
    ],
)
def test_a_problem_that_cannot_be_is_not_built(change, says):
    problem = problem_of([[0, 0], [1, 1]], {"w": [[0, 0], [1, 1]]}, {"w": 1})
    with pytest.raises(ValueError, match=says):
        replace(problem, **change)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"bound": np.inf}, "the bound is not finite"),
        ({"scope": np.ones(3, bool)}, "the scope needs 2 places"),
        ({"scope": np.array([1.0, np.nan])}, "a weight of the scope is not finite"),
    ],
)
def test_a_cap_that_cannot_be_is_not_built(change, says):
    problem = problem_of([[0, 0], [1, 1]], {"w": [[0, 0], [1, 1]]}, {"w": 1})
    with pytest.raises(ValueError, match=says):
        replace(problem, caps=(replace(problem.caps[0], **change),))
    with pytest.raises(ValueError, match="two caps have the same name"):
        replace(problem, caps=problem.caps * 2)


def test_a_candidate_that_is_not_allowed_may_have_any_figure():
    nan = float("nan")
    problem = problem_of(
        [[0, nan], [1, 1]],
        {"w": [[0, nan], [1, 1]]},
        {"w": 1},
        allowed=[[True, False], [True, True]],
    )
    assert allocate(problem).choice.tolist() == [0, 1]


def test_sums_are_rounded_once_in_any_order():
    values = np.array([1e16, 1.0, -1e16, 1.0] * 5)
    assert exact_sum(values) == exact_sum(values[::-1]) == 10.0
    many = np.tile(values, 1_000)  # enough to be added up in parts
    assert exact_sum(many) == exact_sum(many[::-1]) == 10_000.0
    random = np.random.default_rng(5)
    wide = random.normal(0, 1, 20_000) * 10.0 ** random.integers(-200, 200, 20_000)
    assert exact_sum(wide) == math.fsum(wide)


def test_a_certificate_cannot_claim_an_exceeded_cap():
    with pytest.raises(ValueError, match="caps are exceeded: w"):
        Certificate(1.0, 1.0, (CapUsage("w", "w", 1.0, 1.1, 0.0),), 1, 0)


def test_the_gap_is_relative_and_never_negative():
    assert Certificate(199.0, 200.0, (), 1, 0).gap == 0.005
    assert Certificate(-0.2, -0.1, (), 1, 0).gap == pytest.approx(1.0)
    assert Certificate(-0.5, 0.0, (), 1, 0).gap == 0.5
    assert Certificate(5.0, 4.999, (), 1, 0).gap == 0.0


def test_the_answer_does_not_depend_on_how_many_accounts_are_decided_exactly():
    problem = lender_problem(2_000, 4)
    values = [allocate(problem, core_accounts=size).certificate for size in (16, 128, 1024)]
    best = max(certificate.value for certificate in values)
    for certificate in values:
        assert certificate.value <= best <= certificate.bound
        assert certificate.gap <= 1e-5

"""The rows of a policy over small portfolios: the solver against a general MILP."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from credit_limits.allocation.candidates import candidate_limits
from credit_limits.allocation.economics import candidate_values
from credit_limits.allocation.solver import allocate
from credit_limits.domain.account import Segment
from credit_limits.domain.errors import AllocationInfeasible
from credit_limits.policy.account_scope import AccountScope, CappedAccounts
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.lender import Jurisdiction, Lender, LenderType
from credit_limits.policy.portfolio_caps import BoundUnit, CapRule, Measure
from credit_limits.policy.ratio_rows import AveragedMeasure, RatioRule
from credit_limits.portfolio_problem import allocation_problem
from tests.allocation_milp import agrees, solved_by_milp
from tests.decision_samples import drawn_portfolios, portfolio_of, shipped_policy

LENDER = Lender(
    Jurisdiction.CHINA,
    LenderType.BANK,
    lends_jointly=True,
    partner_shares=(("partner_a", 0.3), ("partner_b", 0.5)),
)
AMOUNTS = [measure for measure in Measure if measure is not Measure.CHANGES]
GROUPS = (
    AccountScope(segment=Segment.MICRO_MERCHANT),
    AccountScope(segment=Segment.CONSUMER),
    AccountScope(region="east"),
    AccountScope(partner="partner_a"),
)


@st.composite
def drawn_policies(draw):
    """A policy with one to four rows: caps on every measure and scope, and ratio rows."""
    caps, rows = [], []
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["amount", "partners", "changes", "ratio", "ratio"]))
        accounts = draw(st.sampled_from(CappedAccounts))
        if kind == "ratio":
            group, reference = draw(st.permutations(GROUPS))[:2]
            measure = draw(st.sampled_from(AveragedMeasure))
            ratio = draw(st.sampled_from([0.5, 0.8, 1.0, 1.5]))
            rows.append(RatioRule(f"row {number}", measure, group, reference, ratio))
        elif kind == "changes":
            share = draw(st.sampled_from([0.0, 0.2, 0.5, 1.0]))
            unit = BoundUnit.SHARE_OF_ACCOUNTS
            name = f"cap {number}"
            caps.append(CapRule(name, Measure.CHANGES, None, share, accounts, bound_unit=unit))
        else:
            measure = draw(st.sampled_from(AMOUNTS))
            ratio = draw(st.sampled_from([0.95, 1.0, 1.05, 1.3]))
            each = kind == "partners"
            name = f"cap {number}"
            caps.append(CapRule(name, measure, None, ratio, accounts, each_partner=each))
    return replace(shipped_policy(), caps=tuple(caps), ratio_rows=tuple(rows))


def problem_under(portfolio, policy):
    permissions = permitted(portfolio, policy)
    candidates = candidate_limits(portfolio.limit_minor, permissions, policy.ladder)
    values = candidate_values(portfolio, candidates, policy.economics, 6)
    return allocation_problem(portfolio, candidates, values, policy, lender=LENDER)


@given(drawn_portfolios(most=14), drawn_policies())
@settings(max_examples=80)
def test_every_row_of_a_policy_is_kept_and_nothing_is_left_unearned(portfolio, policy):
    problem = problem_under(portfolio, policy)
    assume(problem.caps)
    best, found, told = solved_by_milp(problem), None, ""
    try:
        allocation = allocate(problem)
        found = allocation.certificate.value, allocation.certificate.bound
        used = problem.usage(allocation.choice)
        assert all(amount <= cap.bound for amount, cap in zip(used, problem.caps, strict=True))
    except AllocationInfeasible as error:
        told = str(error)
    agrees(found, best)
    if best is None:
        assert any(cap.name in told for cap in problem.caps)


def test_a_ratio_row_that_no_choice_meets_is_named():
    # merchants who must be cut cannot keep up with consumers whose limits stay
    late = {"segment": "micro_merchant", "days_past_due_latest": 60.0, "balance": 0}
    portfolio = portfolio_of({"human_review_only": True}, late, late)
    merchants, consumers = GROUPS[:2]
    row = RatioRule("keep_up", AveragedMeasure.LIMIT_CHANGE, merchants, consumers, 1.0)
    policy = replace(shipped_policy(), caps=(), ratio_rows=(row,))
    problem = problem_under(portfolio, policy)
    assert solved_by_milp(problem) is None
    with pytest.raises(AllocationInfeasible, match="keep_up would reach"):
        allocate(problem)

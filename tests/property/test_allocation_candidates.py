"""What must hold of the candidates of any account."""

import numpy as np
from hypothesis import given

from credit_limits.allocation.candidates import candidate_limits
from credit_limits.policy.eligibility import permitted
from tests.decision_samples import drawn_portfolios, shipped_policy


def candidates_of(portfolio):
    policy = shipped_policy()
    permissions = permitted(portfolio, policy)
    return permissions, candidate_limits(portfolio.limit_minor, permissions, policy.ladder)


@given(drawn_portfolios())
def test_every_account_has_a_candidate_and_holding_is_one_unless_a_cut_is_forced(portfolio):
    permissions, found = candidates_of(portfolio)
    assert found.allowed.any(axis=0).all()
    forced = permissions.cap_minor < portfolio.limit_minor
    assert (found.allowed[found.hold_index] == ~forced).all()


@given(drawn_portfolios())
def test_candidates_are_permitted_ascend_and_differ(portfolio):
    permissions, found = candidates_of(portfolio)
    assert (np.diff(found.limit_minor, axis=0) >= 0).all()
    for place in range(len(portfolio)):
        allowed = found.limit_minor[found.allowed[:, place], place]
        assert len(set(allowed.tolist())) == len(allowed)
        assert (allowed >= permissions.floor_minor[place]).all()
        assert (allowed <= permissions.cap_minor[place]).all()


@given(drawn_portfolios())
def test_new_limits_are_round_and_within_the_bounds(portfolio):
    policy = shipped_policy()
    _, found = candidates_of(portfolio)
    new = found.allowed & (found.limit_minor != portfolio.limit_minor)
    amounts = found.limit_minor[new]
    assert (policy.ladder.round_down(amounts) == amounts).all()
    assert (amounts >= policy.bounds.floor_minor).all()
    raised = found.limit_minor > portfolio.limit_minor
    assert (found.limit_minor[new & raised] <= policy.bounds.ceiling_minor).all()
    doubled = np.broadcast_to(2 * portfolio.limit_minor, found.limit_minor.shape)
    assert (found.limit_minor[new & raised] <= doubled[new & raised]).all()


@given(drawn_portfolios())
def test_the_room_up_to_the_cap_is_used(portfolio):
    permissions, found = candidates_of(portfolio)
    top = np.where(found.allowed, found.limit_minor, 0).max(axis=0)
    rising = permissions.cap_minor > portfolio.limit_minor
    twice = shipped_policy().ladder.scaled_down(portfolio.limit_minor, 2000)
    assert (top == np.minimum(permissions.cap_minor, twice))[rising].all()

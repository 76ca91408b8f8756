"""The rules in bulk against the same rules for one account, on drawn accounts."""

from hypothesis import given, settings

from credit_limits.policy.eligibility import permitted
from credit_limits.policy.eligibility_plain import permitted_plain
from credit_limits.policy.permission import RULE_ORDER
from tests.decision_samples import drawn_portfolios, shipped_policy


@given(drawn_portfolios(most=8))
@settings(max_examples=400)
def test_both_say_the_same_of_every_account(portfolio):
    policy = shipped_policy()
    bulk = permitted(portfolio, policy)
    for place in range(len(portfolio)):
        assert bulk.one(place) == permitted_plain(portfolio.account(place), policy)


@given(drawn_portfolios())
def test_the_flags_of_a_rule_are_its_place_among_the_reasons(portfolio):
    bulk = permitted(portfolio, shipped_policy())
    for place in range(len(portfolio)):
        named = set(bulk.one(place).reasons)
        assert named == {rule for rule in RULE_ORDER if bulk.has(rule)[place]}

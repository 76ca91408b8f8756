"""The rules in bulk against the same rules for one account, on drawn accounts."""

from hypothesis import given, settings

from credit_limits.policy.eligibility import permitted
from credit_limits.policy.eligibility_plain import permitted_plain
from credit_limits.policy.permission import RULE_ORDER
from tests.decision_samples import drawn_brakes, drawn_portfolios, shipped_policy


@given(drawn_portfolios(most=8), drawn_brakes())
@settings(max_examples=400)
def test_both_say_the_same_of_every_account(portfolio, brakes):
    policy = shipped_policy()
    bulk = permitted(portfolio, policy, brakes)
    for place in range(len(portfolio)):
        assert bulk.one(place) == permitted_plain(portfolio.account(place), policy, brakes)


@given(drawn_portfolios(), drawn_brakes())
def test_the_flags_of_a_rule_are_its_place_among_the_reasons(portfolio, brakes):
    bulk = permitted(portfolio, shipped_policy(), brakes)
    for place in range(len(portfolio)):
        named = set(bulk.one(place).reasons)
        assert named == {rule for rule in RULE_ORDER if bulk.has(rule)[place]}

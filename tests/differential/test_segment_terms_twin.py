"""Rules of a policy whose every segment parameter differs, in bulk and for one account."""

from functools import cache

from hypothesis import given, settings

from credit_limits.policy.eligibility import permitted
from credit_limits.policy.eligibility_plain import permitted_plain
from credit_limits.policy.limit_policy import LimitPolicy, parse_limit_policy
from credit_limits.policy.segment_terms import SEGMENT_PARAMETERS
from tests.decision_samples import drawn_brakes, drawn_portfolios, shipped_content

DIFFERENT: dict[str, dict[str, object]] = {
    "observation": {
        "statements_min": 3,
        "account_age_months_min": 2,
        "on_time_streak_min": 1,
        "cool_off_months": 9,
        "inactive_transactions_90d": 4,
    },
    "affordability": {"minimum_payment_ratio": 0.2, "income_share": 0.3},
    "thin_file": {"months": 8, "increase_ratio": 1.1, "limit_per_statement": 300},
    "initial_limits": {"income_months": 0.1, "income_unknown_ceiling": 150},
}


@cache
def policy() -> LimitPolicy:
    """The shipped one, with a merchant's every number changed, and amounts of a tenth."""
    content = shipped_content()
    merchant = content["segments"]["micro_merchant"]
    for section, values in DIFFERENT.items():
        for name, value in values.items():
            stated = merchant.setdefault(section, {})
            stated[name] = {**content[section][name], "value": value}
    for name in ("amounts", "thin_file_amounts"):
        whole = content["initial_limits"][name]
        rows = [{k: v if k == "grade" else v // 10 for k, v in r.items()} for r in whole["value"]]
        merchant["initial_limits"][name] = {**whole, "value": rows}
    return parse_limit_policy(content)


def test_every_parameter_of_a_rule_differs():
    own, everybody = policy().segments[0], policy()
    assert own.grades != everybody.grades
    for section, names in SEGMENT_PARAMETERS.items():
        if section in ("observation", "affordability", "thin_file", "initial_limits"):
            stated = set(DIFFERENT[section])
            assert stated | {"amounts", "thin_file_amounts"} >= set(names)
            rules = getattr(own, section)
            same = [
                name
                for name in rules.__dataclass_fields__
                if getattr(rules, name) == getattr(getattr(everybody, section), name)
            ]
            assert set(same) <= {"utilization_ratios", "purchases_per_balance"}


@given(drawn_portfolios(most=8), drawn_brakes())
@settings(max_examples=50, deadline=None)
def test_both_say_the_same_of_every_account(portfolio, brakes):
    bulk = permitted(portfolio, policy(), brakes)
    for place in range(len(portfolio)):
        assert bulk.one(place) == permitted_plain(portfolio.account(place), policy(), brakes)

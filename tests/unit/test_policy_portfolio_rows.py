"""Caps and ratio rows of the policy file: what they may say, and what they may not."""

import pytest

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.errors import PolicyError
from credit_limits.policy.account_scope import AccountScope, CappedAccounts
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.portfolio_caps import BoundUnit, CapRule, Measure
from credit_limits.policy.ratio_rows import AveragedMeasure, RatioRule
from tests.decision_samples import portfolio_of, shipped_content

CAP = {"name": "n", "measure": "exposure", "product": "all", "accounts": "all"}
CHANGES = {**CAP, "measure": "changes"}
ROW = {
    "name": "merchants_keep_up",
    "measure": "increase",
    "group": {"segment": "micro_merchant"},
    "reference": {"segment": "consumer", "region": "east"},
    "accounts": "not_past_due",
    "at_least_ratio": 0.8,
}


def parsed(*caps, ratio_rows=None, unit="ratio of averages"):
    content = shipped_content()
    content["portfolio_caps"]["caps"]["value"] += caps
    if ratio_rows is not None:
        content["portfolio_caps"]["ratio_rows"] = {
            "description": "d",
            "unit": unit,
            "value": ratio_rows,
            "reason": "r",
        }
    return parse_limit_policy(content)


def cap(**row):
    return parsed(row).caps[-1]


@pytest.mark.parametrize("measure", ["provision", "funded_balance", "limit"])
def test_every_amount_is_capped_against_today(measure):
    assert cap(**{**CAP, "measure": measure}, ratio_to_today=1.02) == CapRule(
        "n", Measure(measure), None, 1.02
    )


def test_changes_are_a_share_of_the_accounts_or_a_count():
    share = cap(**CHANGES, share_of_accounts=0.1)
    assert (share.measure, share.bound_unit) == (Measure.CHANGES, BoundUnit.SHARE_OF_ACCOUNTS)
    assert [share.most_changes(accounts) for accounts in (9, 10, 25, 30)] == [0, 1, 2, 3]
    assert (
        CapRule(
            "n", Measure.CHANGES, None, 0.29, bound_unit=BoundUnit.SHARE_OF_ACCOUNTS
        ).most_changes(100)
        == 29
    )
    assert cap(**CHANGES, count=5000).most_changes(3) == 5000


def test_a_count_is_shared_by_the_accounts_of_its_day_and_a_share_need_not_be():
    count, share = cap(**CHANGES, count=100), cap(**CHANGES, share_of_accounts=0.1)
    assert [count.most_changes(accounts, 1000) for accounts in (50, 950, 1000)] == [5, 95, 100]
    assert [count.most_changes(accounts, 3) for accounts in (1, 1, 1)] == [33] * 3
    assert share.most_changes(50, 1000) == 5


def test_a_cap_may_be_of_a_region_a_partner_or_each_partner():
    narrow = cap(**CAP, region="east", partner="partner_a", ratio_to_today=1.0)
    assert narrow.scope == AccountScope(region="east", partner="partner_a")
    each = cap(**{**CAP, "product": "cash_loan"}, partner="each", ratio_to_today=1.05)
    assert (each.each_partner, each.partner, each.product) == (True, None, Product.CASH_LOAN)
    portfolio = portfolio_of(*({"partner": name} for name in ("b", "", "a", "b")))
    assert [(rule.name, rule.partner) for rule in each.for_partners(portfolio)] == [
        ("n/a", "a"),
        ("n/b", "b"),
    ]
    assert list(narrow.for_partners(portfolio)) == [narrow]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            {**CHANGES, "ratio_to_today": 1.1},
            "the bound of changes is a share_of_accounts or count",
        ),
        ({**CHANGES, "at_least_ratio_to_today": 1.1}, "the bound of changes is"),
        ({**CAP, "share_of_accounts": 0.5}, "the bound of exposure is a ratio_to_today"),
        ({**CAP, "count": 5}, "the bound of exposure is a ratio_to_today"),
        ({**CHANGES, "count": 2.5}, "2.5 is not a whole number of changes"),
        ({**CHANGES, "count": -1}, "count: -1 is not within"),
        ({**CHANGES, "share_of_accounts": 1.5}, "share_of_accounts: 1.5 is not within"),
        ({**CHANGES, "share_of_accounts": 0.1, "count": 5}, "expected"),
        (CAP, "expected"),
        ({**CAP, "ratio_to_today": 1.0, "sex": "female"}, "expected"),
        ({**CAP, "ratio_to_today": 1.0, "segment": "state"}, "'state'"),
        ({**CAP, "ratio_to_today": 1.0, "partner": ""}, "'' is not a text"),
        ({**CAP, "ratio_to_today": 1.0, "name": "a/b"}, "stands between a cap and its partner"),
        ({**CAP, "ratio_to_today": 1.0, "measure": "increase"}, "'increase'"),
    ],
)
def test_a_cap_that_means_nothing_is_refused(row, says):
    with pytest.raises(PolicyError, match="portfolio_caps") as caught:
        parsed(row)
    assert says in str(caught.value)


def test_a_named_partner_and_each_of_them_exclude_one_another():
    with pytest.raises(ValueError, match="each partner, or the one named"):
        CapRule("n", Measure.EXPOSURE, None, 1.0, partner="a", each_partner=True)
    with pytest.raises(ValueError, match="nobody is to be changed"):
        CapRule("n", Measure.CHANGES, None, 5, at_least=True, bound_unit=BoundUnit.COUNT)


def test_a_ratio_row_is_read_with_its_two_groups():
    late = CappedAccounts.NOT_PAST_DUE
    assert parsed(ratio_rows=[ROW]).ratio_rows == (
        RatioRule(
            "merchants_keep_up",
            AveragedMeasure.INCREASE,
            AccountScope(segment=Segment.MICRO_MERCHANT, accounts=late),
            AccountScope(segment=Segment.CONSUMER, region="east", accounts=late),
            0.8,
        ),
    )
    assert parsed().ratio_rows == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"group": {"sex": "female"}}, "ratio_rows[0].group: has ['sex']"),
        ({"reference": {"marital_status": "single"}}, "ratio_rows[0].reference"),
        ({"group": {}}, "a group is told by one or several of product, segment, region, partner"),
        ({"reference": {"segment": "all"}}, "a group is told by"),
        ({"reference": {"segment": "micro_merchant"}}, "the group is its own reference"),
        ({"group": "micro_merchant"}, "ratio_rows[0].group: expected a mapping"),
        ({"measure": "exposure"}, "'exposure'"),
        ({"accounts": "good_ones"}, "'good_ones'"),
        ({"at_least_ratio": -1}, "at_least_ratio: -1 is not within"),
        ({"at_most_ratio": 2.0}, "expected"),
        ({"name": "exposure"}, "two rows have the same name"),
    ],
)
def test_a_ratio_row_that_means_nothing_is_refused(change, says):
    with pytest.raises(PolicyError) as caught:
        parsed(ratio_rows=[{**ROW, **change}])
    assert says in str(caught.value)


def test_the_list_is_in_its_unit_and_not_empty():
    with pytest.raises(PolicyError, match="unit 'ratio' where 'ratio of averages' is expected"):
        parsed(ratio_rows=[ROW], unit="ratio")
    with pytest.raises(PolicyError, match="ratio_rows: expected a list"):
        parsed(ratio_rows=[])

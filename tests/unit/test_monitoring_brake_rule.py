"""The brake of a monitoring policy: what it may say."""

from copy import deepcopy

import pytest

from credit_limits.domain.account import Product
from credit_limits.domain.errors import PolicyError
from credit_limits.policy.brakes import BrakeMeasure
from monitoring.brake_rule import BrakeRule, parse_brake_rule
from tests.changed_content import changed
from tests.gate_samples import POLICIES
from tests.monitoring_samples import LAST
from tidegate.adapters.dated_policies import load_dated

CONTENT = load_dated(POLICIES / "monitoring", LAST).content


def test_the_shipped_policy_stops_increases_of_both_products():
    rule = parse_brake_rule("v", CONTENT)
    assert rule == BrakeRule(BrakeMeasure.NO_INCREASES, tuple(sorted(Product)), 2, "model risk", 12)


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        ((), None, "brake is absent"),
        (("measure",), "no_fun", "no_fun"),
        (("measure",), "slow_increases", "needs the ratio"),
        (("products",), [], "needs products"),
        (("products",), ["pay_later", "pay_later"], "each once"),
        (("products",), ["mortgage"], "mortgage"),
        (("products",), "pay_later", "is a list"),
        (("reason",), "", "its reason"),
        (("release",), 2, "not a mapping"),
        (("release", "quiet_watches"), 0, "at least one"),
        (("release", "quiet_watches"), 1.5, "a whole number"),
        (("release", "quiet_watches"), True, "a whole number"),
        (("release", "reason"), "", "a reason"),
        (("expiry",), None, "absent: expiry"),
        (("expiry", "value"), 0, "at least one"),
        (("expiry", "reason"), "", "its unit and its reason"),
        (("releases",), {}, "unknown: releases"),
    ],
)
def test_a_brake_that_does_not_hold_together_is_refused(path, to, said):
    with pytest.raises(PolicyError, match=said):
        parse_brake_rule("v", changed(CONTENT, ("brake", *path), to))


def test_a_brake_without_an_owner_is_refused():
    with pytest.raises(PolicyError, match="needs an owner"):
        parse_brake_rule("v", changed(CONTENT, ("owner",), ""))


def test_products_are_in_order_whatever_the_file_says():
    content = deepcopy(CONTENT)
    content["brake"]["products"] = ["pay_later", "cash_loan"]
    assert parse_brake_rule("v", content).products == (Product.CASH_LOAN, Product.PAY_LATER)

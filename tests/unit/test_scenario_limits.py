"""Sub-limits of a pay-later line: worked numbers, what the policy may not say, what is told."""

import numpy as np
import pytest

from credit_limits.domain.account import AccountStatus, Scenario
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import yuan
from credit_limits.explanation.names import SCENARIO_NAMES
from credit_limits.explanation.scenario_text import (
    SUB_LIMIT_SENTENCES,
    sub_limit_lines,
)
from credit_limits.explanation.sentences import Language
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.portfolio import STATUSES
from credit_limits.policy.scenario_limits import NO_SUB_LIMIT, scenario_limits_minor
from tests.decision_samples import portfolio_of, shipped_content, shipped_policy

OPEN, FROZEN = STATUSES.index(AccountStatus.OPEN), STATUSES.index(AccountStatus.FROZEN)


def limits(account, to_yuan=10_000, state=OPEN):
    portfolio = portfolio_of(account)
    found = scenario_limits_minor(
        portfolio, shipped_policy(), np.array([yuan(to_yuan)]), np.array([state])
    )
    return dict(zip(Scenario, (found[0] / 100).tolist(), strict=True))


# probability, links -> electronics (x1.5, 0.2), cash (x2, 0.05) of 10,000 yuan
@pytest.mark.parametrize(
    ("account", "electronics", "cash"),
    [
        ({"pd": 0.005}, 2_000, 500),  # A and A
        ({"pd": 0.02}, 2_000, 400),  # 0.03 is B, 0.04 is C: 500 x 0.8
        ({"pd": 0.05}, 1_200, 300),  # 0.075 and 0.10 are D: x 0.6
        ({"pd": 0.05, "linked_past_due_count": 1.0}, 800, 200),  # a grade worse: E, x 0.4
        ({"pd": 0.19}, 400, 0),  # 0.285 is F, 0.38 is G
        ({"pd": 0.9}, 0, 0),  # more than 1 is 1
        ({"pd": 0.02, "balance": yuan(9_000)}, 2_000, 400),  # balances do not enter
    ],
)
def test_a_risky_use_has_its_share_at_the_grade_of_its_own_risk(account, electronics, cash):
    found = limits(account)
    assert (found[Scenario.ELECTRONICS], found[Scenario.CASH]) == (electronics, cash)


def test_an_everyday_use_may_take_the_whole_limit_whatever_it_is():
    found = limits({"pd": 0.5}, to_yuan=9_876)
    assert found[Scenario.RETAIL] == found[Scenario.MEDICAL] == 9_876


def test_amounts_are_steps_of_the_ladder():
    assert limits({"pd": 0.005}, to_yuan=3_300)[Scenario.TRAVEL] == 800  # 825, steps of 50 yuan
    assert limits({"pd": 0.005}, to_yuan=5_000)[Scenario.TRAVEL] == 1_200  # 1,250, steps of 100
    assert limits({"pd": 0.005}, to_yuan=500)[Scenario.CASH] == 0  # 25 yuan is no step


def test_business_is_an_everyday_use_of_a_merchant():
    assert limits({"pd": 0.02})[Scenario.BUSINESS] == 1_000
    merchant = limits({"pd": 0.02, "segment": "micro_merchant"})
    assert merchant[Scenario.BUSINESS] == 10_000
    assert limits({"pd": 0.02, "segment": None})[Scenario.BUSINESS] == 1_000


def test_a_cash_loan_has_none_and_a_frozen_line_nothing():
    assert set(limits({"product": "cash_loan"}).values()) == {NO_SUB_LIMIT / 100}
    assert set(limits({}, state=FROZEN).values()) == {0}


def changed(name, value):
    content = shipped_content()
    content["scenario_limits"][name]["value"] = value
    with pytest.raises(PolicyError) as caught:
        parse_limit_policy(content)
    return str(caught.value)


def rows_with(changed_scenario, **change):
    rows = shipped_content()["scenario_limits"]["scenarios"]["value"]
    return [row | change if row["scenario"] == changed_scenario else row for row in rows]


@pytest.mark.parametrize(
    ("scenario", "change", "says"),
    [
        ("travel", {"share": 0.3}, "adds up to 1.054 over the risky scenarios"),
        ("cash", {"risk_multiplier": 0.9}, "cash: a use is at least as risky as an everyday one"),
        ("retail", {"share": 0.9}, "retail: an everyday use may take the whole limit"),
        ("travel", {"reason": ""}, "reason: '' is not a text"),
        ("travel", {"scenario": "gambling"}, "'gambling' is not a valid Scenario"),
        ("travel", {"cap": 1}, "scenarios[2]: has"),
    ],
)
def test_scenarios_that_cannot_be(scenario, change, says):
    assert says in changed("scenarios", rows_with(scenario, **change))


def test_every_scenario_and_every_grade_is_stated_once():
    assert "every scenario once, in order" in changed("scenarios", rows_with("travel")[:-1])
    rows = shipped_content()["scenario_limits"]["grade_ratios"]["value"]
    assert "every grade from A to G once" in changed("grade_ratios", rows[1:])
    rows[3] = {"grade": "D", "ratio": 0.9}
    assert "a riskier grade must not be left more" in changed("grade_ratios", rows)


def test_what_is_bounded_is_told_in_both_languages():
    told = (
        (Scenario.RETAIL, yuan(10_000)),
        (Scenario.TRAVEL, yuan(2_500)),
        (Scenario.CASH, yuan(400)),
    )
    english = sub_limit_lines(told, yuan(10_000), frozen=False, language=Language.ENGLISH)
    assert english == (
        "Of the limit may be owed for: travel 2,500 yuan, cash 400 yuan; for anything else, all "
        "of it.",
    )
    chinese = sub_limit_lines(told, yuan(10_000), frozen=False, language=Language.CHINESE)
    assert chinese == ("额度内各用途上限：旅行出行2,500元、取现400元；其他用途可使用全部额度。",)
    frozen = sub_limit_lines(told, yuan(10_000), frozen=True, language=Language.ENGLISH)
    assert "nothing of the limit" in frozen[0]
    assert sub_limit_lines((), yuan(10_000), frozen=True, language=Language.ENGLISH) == ()
    assert sub_limit_lines(told[:1], yuan(10_000), frozen=False, language=Language.CHINESE) == ()


def test_every_scenario_and_sentence_has_both_languages():
    assert set(SCENARIO_NAMES) == set(Scenario)
    for table in (SCENARIO_NAMES, SUB_LIMIT_SENTENCES):
        for english, chinese in table.values():
            assert english.isascii()
            assert not chinese.isascii()

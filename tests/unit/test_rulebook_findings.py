"""What the rule book finds and how a batch tells of it: grounds, unknowns, absent columns."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from credit_limits.decisions import decide
from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.money import yuan
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.portfolio import PRODUCTS
from credit_limits.policy.rulebook_effects import counted_annual_rate
from credit_limits.policy.rulebook_findings import find
from tests.decision_samples import NOT_KNOWN, portfolio_of, shipped_policy, stop_of
from tests.rulebook_samples import CAP, DUTY, book, shipped_book
from tidegate.operations.rule_rows import rule_book_row, rule_texts

POLICY = replace(shipped_policy(), caps=())
EITHER = {"predicate": "days_past_due_latest > 0 OR declines_increases", "reason": "overdue"}


def texts(portfolio, *changes):
    return [
        permitted(portfolio, POLICY, rulebook=book(*changes)).one(place).rules
        for place in range(len(portfolio))
    ]


def test_the_columns_named_are_those_of_the_grounds_that_were_true():
    portfolio = portfolio_of(
        {},
        {"days_past_due_latest": 3.0},
        {"declines_increases": True},
        {"days_past_due_latest": 3.0, "declines_increases": True},
        {"days_past_due_latest": NOT_KNOWN},
        {"days_past_due_latest": NOT_KNOWN, "declines_increases": True},
    )
    assert texts(portfolio, EITHER) == [
        (),
        ("rule-0: days_past_due_latest",),
        ("rule-0: declines_increases",),
        ("rule-0: days_past_due_latest, declines_increases",),
        ("rule-0: not evaluated, days_past_due_latest",),
        ("rule-0: declines_increases",),
    ]


def test_an_amount_that_is_not_known_blocks_and_names_its_columns():
    cap = CAP | {"at_most": "3 * income_monthly_minor", "predicate": "balance_minor > 0"}
    portfolio = portfolio_of({"income_monthly_minor": NOT_KNOWN}, {"balance": 0}, {})
    assert texts(portfolio, cap) == [
        ("rule-0: not evaluated, customer_total_minor, income_monthly_minor",),
        (),
        (),
    ]
    blocked = permitted(portfolio, POLICY, rulebook=book(cap))
    assert blocked.one(0).reasons == (ReasonCode.RULE_NOT_EVALUATED,)
    assert (blocked.cap_minor > portfolio.limit_minor).tolist() == [False, True, True]


def test_a_reporting_rule_is_counted_and_holds_nobody():
    portfolio = portfolio_of({"declines_increases": True}, {})
    found = permitted(portfolio, POLICY, rulebook=book({"severity": "reporting"}))
    assert found.rules[0].finding.applies.tolist() == [True, False]
    assert not found.rules[0].touched.any()
    assert found.one(0).reasons == (ReasonCode.DECLINES_INCREASES,)  # the policy's own


def test_of_several_caps_the_lowest_binds():
    caps = [CAP | {"at_most": f"yuan({amount})"} for amount in (14_000, 12_000, 13_000)]
    found = permitted(portfolio_of({}), POLICY, rulebook=book(*caps))
    assert found.one(0).cap_minor == yuan(12_000)
    assert not any(rule.touched.any() for rule in found.rules)


def test_a_share_of_what_is_free_goes_to_each_account_of_the_customer():
    cap = CAP | {"at_most": "yuan(30000)"}
    two = portfolio_of({"total": yuan(24_000), "accounts": 2})
    assert permitted(two, POLICY, rulebook=book(cap)).one(0).cap_minor == yuan(13_000)


def test_who_is_referred_stays_until_a_person_decides():
    refer = {"effect": "refer_to_person", "predicate": "TRUE", "reason": "human_review_only"}
    portfolio = portfolio_of({"days_past_due_latest": 90.0})
    found = permitted(portfolio, POLICY, rulebook=book(refer)).one(0)
    assert found.floor_minor == found.cap_minor == portfolio.limit_minor[0]
    assert found.reasons == (ReasonCode.HUMAN_REVIEW_ONLY,)
    assert (found.close_months, found.rules) == (0, ("rule-0",))


def test_a_brake_is_named_only_where_no_rule_forbids_the_raise():
    stopped = stop_of(PRODUCTS)
    portfolio = portfolio_of({}, {"income_monthly_minor": NOT_KNOWN})
    rule = {"predicate": "income_monthly_minor < yuan(100)", "reason": "affordability"}
    found = permitted(portfolio, POLICY, stopped, book(rule))
    assert found.one(0).reasons == (ReasonCode.BRAKE_NO_INCREASES,)
    assert found.one(1).reasons == (ReasonCode.RULE_NOT_EVALUATED,)


def test_interest_above_the_legal_rate_is_not_counted_on():
    cap = {
        "effect": "cap_annual_rate",
        "at_most": 0.2,
        "predicate": "annual_rate > 0.2",
        "reason": "rate_above_legal",
    }
    rates = portfolio_of({"annual_rate": 0.22}, {"annual_rate": 0.1}, {"annual_rate": NOT_KNOWN})
    counted = counted_annual_rate(rates, find(rates, book(cap)))
    assert counted[:2].tolist() == [0.2, 0.1]
    assert np.isnan(counted[2])
    dear, legal = (
        decide(portfolio_of({"annual_rate": rate}), POLICY, 6, rulebook=book(cap))
        for rate in (0.22, 0.2)
    )
    free = decide(portfolio_of({"annual_rate": 0.22}), POLICY, 6)
    assert dear.to_minor.tolist() == [yuan(10_000)]
    assert legal.to_minor[0] > yuan(10_000)
    assert dear.expected_profit_minor[0] < free.expected_profit_minor[0]
    reporting = book(cap | {"severity": "reporting"})
    assert counted_annual_rate(rates, find(rates, reporting))[0] == 0.22


class TestABatch:
    def decided(self, *changes):
        accounts = [
            {"declines_increases": True},
            {"days_past_due_latest": 95.0},
            {"balance": 0, "days_past_due_latest": NOT_KNOWN},
            {},
        ]
        rulebook = book(*changes)
        batch = decide(portfolio_of(*accounts), POLICY, 6, rulebook=rulebook)
        row = rule_book_row(rulebook, batch.rules)
        return batch, row, rule_texts(batch.rules, len(accounts)).to_pylist()

    def test_names_for_each_account_the_rules_that_touched_it(self):
        _, row, told = self.decided(EITHER, {"predicate": "balance_minor = 0"}, DUTY)
        assert told == [
            ["rule-0: declines_increases"],
            ["rule-0: days_past_due_latest"],
            ["rule-0: not evaluated, days_past_due_latest", "rule-1: balance_minor"],
            [],
        ]
        first, second, _ = row.rules
        assert (first.applies, first.touched, first.not_evaluated) == (2, 3, 1)
        assert first.status == "not evaluated for 1 of 4 accounts"
        assert (second.applies, second.touched, second.status) == (1, 1, "evaluated")

    def test_owes_a_notice_to_whom_it_cuts(self):
        batch, row, told = self.decided(DUTY | {"predicate": "TRUE"})
        lowered = batch.to_minor < yuan(10_000)
        assert lowered.tolist() == [False, True, False, False]
        assert told == [[], ["rule-0"], [], []]
        assert row.rules[0].touched == 1

    def test_says_of_a_rule_that_it_was_not_evaluated_for_want_of_a_column(self):
        batch, row, _ = self.decided(
            {"predicate": "NOT increase_consent_given", "severity": "reporting"},
            {"predicate": "NOT increase_consent_given OR balance_minor > yuan(1)"},
        )
        reporting, blocking = row.rules
        assert reporting.status == "not evaluated: column absent: increase_consent_given"
        assert (reporting.not_evaluated, reporting.touched) == (4, 0)
        assert blocking.absent_columns == ("increase_consent_given",)
        assert (blocking.applies, blocking.not_evaluated, blocking.touched) == (3, 1, 4)
        assert (batch.to_minor <= yuan(10_000)).all()

    def test_names_the_rule_book(self):
        rulebook = shipped_book(date(2024, 1, 31))
        batch = decide(portfolio_of({}), POLICY, 6, rulebook=rulebook)
        row = rule_book_row(rulebook, batch.rules)
        assert row.version == "rulebook/CN-bank/2023-07-01"
        assert row.digest == rulebook.digest
        assert {rule.status for rule in row.rules} == {"evaluated"}
        assert all(rule.description for rule in row.rules)

    def test_without_rules_touches_nobody(self):
        _, row, told = self.decided()
        assert row.rules == ()
        assert told == [[]] * 4


@pytest.mark.parametrize("count", [0, 1])
def test_a_portfolio_may_be_small(count):
    portfolio = portfolio_of({}).where(np.array([bool(count)]))
    found = find(portfolio, shipped_book(date(2024, 1, 31)))
    assert [len(finding.applies) for finding in found] == [count] * len(found)

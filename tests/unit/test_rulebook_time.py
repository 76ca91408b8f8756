"""The rule book through time: what holds for the same customer on another day."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.money import yuan
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.lender import Jurisdiction, LenderType
from credit_limits.policy.rulebook import NO_RULES, changes_between, in_force
from tests.decision_samples import portfolio_of, shipped_policy
from tests.rulebook_samples import BANK, record, rules, shipped_book

BEFORE, AFTER = date(2025, 2, 28), date(2025, 4, 1)
# earns enough that what the law allows is what binds
RICH = {
    "limit": yuan(190_000),
    "income_monthly_minor": float(yuan(200_000)),
    "paid_mean_6m_minor": float(yuan(60_000)),
    "pd": 0.005,
}
ANNA = {**RICH, "id": "anna"}


def permission(day, *accounts, **of_whom):
    found = permitted(
        portfolio_of(*accounts), shipped_policy(), rulebook=shipped_book(day, **of_whom)
    )
    return found.one(0)


def test_the_same_customer_of_a_bank_may_have_200k_and_a_month_later_300k():
    before, after = permission(BEFORE, ANNA), permission(AFTER, ANNA)
    assert before.cap_minor == yuan(200_000)
    assert after.cap_minor == yuan(300_000)
    assert before.reasons == after.reasons == ()


def test_who_has_what_the_law_allows_is_told_so_with_the_columns_that_decided():
    at_bound = {**ANNA, "limit": yuan(200_000)}
    before = permission(BEFORE, at_bound)
    assert before.reasons == (ReasonCode.CUSTOMER_CAP,)
    assert before.rules == ("cn-customer-total: customer_total_minor",)
    assert before.cap_minor == yuan(200_000)  # what is there may stay
    assert permission(AFTER, at_bound).cap_minor == yuan(300_000)


@pytest.mark.parametrize(
    ("lender_type", "day", "cap"),
    [
        (LenderType.BANK, date(2020, 7, 11), 300_000),  # no rule yet: the lender's own bound
        (LenderType.BANK, date(2020, 7, 12), 200_000),
        (LenderType.BANK, date(2025, 3, 13), 200_000),
        (LenderType.BANK, date(2025, 3, 14), 300_000),
        (LenderType.CONSUMER_FINANCE, date(2013, 12, 31), 300_000),
        (LenderType.CONSUMER_FINANCE, AFTER, 200_000),
        (LenderType.MICROLOAN, date(2024, 12, 30), 300_000),
        (LenderType.MICROLOAN, AFTER, 200_000),
    ],
)
def test_the_total_is_that_of_licence_and_day(lender_type, day, cap):
    assert permission(day, ANNA, lender_type=lender_type).cap_minor == yuan(cap)


def test_the_cost_is_capped_from_october_2025_and_no_dearer_line_is_raised():
    dear = {**ANNA, "annual_rate": 0.25}
    assert permission(date(2025, 9, 30), dear).reasons == ()
    after = permission(date(2025, 10, 1), dear)
    assert after.reasons == (ReasonCode.RATE_ABOVE_LEGAL,)
    assert after.rules == ("cn-all-in-cost: annual_rate",)
    assert permission(date(2025, 10, 1), {**ANNA, "annual_rate": 0.24}).reasons == ()


@pytest.mark.parametrize(
    ("change", "reason", "rule"),
    [
        ({"declines_increases": True}, ReasonCode.DECLINES_INCREASES, "cn-declines-increases"),
        ({"days_past_due_latest": 1.0}, ReasonCode.OVERDUE, "cn-past-due"),
        ({"pd": 0.2}, ReasonCode.RISK_TOO_HIGH, "cn-at-risk"),
        ({"income_monthly_minor": float(yuan(100))}, ReasonCode.AFFORDABILITY, "cn-ability-to-pay"),
        (
            {
                "revolving_share_12m": 1.0,
                "payment_ratio_12m": 0.05,
                "utilization_ratio_12m": 0.9,
            },
            ReasonCode.PERSISTENT_DEBT,
            "cn-persistent-debt",
        ),
    ],
)
def test_in_china_no_increase_for_who_declined_or_is_at_risk(change, reason, rule):
    found = permission(AFTER, {**ANNA, **change})
    assert reason in found.reasons
    assert [told.split(":")[0] for told in found.rules] == [rule]
    assert found.cap_minor <= ANNA["limit"]


def test_ability_to_pay_is_at_full_use_of_every_line_here_and_elsewhere():
    # 5 % a month of every line, and of what is owed elsewhere, within half of 20,000 yuan
    able = {
        **ANNA,
        "limit": yuan(100_000),
        "income_monthly_minor": float(yuan(20_000)),
        "bureau_other_balance_minor": float(yuan(50_000)),
    }
    assert permission(AFTER, able).cap_minor == yuan(150_000)
    by_payments = {
        **able,
        "income_monthly_minor": float("nan"),
        "paid_mean_6m_minor": float(yuan(9_000)),
    }
    assert permission(AFTER, by_payments).cap_minor == yuan(130_000)


@pytest.mark.parametrize(
    ("jurisdiction", "account", "reasons", "rules_told"),
    [
        (
            "US",
            {"income_monthly_minor": float("nan")},
            ["rule_not_evaluated"],
            ["us-ability-to-pay"],
        ),
        ("UK", {"declines_increases": True}, ["declines_increases"], ["uk-declines-increases"]),
        ("UK", {"days_past_due_latest": 5.0}, ["overdue", "risk_too_high"], ["uk-at-risk"]),
        ("EU", {"human_review_only": True}, ["human_review_only"], ["eu-human-review"]),
        ("EU", {}, [], []),
        ("IN", {}, ["rule_not_evaluated"], ["in-consent-to-increase"]),
    ],
)
def test_elsewhere(jurisdiction, account, reasons, rules_told):
    found = permission(AFTER, {**RICH, **account}, jurisdiction=Jurisdiction(jurisdiction))
    assert list(found.reasons) == reasons
    assert [told.split(":")[0] for told in found.rules] == rules_told


def test_in_the_union_no_unsolicited_credit_from_the_end_of_2026():
    union = {"jurisdiction": Jurisdiction.EUROPEAN_UNION}
    assert permission(date(2026, 11, 19), ANNA, **union).reasons == ()
    assert permission(date(2026, 11, 20), ANNA, **union).rules == (
        "eu-no-unsolicited-credit: not evaluated, increase_consent_given",
    )


class TestPartners:
    def test_who_lends_alone_is_not_asked_and_who_does_not_say_may_not_raise(self):
        day = date(2024, 1, 31)
        assert permission(day, {**ANNA, "limit": yuan(1_000)}).reasons == ()
        joint = permission(day, {**ANNA, "limit": yuan(1_000)}, lends_jointly=True)
        assert joint.reasons == (ReasonCode.RULE_NOT_EVALUATED,)
        assert [told.split(":")[0] for told in joint.rules] == [
            "cn-all-partners",
            "cn-one-partner",
        ]

    @pytest.mark.parametrize(
        ("partner", "told"),
        [
            ("unstated", ["not evaluated, lender_lends_jointly, partner_share_ratio"]),
            ("funds_a_fifth", ["lender_lends_jointly, partner_share_ratio"]),
            ("funds_three_tenths", []),
            ("only_brings_customers", []),
            ("", []),
        ],
    )
    def test_a_partner_funds_three_tenths_of_a_joint_loan_or_the_loan_does_not_grow(
        self, partner, told
    ):
        book = shipped_book(date(2024, 1, 31), lends_jointly=True)
        shares = {"funds_a_fifth": 0.2, "funds_three_tenths": 0.3, "only_brings_customers": 0.0}
        lender = replace(book.lender, partner_shares=tuple(shares.items()))
        portfolio = portfolio_of({**ANNA, "partner": partner})
        found = permitted(portfolio, shipped_policy(), rulebook=replace(book, lender=lender))
        rules = [text for text in found.one(0).rules if text.startswith("cn-partner-share")]
        assert [text.removeprefix("cn-partner-share: ") for text in rules] == told

    @pytest.mark.parametrize(
        ("facts", "rule"),
        [
            ({"loans_minor": 100, "joint_loans_minor": 51}, "cn-all-partners"),
            ({"tier_1_capital_minor": 100, "largest_partner_loans_minor": 26}, "cn-one-partner"),
        ],
    )
    def test_bounds_are_on_the_lenders_own_figures(self, facts, rule):
        book = shipped_book(date(2024, 1, 31), lends_jointly=True)
        within = {name: fact - 1 if fact < 100 else fact for name, fact in facts.items()}
        for stated, told in ((facts, [f"{rule}: "]), (within, [])):
            here = replace(book, lender=replace(book.lender, **stated))
            found = permitted(portfolio_of(ANNA), shipped_policy(), rulebook=here).one(0)
            assert [text[: len(rule) + 2] for text in found.rules if "not eval" not in text] == told


class TestVersion:
    def test_is_the_licence_and_the_day_of_the_last_change(self):
        assert shipped_book(BEFORE).version == "rulebook/CN-bank/2023-07-01"
        assert shipped_book(AFTER).version == "rulebook/CN-bank/2025-03-14"
        assert shipped_book(date(2005, 10, 31)).version == "rulebook/CN-bank/no-rule-yet"

    def test_an_end_is_a_change_too(self):
        ended = rules(record(effective_to=date(2021, 5, 31)))
        assert in_force(ended, BANK, date(2021, 6, 30)).version == "rulebook/CN-bank/2021-06-01"
        assert in_force(ended, BANK, date(2021, 6, 30)).rules == ()

    def test_the_digest_is_that_of_what_is_in_force_and_of_who_lends(self):
        assert shipped_book(BEFORE).digest == shipped_book(date(2025, 3, 13)).digest
        assert shipped_book(BEFORE).digest != shipped_book(AFTER).digest
        one, other = (
            in_force(rules(record(predicate=text)), BANK, AFTER) for text in ("TRUE", "NOT FALSE")
        )
        assert one.version == other.version
        assert one.digest != other.digest
        joint = replace(one, lender=replace(BANK, lends_jointly=True))
        assert joint.digest != one.digest

    def test_a_rule_of_the_future_changes_nothing_of_today(self):
        today = rules(record())
        later = rules(record(), record(id="later", effective_from=date(2030, 1, 1)))
        assert in_force(later, BANK, AFTER).digest == in_force(today, BANK, AFTER).digest


class TestChanges:
    def test_are_added_ended_and_changed(self):
        old = in_force(rules(record(id="a"), record(id="b"), record(id="c")), BANK, AFTER)
        new = in_force(
            rules(record(id="b"), record(id="c", predicate="TRUE"), record(id="d")), BANK, AFTER
        )
        found = changes_between(old, new)
        assert [rule.rule_id for rule in found.added] == ["d"]
        assert [rule.rule_id for rule in found.ended] == ["a"]
        assert [(one.rule_id, other.rule_id) for one, other in found.changed] == [("c", "c")]

    def test_of_the_same_there_are_none(self):
        found = changes_between(shipped_book(AFTER), shipped_book(date(2025, 5, 1)))
        assert (found.added, found.ended, found.changed) == ((), (), ())
        assert changes_between(NO_RULES, NO_RULES).changed == ()

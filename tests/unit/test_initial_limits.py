"""First limits: who has none, what each starts with, what bounds it, what it is worth."""

import numpy as np
import pytest

from credit_limits.allocation.candidates import candidate_limits
from credit_limits.decisions import decide
from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import yuan
from credit_limits.explanation.reasons import ACTIONS, NONE, REASONS
from credit_limits.policy.brakes import BrakeMeasure, BrakeOrder, Brakes
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.initial_limits import with_first_use, without_limit
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.portfolio import FEATURES_READ, PRODUCTS
from tests.decision_samples import (
    AS_OF,
    NOT_KNOWN,
    portfolio_of,
    shipped_content,
    shipped_policy,
)
from tests.rulebook_samples import shipped_book

# An account of yesterday, of a customer with an income and a bureau record.
NEW = {
    **dict.fromkeys(FEATURES_READ, NOT_KNOWN),
    "limit": 0,
    "balance": 0,
    "account_age_months": 0.0,
    "statement_count_12m": 0.0,
    "transaction_count_90d": 0.0,
    "income_monthly_minor": float(yuan(20_000)),
    "bureau_other_balance_minor": 0.0,
    "pd": 0.02,
}
THIN = {"bureau_other_balance_minor": NOT_KNOWN}
R = ReasonCode


def top(**change) -> int:
    """The highest first limit of an account, in yuan, with the rules that keep it from one."""
    found = permitted(portfolio_of({**NEW, **change}), shipped_policy()).one(0)
    return found.cap_minor // 100, set(found.reasons)


@pytest.mark.parametrize(
    ("change", "yuan_most"),
    [
        ({}, 8_000),
        ({"pd": 0.005}, 10_000),
        ({"pd": 0.12}, 1_500),
        ({"product": "cash_loan"}, 6_000),
        (THIN, 2_000),
        ({"income_monthly_minor": NOT_KNOWN}, 1_000),
        ({**THIN, "income_monthly_minor": NOT_KNOWN, "pd": 0.12}, 500),
        ({"income_monthly_minor": float(yuan(4_321))}, 4_300),
        ({"income_monthly_minor": float(yuan(4_321)), "segment": "micro_merchant"}, 2_100),
        ({"linked_past_due_count": 1.0}, 5_000),  # a grade worse for the link
        ({"bureau_other_balance_minor": float(yuan(197_000))}, 3_000),  # 0.5 x 20,000 / 0.05
        ({"total": yuan(299_000), "accounts": 2, "income_monthly_minor": 1e9}, 500),
    ],
)
def test_what_an_account_may_start_with(change, yuan_most):
    assert top(**change) == (yuan_most, set())


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"pd": 0.2}, {R.RISK_TOO_HIGH}),
        ({"pd": 0.15, "product": "cash_loan", **THIN}, {R.LIMIT_AT_CAP}),
        ({"loan_application_count_7d": 4.0}, {R.LOAN_APPLICATION_BURST}),
        ({"declines_increases": True}, {R.DECLINES_INCREASES}),
        ({"human_review_only": True}, {R.HUMAN_REVIEW_ONLY}),
        ({"status": "increases_closed", "state_since": AS_OF}, {R.INCREASES_CLOSED}),
        ({"income_monthly_minor": float(yuan(30))}, {R.AFFORDABILITY}),
        ({"total": yuan(300_000), "accounts": 2, "income_monthly_minor": 1e9}, {R.CUSTOMER_CAP}),
    ],
)
def test_what_keeps_an_account_from_a_first_limit(change, reasons):
    assert top(**change) == (0, reasons)


@pytest.mark.parametrize(
    "change",
    [
        {"statement_count_12m": 1.0, "on_time_streak_months": 1.0},
        {"months_since_change": 3.0},
        {"balance": 1},
        {"limit": yuan(50)},
    ],
)
def test_an_account_that_had_a_limit_has_a_record_to_be_judged_by(change):
    assert not without_limit(portfolio_of({**NEW, **change}))[0]
    most, reasons = top(**change)
    assert most * 100 == change.get("limit", 0)
    assert R.ON_TIME_STREAK_TOO_SHORT in reasons


def test_a_brake_gives_no_first_limits_either():
    for measure, degree in (
        (BrakeMeasure.NO_INCREASES, {}),
        (BrakeMeasure.SLOW_INCREASES, {"ratio_permille": 1_500}),
        (BrakeMeasure.TIGHTEN_GRADES, {"grades": 1}),
    ):
        brakes = Brakes((BrakeOrder(measure, PRODUCTS, **degree),))
        assert permitted(portfolio_of(NEW), shipped_policy(), brakes).cap_minor.tolist() == [0]


def test_the_rule_book_is_answered_by_what_an_account_never_used_cannot_owe():
    book = shipped_book(AS_OF)
    known, unknown = {**NEW}, {**NEW, "income_monthly_minor": NOT_KNOWN}
    found = permitted(portfolio_of(known, unknown), shipped_policy(), rulebook=book)
    assert found.cap_minor.tolist() == [yuan(8_000), 0]
    # the law asks for an income before anything is lent, and a new account has paid nothing yet
    assert found.one(1).reasons == (R.RULE_NOT_EVALUATED,)


def test_a_policy_with_a_higher_floor_gives_nothing_below_it():
    content = shipped_content()
    content["limits"]["floor"]["value"] = 1_500
    policy = parse_limit_policy(content)
    found = permitted(portfolio_of(NEW, {**NEW, **THIN, "pd": 0.05}), policy)
    assert found.cap_minor.tolist() == [yuan(8_000), yuan(1_500)]
    assert permitted(portfolio_of({**NEW, **THIN, "pd": 0.09}), policy).cap_minor.tolist() == [0]


def test_it_is_given_or_not_without_steps_between():
    portfolio, policy = portfolio_of(NEW, {**NEW, "pd": 0.2}), shipped_policy()
    found = candidate_limits(portfolio.limit_minor, permitted(portfolio, policy), policy.ladder)
    offered = [sorted(found.limit_minor[found.allowed[:, i], i].tolist()) for i in range(2)]
    assert offered == [[0, yuan(8_000)], [0]]


def test_it_is_worth_what_is_expected_to_be_used_of_it():
    portfolio = portfolio_of(NEW, {})
    counted = with_first_use(portfolio, np.array([yuan(5_000), yuan(20_000)]), shipped_policy())
    assert counted.balance_minor.tolist() == [yuan(1_750), yuan(3_000)]
    assert counted.features.spend_90d_minor.tolist() == [yuan(3_500), yuan(4_500)]


def decided(*accounts):
    """Decided beside accounts whose cuts free the expected loss that first limits may add."""
    risky = {"pd": 0.28, "limit": yuan(20_000), "balance": 0}
    accounts = [{**NEW, **account} for account in accounts]
    return decide(portfolio_of(*accounts, *[risky] * 20), shipped_policy(), 6)


def test_the_decision_says_that_it_is_the_first_and_what_is_not_known():
    batch = decided({}, THIN, {"pd": 0.09})
    told = [[REASONS[place] for place in row if place != NONE] for row in batch.reasons[:3]]
    assert batch.to_minor[:3].tolist() == [yuan(8_000), yuan(2_000), 0]
    assert [ACTIONS[place] for place in batch.action[:3]] == ["increase", "increase", "hold"]
    assert told == [
        [R.INITIAL_LIMIT],
        [R.INITIAL_LIMIT, R.INITIAL_LIMIT_THIN_FILE],
        [R.INITIAL_LIMIT_NOT_COVERED],
    ]
    # withheld, it neither earns nor risks anything
    for figures in (batch.expected_profit_minor, batch.expected_loss_minor, batch.exposure_minor):
        assert figures[0] > 0
        assert figures[2] == 0


def changed(name, value):
    content = shipped_content()
    content["initial_limits"][name]["value"] = value
    with pytest.raises(PolicyError) as caught:
        parse_limit_policy(content)
    return str(caught.value)


def test_amounts_that_cannot_be():
    amounts = shipped_content()["initial_limits"]["amounts"]["value"]
    riskier = [*amounts[:1], {**amounts[1], "pay_later": 20_000}, *amounts[2:]]
    assert "initial_limits: a riskier grade must not start" in changed("amounts", riskier)
    assert "a thin file must not start with more" in changed("amounts", [
        {**row, "cash_loan": 0} for row in amounts
    ])  # fmt: skip
    assert "amounts: every grade from A to G once" in changed("amounts", amounts[1:])
    assert "utilization_ratio must be stated for" in changed("utilization_ratio", {"cash_loan": 1})

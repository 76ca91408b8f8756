"""Decisions of a small portfolio under the shipped policy, row by row.

A change here is a change of what customers are told; the changelog says so.
"""

import numpy as np
import pytest

from credit_limits.decisions import decide
from credit_limits.domain.account import Product
from credit_limits.domain.money import yuan
from credit_limits.explanation.reasons import ACTIONS, NONE, REASONS
from credit_limits.policy.risk_grades import Grade
from tests.decision_samples import NOT_KNOWN, portfolio_of, shipped_policy, stop_of

HEAVY = {"balance": yuan(6_000), "utilization_ratio_12m": 0.6, "balance_mean_6m_minor": 6e5}
FULL = {"balance": yuan(9_000), "utilization_ratio_12m": 0.9, "payment_ratio_12m": 0.05}

# what is special of the account (limit 10,000 yuan) -> grade, limit after, action, reasons
TABLE = [
    ({"pd": 0.005}, "A", 20_000, "increase", "profitable_increase"),
    ({"pd": 0.02}, "B", 10_000, "hold", "portfolio_cap"),
    ({"pd": 0.02, **HEAVY}, "B", 20_000, "increase", "profitable_increase"),
    ({"pd": 0.05, **HEAVY}, "C", 10_000, "hold", "portfolio_cap"),
    ({"pd": 0.09, **HEAVY}, "D", 6_000, "decrease", "portfolio_cap"),
    ({"pd": 0.05, **FULL}, "C", 10_000, "close_increases", "persistent_debt"),
    ({"pd": 0.02, "months_since_change": 3.0}, "B", 10_000, "hold", "cool_off"),
    ({"pd": 0.02, "declines_increases": True}, "B", 10_000, "hold", "declines_increases"),
    (
        {"pd": 0.02, "human_review_only": True, "days_past_due_latest": 95.0},
        "B", 10_000, "refer", "human_review_only",
    ),
    (
        {"pd": 0.02, "statement_count_12m": 2.0, "on_time_streak_months": 2.0},
        "B", 10_000, "hold", "on_time_streak_too_short, observation_too_short",
    ),
    (
        {"pd": 0.04, "loan_application_count_7d": 4.0},
        "C", 10_000, "close_increases", "loan_application_burst",
    ),
    (
        {"pd": 0.12, "days_past_due_latest": 10.0, "on_time_streak_months": 0.0, **HEAVY},
        "E", 10_000, "close_increases", "overdue, on_time_streak_too_short",
    ),
    (
        {"pd": 0.25, "days_past_due_latest": 30.0, "on_time_streak_months": 0.0, **HEAVY},
        "F", 6_000, "decrease",
        "overdue, loss_exceeds_revenue, risk_too_high, on_time_streak_too_short",
    ),
    (
        {"pd": 0.6, "days_past_due_latest": 95.0, "on_time_streak_months": 0.0},
        "G", 5_000, "decrease",
        "seriously_overdue, risk_too_high, on_time_streak_too_short",
    ),
    (
        {"pd": 0.005, "balance": 0, "balance_mean_6m_minor": 0.0, "transaction_count_90d": 0.0,
         "spend_90d_minor": 0.0},
        "A", 10_000, "hold", "inactive",
    ),
    (
        {"pd": 0.02, "income_monthly_minor": float(yuan(900))},
        "B", 10_000, "hold", "affordability",
    ),
    (
        {"pd": 0.02, "total": yuan(300_000), "accounts": 2, "income_monthly_minor": NOT_KNOWN},
        "B", 10_000, "hold", "customer_cap",
    ),
    ({"pd": 0.02, "product": "cash_loan"}, "B", 10_000, "hold", "portfolio_cap"),
]  # fmt: skip


@pytest.fixture(scope="module")
def batch():
    return decide(portfolio_of(*(account for account, *_ in TABLE)), shipped_policy(), 6)


@pytest.mark.parametrize("place", range(len(TABLE)))
def test_the_decision_of_each_account(batch, place):
    _, grade, after, action, reasons = TABLE[place]
    found = [REASONS[code].value for code in batch.reasons[place] if code != NONE]
    assert (
        list(Grade)[batch.grade[place]].value,
        int(batch.to_minor[place]) // 100,
        ACTIONS[batch.action[place]].value,
        ", ".join(found),
    ) == (grade, after, action, reasons)


@pytest.fixture(scope="module")
def braked():
    stopped = stop_of({Product.PAY_LATER})
    return decide(portfolio_of(*(a for a, *_ in TABLE)), shipped_policy(), 6, stopped)


@pytest.mark.parametrize("place", range(len(TABLE)))
def test_under_a_brake_of_pay_later_who_would_rise_holds_and_the_rest_is_as_before(braked, place):
    account, grade, after, action, reasons = TABLE[place]
    eligible = set(reasons.split(", ")) <= {
        "profitable_increase",
        "portfolio_cap",
        "not_profitable",
    }
    if account.get("product") == "cash_loan" or ("portfolio_cap" in reasons and not eligible):
        return  # what the raises leave of the caps is theirs
    if eligible:
        action, after, reasons = "hold", 10_000, "brake_no_increases"
    found = [REASONS[code].value for code in braked.reasons[place] if code != NONE]
    assert (
        list(Grade)[braked.grade[place]].value,
        int(braked.to_minor[place]) // 100,
        ACTIONS[braked.action[place]].value,
        ", ".join(found),
    ) == (grade, after, action, reasons)


def test_the_batch_as_a_whole(batch):
    assert batch.to_minor.dtype == np.int64
    assert batch.certificate.gap <= 0.02
    assert all(cap.slack >= 0 for cap in batch.certificate.caps)

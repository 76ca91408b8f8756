"""Each rule on an account that is good in every other way."""

from datetime import date

import numpy as np
import pytest

from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.money import yuan
from credit_limits.policy.brakes import BRAKE_REASONS
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.permission import RULE_ORDER
from credit_limits.policy.portfolio import Portfolio, rule_features
from tests.decision_samples import AS_OF, NOT_KNOWN, portfolio_of, shipped_policy

R = ReasonCode


def permission(**change):
    return permitted(portfolio_of(change), shipped_policy()).one(0)


def test_a_good_account_may_double():
    found = permission()
    assert found.reasons == ()
    assert found.cap_minor == yuan(20_000)
    assert found.floor_minor == yuan(3_000)
    assert found.close_months == 0


# change of the good account -> the one rule that then forbids a raise, and months of closure
CLOSED_BY = [
    ({"status": "frozen"}, R.ACCOUNT_NOT_OPEN, 0),
    ({"status": "increases_closed"}, R.INCREASES_CLOSED, 0),
    ({"closed_until": date(2024, 1, 31)}, R.INCREASES_CLOSED, 0),
    ({"declines_increases": True}, R.DECLINES_INCREASES, 0),
    ({"human_review_only": True}, R.HUMAN_REVIEW_ONLY, 0),
    ({"days_past_due_latest": 1.0}, R.OVERDUE, 3),
    ({"days_past_due_latest": 59.0}, R.OVERDUE, 6),
    ({"days_past_due_latest": 60.0}, R.SERIOUSLY_OVERDUE, 6),
    ({"days_past_due_latest": 90.0}, R.SERIOUSLY_OVERDUE, 12),
    ({"linked_past_due_count": 2.0}, R.LINKED_RISK, 6),
    ({"loan_application_count_7d": 3.0}, R.LOAN_APPLICATION_BURST, 3),
    ({"loan_application_count_30d": 5.0}, R.LOAN_APPLICATION_BURST, 3),
    ({"device_change_count_30d": 3.0}, R.DEVICE_CHANGE_BURST, 3),
    (
        {"revolving_share_12m": 0.9, "payment_ratio_12m": 0.08, "utilization_ratio_12m": 0.75},
        R.PERSISTENT_DEBT,
        6,
    ),
    ({"login_ratio_7d": 6.0}, R.LOGIN_ANOMALY, 3),
    ({"spend_trend_90d": 2.7, "transaction_count_90d": 10.0}, R.SPENDING_ANOMALY, 3),
    ({"state_conflict": True}, R.FREEZE_CONFLICT, 0),
    (
        {"revolving_share_12m": 0.9, "payment_ratio_12m": 0.12, "utilization_ratio_12m": 0.65},
        R.REVOLVING_DEBT,
        0,
    ),
    ({"transaction_count_90d": 2.0}, R.SPENDING_TOO_SMALL, 0),
    ({"spend_90d_minor": float(yuan(99))}, R.SPENDING_TOO_SMALL, 0),
    ({"balance_mean_6m_minor": NOT_KNOWN, "transaction_count_90d": 0.0}, R.SPENDING_TOO_SMALL, 0),
    ({"scenario_concentration_90d": 0.95}, R.SPENDING_CONCENTRATED, 0),
    (
        {
            "bureau_other_balance_minor": NOT_KNOWN,
            "account_age_months": 11.0,
            "on_time_streak_months": 4.0,
        },
        R.THIN_FILE,
        0,
    ),
    ({"statement_count_12m": 5.0}, R.OBSERVATION_TOO_SHORT, 0),
    ({"statement_count_12m": NOT_KNOWN}, R.OBSERVATION_TOO_SHORT, 0),
    ({"account_age_months": 5.0}, R.OBSERVATION_TOO_SHORT, 0),
    ({"on_time_streak_months": 2.0}, R.ON_TIME_STREAK_TOO_SHORT, 0),
    ({"on_time_streak_months": NOT_KNOWN}, R.ON_TIME_STREAK_TOO_SHORT, 0),
    ({"months_since_change": 5.0}, R.COOL_OFF, 0),
    ({"balance_mean_6m_minor": 0.0, "transaction_count_90d": 0.0}, R.INACTIVE, 0),
    ({"balance_mean_6m_minor": -5.0, "transaction_count_90d": NOT_KNOWN}, R.INACTIVE, 0),
    ({"pd": 0.17}, R.RISK_TOO_HIGH, 0),
    (
        {
            "limit": yuan(300_000),
            "income_monthly_minor": NOT_KNOWN,
            "accounts": 1,
            "total": yuan(200_000),
        },
        R.LIMIT_AT_CAP,
        0,
    ),
    ({"limit": yuan(50), "pd": 0.12}, R.LIMIT_AT_CAP, 0),
    ({"total": yuan(300_000), "income_monthly_minor": NOT_KNOWN}, R.CUSTOMER_CAP, 0),
    ({"income_monthly_minor": float(yuan(1_000))}, R.AFFORDABILITY, 0),
    ({"bureau_other_balance_minor": float(yuan(190_000))}, R.AFFORDABILITY, 0),
    ({"income_monthly_minor": 0.0}, R.AFFORDABILITY, 0),
]


@pytest.mark.parametrize(("change", "reason", "months"), CLOSED_BY)
def test_a_rule_forbids_a_raise(change, reason, months):
    found = permission(**change)
    assert found.reasons == (reason,)
    assert found.close_months == months
    assert found.cap_minor <= portfolio_of(change).limit_minor[0]


def test_every_rule_has_an_account_that_it_closes():
    # brakes, what only a rule book says, and hardship, which comes with arrears, have their own
    elsewhere = {
        *BRAKE_REASONS.values(),
        R.HARDSHIP,
        R.RATE_ABOVE_LEGAL,
        R.CONSENT_MISSING,
        R.PARTNER_LIMIT,
        R.RULE_NOT_EVALUATED,
    }
    assert {reason for _, reason, _ in CLOSED_BY} == set(RULE_ORDER) - elsewhere


@pytest.mark.parametrize(
    "change",
    [
        {"closed_until": date(2024, 1, 30)},
        {"days_past_due_latest": NOT_KNOWN},
        {"linked_past_due_count": 1.0},
        {"linked_past_due_count": NOT_KNOWN},
        {"loan_application_count_7d": 2.0, "loan_application_count_30d": NOT_KNOWN},
        {"device_change_count_30d": 2.0},
        {"revolving_share_12m": 1.0, "payment_ratio_12m": 0.12, "utilization_ratio_12m": 0.64},
        {"revolving_share_12m": 1.0, "payment_ratio_12m": NOT_KNOWN, "utilization_ratio_12m": 1.0},
        {"revolving_share_12m": 0.8, "payment_ratio_12m": 0.01, "utilization_ratio_12m": 1.0},
        {"login_ratio_7d": 5.9},
        {"login_ratio_7d": 90.0, "login_count_30d": 11.0},
        {"login_ratio_7d": 90.0, "login_count_30d": NOT_KNOWN},
        {"login_ratio_7d": NOT_KNOWN, "disputed_transaction_count_90d": 5.0},
        {"spend_trend_90d": 3.0, "transaction_count_90d": 9.0},
        {"spend_trend_90d": 2.69},
        {"income_lost_ratio": 1.0},
        {"spend_90d_minor": float(yuan(100)), "transaction_count_90d": 3.0},
        {"scenario_concentration_90d": 1.0, "transaction_count_90d": 4.0},
        {"scenario_concentration_90d": 0.94},
        {"product": "cash_loan", "transaction_count_90d": 0.0, "spend_90d_minor": 0.0},
        {"account_age_months": 11.0, "on_time_streak_months": 6.0},
        {"bureau_other_balance_minor": NOT_KNOWN, "account_age_months": 11.0},
        {"state_causes": [R.OVERDUE], "state_since": date(2023, 8, 31)},
        {"account_age_months": NOT_KNOWN},
        {"months_since_change": 6.0},
        {"balance_mean_6m_minor": 0.0, "transaction_count_90d": 3.0},
        {"income_monthly_minor": NOT_KNOWN, "bureau_other_balance_minor": 1e12},
        {"bureau_other_balance_minor": NOT_KNOWN},
        {"pd": 0.16},
    ],
)
def test_just_beyond_the_rule_a_raise_stays_open(change):
    assert permission(**change).reasons == ()


# days past due, balance -> the most that is left of a limit of 10,000 yuan
@pytest.mark.parametrize(
    ("days", "balance", "left"),
    [
        (1, 3_000, 10_000),
        (30, 3_000, 8_500),
        (60, 3_000, 7_000),
        (90, 3_000, 5_000),
        (3650, 3_000, 5_000),
        (90, 6_040, 6_100),  # never below the balance, rounded up
        (90, 9_990, 10_000),
        (90, 20_000, 10_000),
    ],
)
def test_an_overdue_account_keeps_a_part_of_its_limit(days, balance, left):
    found = permission(days_past_due_latest=float(days), balance=yuan(balance))
    assert found.cap_minor == yuan(left)
    assert found.floor_minor <= found.cap_minor


def test_a_person_decides_also_of_an_overdue_account_on_request():
    found = permission(human_review_only=True, days_past_due_latest=90.0, status="frozen")
    assert found.reasons == (R.HUMAN_REVIEW_ONLY,)
    assert found.floor_minor == found.cap_minor == yuan(10_000)
    assert found.close_months == 0


def test_several_rules_are_named_strongest_first_and_the_longest_closure_holds():
    found = permission(
        days_past_due_latest=30.0, device_change_count_30d=9.0, months_since_change=1.0, pd=0.5
    )
    assert found.reasons == (R.OVERDUE, R.DEVICE_CHANGE_BURST, R.RISK_TOO_HIGH, R.COOL_OFF)
    assert found.close_months == 6


# grade -> how far a limit of 10,000 yuan may rise
@pytest.mark.parametrize(
    ("pd", "top"),
    [(0.01, 20_000), (0.03, 20_000), (0.06, 15_000), (0.1, 13_000), (0.16, 11_500), (0.3, 10_000)],
)
def test_the_grade_bounds_the_raise(pd, top):
    assert permission(pd=pd).cap_minor == yuan(top)


def test_the_grade_bounds_the_limit_itself():
    found = permission(limit=yuan(190_000), pd=0.08, income_monthly_minor=NOT_KNOWN)
    assert found.cap_minor == yuan(200_000)


def test_what_is_free_of_a_customers_total_is_shared_equally():
    found = permission(total=yuan(290_000), accounts=2, income_monthly_minor=NOT_KNOWN)
    assert found.cap_minor == yuan(15_000)


def test_affordability_counts_every_line_at_full_use():
    # 6,000 x 0.5 / 0.05 = 60,000 may be owed; 45,000 elsewhere; 15,000 less 10,000 here is free
    found = permission(
        income_monthly_minor=float(yuan(6_000)),
        bureau_other_balance_minor=float(yuan(45_000)),
        limit=yuan(10_000),
    )
    assert found.cap_minor == yuan(15_000)


def test_a_limit_below_the_floor_may_stay_and_rise():
    found = permission(limit=yuan(30), balance=0)
    assert found.floor_minor == yuan(30)
    assert found.cap_minor == yuan(50)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pd": 1.5}, "A0000: default probability outside 0 to 1"),
        ({"pd": NOT_KNOWN}, "default probability outside"),
        ({"limit": -1}, "A0000: negative limit"),
        ({"status": "closed"}, "A0000: a closed account has no limit to move"),
        ({"accounts": 0}, "a customer has at least the account"),
    ],
)
def test_a_portfolio_that_cannot_be_is_not_built(change, says):
    with pytest.raises(ValueError, match=says):
        portfolio_of(change)


def test_a_portfolio_has_one_place_an_account_in_every_column():
    one = portfolio_of({})
    columns = {name: getattr(one, name) for name in Portfolio.__dataclass_fields__}
    with pytest.raises(ValueError, match="1 accounts has 1 places"):
        Portfolio(**{**columns, "status": np.zeros(2, np.int64)})
    with pytest.raises(ValueError, match="1 accounts has 1 places"):
        Portfolio(**{**columns, "features": rule_features({}, 2)})


def test_an_account_is_read_back_with_what_is_not_known():
    portfolio = portfolio_of({}, {"closed_until": date(2024, 3, 31), "income_monthly_minor": 5.0})
    first, second = portfolio.account(0), portfolio.account(1)
    assert first.as_of == AS_OF
    assert first.increases_closed_until is None
    assert first.months_since_limit_change is None
    assert second.increases_closed_until == date(2024, 3, 31)
    assert second.features["income_monthly_minor"] == 5.0
    kept = portfolio.where(np.array([False, True]))
    assert kept.account(0) == second
    assert len(kept) == 1

"""The state machine case by case: what closes, freezes, thaws and reopens, and what does not."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import yuan
from credit_limits.explanation.reasons import BESIDE_THE_LIMIT
from credit_limits.policy.account_changes import STATE_CAUSES, AccountChange
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.states import TRANSITIONS
from tests.decision_samples import (
    NOT_KNOWN,
    portfolio_of,
    shipped_content,
    shipped_policy,
    unchanged,
)
from tests.rulebook_samples import book

R = ReasonCode
OPEN, CLOSED, FROZEN = (
    AccountStatus.OPEN,
    AccountStatus.INCREASES_CLOSED,
    AccountStatus.FROZEN,
)
OCTOBER, DECEMBER = date(2023, 10, 31), date(2023, 12, 31)  # three months and one before the day
JULY = date(2023, 7, 31)  # six months before


def permission(**change):
    return permitted(portfolio_of(change), shipped_policy()).one(0)


def change_of(**change) -> AccountChange:
    return permission(**change).change


def frozen_for(*causes, since=OCTOBER, **change):
    return change_of(status="frozen", state_causes=causes, state_since=since, **change)


def closed_for(*causes, since=OCTOBER, until=date(2024, 1, 30), **change):
    return permission(
        status="increases_closed",
        state_causes=causes,
        state_since=since,
        closed_until=until,
        **change,
    )


def test_a_good_account_stays_as_it_is():
    assert change_of() == replace(unchanged(1).one(0))


# what is special of the account -> what it is frozen for
FREEZES = [
    ({"days_past_due_latest": 60.0}, [R.SERIOUSLY_OVERDUE]),
    ({"days_past_due_latest": 90.0, "has_backup_repayment_source": 1.0}, [R.SERIOUSLY_OVERDUE]),
    ({"disputed_transaction_count_90d": 1.0, "login_ratio_7d": 6.0}, [R.ACCOUNT_TAKEOVER]),
    ({"disputed_transaction_count_90d": 1.0, "device_change_count_30d": 3.0}, [R.ACCOUNT_TAKEOVER]),
    ({"disputed_transaction_count_90d": 2.0, "spend_trend_90d": 2.8}, [R.ACCOUNT_TAKEOVER]),
    ({"linked_past_due_count": 3.0, "pd": 0.1}, [R.LINKED_RISK]),
    ({"linked_past_due_count": 9.0, "pd": 0.3}, [R.LINKED_RISK]),
    (
        {"days_past_due_latest": 95.0, "income_lost_ratio": 0.9},
        [R.SERIOUSLY_OVERDUE],
    ),
    (
        {
            "days_past_due_latest": 70.0,
            "income_lost_ratio": 0.9,
            "months_since_extension": 8.0,
        },
        [R.SERIOUSLY_OVERDUE],
    ),
]


@pytest.mark.parametrize(("change", "causes"), FREEZES)
@pytest.mark.parametrize("status", ["open", "increases_closed"])
def test_a_freeze_has_its_cause_and_its_day(change, causes, status):
    found = change_of(status=status, **change)
    assert found.frozen
    assert (found.state, found.since, list(found.causes)) == (FROZEN, date(2024, 1, 31), causes)
    assert set(causes) <= set(found.reasons)
    assert permission(status=status, **change).reasons != ()


@pytest.mark.parametrize(
    "change",
    [
        {"days_past_due_latest": 59.0},
        {"days_past_due_latest": 89.0, "has_backup_repayment_source": 1.0},
        {"days_past_due_latest": 80.0, "income_lost_ratio": 0.2},
        {"days_past_due_latest": 80.0, "income_lost_ratio": 0.2, "months_since_extension": 5.0},
        {"disputed_transaction_count_90d": 3.0},
        {"device_change_count_30d": 9.0, "disputed_transaction_count_90d": NOT_KNOWN},
        {"linked_past_due_count": 2.0, "pd": 0.9},
        {"linked_past_due_count": 3.0, "pd": 0.06},
        {"human_review_only": True, "days_past_due_latest": 400.0},
    ],
)
def test_what_is_less_does_not_freeze(change):
    assert change_of(**change).state is not FROZEN


def test_a_second_source_of_repayment_that_keeps_from_a_freeze_is_said():
    found = change_of(days_past_due_latest=70.0, has_backup_repayment_source=1.0)
    assert R.BACKUP_REPAYMENT_SOURCE in found.reasons
    assert R.BACKUP_REPAYMENT_SOURCE not in change_of(days_past_due_latest=70.0).reasons


def test_a_freeze_ends_below_the_lower_bound_after_its_least_time_into_closed_increases():
    calm = {"days_past_due_latest": 29.0}
    thawed = frozen_for(R.SERIOUSLY_OVERDUE, **calm)
    assert (thawed.state, thawed.thawed) == (CLOSED, True)
    assert thawed.causes == (R.SERIOUSLY_OVERDUE,)
    assert R.CAUSE_GONE in thawed.reasons
    found = permission(status="frozen", state_causes=[R.ACCOUNT_TAKEOVER], state_since=OCTOBER)
    assert found.close_months == 6
    assert found.reasons == (R.INCREASES_CLOSED,)
    assert found.cap_minor == yuan(10_000)


@pytest.mark.parametrize(
    "frozen",
    [
        frozen_for(R.SERIOUSLY_OVERDUE, days_past_due_latest=30.0),
        frozen_for(R.SERIOUSLY_OVERDUE, since=DECEMBER),
        frozen_for(R.SERIOUSLY_OVERDUE, days_past_due_latest=NOT_KNOWN),
        frozen_for(R.ACCOUNT_TAKEOVER, disputed_transaction_count_90d=1.0),
        frozen_for(R.LINKED_RISK, linked_past_due_count=1.0),
        frozen_for(R.ACCOUNT_TAKEOVER, days_past_due_latest=60.0),
        frozen_for(R.ACCOUNT_TAKEOVER, since=None),
    ],
)
def test_a_freeze_lasts_while_its_cause_or_another_stands_or_time_is_left(frozen):
    assert (frozen.state, frozen.thawed) == (FROZEN, False)
    assert frozen.causes != ()


def test_a_freeze_that_does_not_end_goes_to_a_person_and_stays():
    stuck = frozen_for(R.LINKED_RISK, since=JULY, linked_past_due_count=2.0)
    assert (stuck.state, stuck.referred) == (FROZEN, True)
    assert R.FREEZE_EXPIRED in stuck.reasons
    assert not frozen_for(R.LINKED_RISK, since=date(2023, 8, 1), linked_past_due_count=2.0).referred


def test_a_freeze_of_the_lender_s_own_is_the_lender_s_to_end():
    lenders = frozen_for(since=JULY)
    assert (lenders.state, lenders.thawed, lenders.referred, lenders.causes) == (
        FROZEN,
        False,
        False,
        (),
    )


def test_a_freeze_that_the_books_undid_goes_to_a_person():
    undone = permission(state_conflict=True)
    assert undone.change.referred
    assert undone.change.reasons == (R.FREEZE_CONFLICT,)
    assert undone.reasons == (R.FREEZE_CONFLICT,)


def test_increases_reopen_after_their_time_once_the_cause_is_below_its_lower_bound():
    found = closed_for(R.LOAN_APPLICATION_BURST, loan_application_count_30d=2.0)
    assert (found.change.state, found.change.reopened) == (OPEN, True)
    assert found.change.reasons == (R.CAUSE_GONE,)
    assert found.reasons == ()
    assert found.cap_minor > yuan(10_000)


@pytest.mark.parametrize(
    "closed",
    [
        closed_for(R.LOAN_APPLICATION_BURST, loan_application_count_30d=3.0),
        closed_for(R.DEVICE_CHANGE_BURST, until=date(2024, 1, 31)),
        closed_for(R.LOGIN_ANOMALY, login_ratio_7d=3.0),
        closed_for(R.SPENDING_ANOMALY, spend_trend_90d=2.0),
        closed_for(R.LINKED_RISK, linked_past_due_count=1.0),
        closed_for(R.OVERDUE, until=None, since=DECEMBER),
        closed_for(until=None, since=None),
        closed_for(loan_application_count_30d=3.0),
    ],
)
def test_increases_stay_closed_at_the_lower_bound_or_before_their_time(closed):
    assert (closed.change.state, closed.change.reopened) == (CLOSED, False)
    assert R.INCREASES_CLOSED in closed.reasons


def test_another_cause_than_its_own_keeps_an_account_closed_at_its_upper_bound_alone():
    assert closed_for(R.LINKED_RISK, loan_application_count_30d=4.0).change.reopened
    again = closed_for(R.LINKED_RISK, loan_application_count_30d=5.0)
    assert (again.change.state, again.close_months) == (CLOSED, 3)


def test_a_closure_of_which_the_end_is_not_known_lasts_three_months():
    assert closed_for(until=None).change.reopened


def test_hardship_brings_time_and_a_lower_limit_and_no_freeze():
    found = permission(days_past_due_latest=70.0, income_lost_ratio=0.2, balance=yuan(2_000))
    assert found.change.extension_months == 6
    assert found.cap_minor == yuan(7_000)  # 60 days past due take more than hardship does
    assert found.change.state is CLOSED
    assert R.HARDSHIP in found.reasons
    early = permission(days_past_due_latest=5.0, income_lost_ratio=0.2)
    assert (early.cap_minor, early.close_months) == (yuan(8_500), 6)


def test_a_term_is_not_extended_again_within_a_year():
    again = {"days_past_due_latest": 5.0, "income_lost_ratio": 0.2}
    assert change_of(**again, months_since_extension=11.0).extension_months == 0
    assert change_of(**again, months_since_extension=12.0).extension_months == 6
    assert permission(**again, months_since_extension=11.0).cap_minor == yuan(10_000)


def test_linked_customers_make_an_account_riskier_by_two_grades_at_most():
    caps = [
        permission(limit=yuan(10_000), pd=0.02, linked_past_due_count=float(linked)).reasons
        for linked in (0, 1)
    ]
    assert caps == [(), ()]
    one, many = (permission(pd=0.05, linked_past_due_count=n) for n in (1.0, 50.0))
    assert one.cap_minor == yuan(13_000)  # grade D instead of C
    assert R.RISK_TOO_HIGH not in many.reasons  # E, not G
    assert permission(pd=0.05, linked_past_due_count=0.0).cap_minor == yuan(15_000)


def test_a_thin_file_starts_small_and_grows_by_record():
    thin = {"bureau_other_balance_minor": NOT_KNOWN, "account_age_months": 11.0, "pd": 0.005}
    assert permission(**thin).cap_minor == yuan(13_000)
    assert permission(**thin, on_time_streak_months=6.0).cap_minor == yuan(12_000)
    assert permission(**{**thin, "account_age_months": 12.0}).cap_minor == yuan(20_000)


# a rate, a grade by its risk -> the rate from now on
@pytest.mark.parametrize(
    ("change", "rate"),
    [
        ({"annual_rate": 0.22}, 0.16),
        ({"annual_rate": 0.19}, None),  # three points are the step, not more than it
        ({"annual_rate": 0.1901}, 0.16),
        ({"annual_rate": 0.12, "pd": 0.05}, 0.17),
        ({"annual_rate": 0.12, "pd": 0.05, "linked_past_due_count": 1.0}, 0.18),
        ({"annual_rate": 0.14, "pd": 0.05, "product": "cash_loan"}, 0.18),
        ({"annual_rate": NOT_KNOWN}, None),
        ({"annual_rate": 0.22, "months_since_rate_change": 11.0}, None),
        ({"annual_rate": 0.22, "months_since_rate_change": 12.0}, 0.16),
        ({"annual_rate": 0.22, "account_age_months": 11.0}, None),
        ({"annual_rate": 0.22, "account_age_months": NOT_KNOWN}, None),
        ({"annual_rate": 0.22, "days_past_due_latest": 1.0}, None),
        ({"annual_rate": 0.22, "days_past_due_latest": NOT_KNOWN}, None),
        ({"annual_rate": 0.22, "status": "frozen"}, None),
        ({"annual_rate": 0.22, "human_review_only": True}, None),
    ],
)
def test_a_rate_follows_its_grade_by_more_than_a_step_and_not_often(change, rate):
    found = change_of(**change)
    assert found.annual_rate == rate
    assert (R.RATE_OF_GRADE in found.reasons) == (rate is not None)


def capped(at_most, predicate):
    return book(
        {
            "effect": "cap_annual_rate",
            "at_most": at_most,
            "predicate": predicate,
            "reason": "rate_above_legal",
        }
    )


def rate_under(rulebook, **change):
    found = permitted(portfolio_of(change), shipped_policy(), rulebook=rulebook).one(0)
    return found.change.annual_rate, found.change.reasons


def test_no_rate_is_brought_above_the_law_as_it_holds_at_the_new_rate():
    rulebook = capped(0.165, "annual_rate > 0.165")
    assert rate_under(rulebook, annual_rate=0.12, pd=0.05) == (0.165, (R.RATE_OF_GRADE,))
    assert rate_under(rulebook, annual_rate=0.3, pd=0.05) == (0.165, (R.RATE_ABOVE_LEGAL,))
    # a rate above the law falls whatever the account's state or age
    late = rate_under(rulebook, annual_rate=0.3, days_past_due_latest=5.0)
    assert late[0] == 0.165
    assert R.RATE_ABOVE_LEGAL in late[1]


def test_where_the_law_cannot_be_told_the_rate_stays():
    assert (
        rate_under(capped(0.1, "NOT increase_consent_given"), annual_rate=0.12, pd=0.05)[0] is None
    )


def test_the_machine_has_a_way_out_of_every_state_and_none_from_frozen_to_a_raise():
    actions = {transition.action for transition in TRANSITIONS}
    assert actions <= set(BESIDE_THE_LIMIT)
    for state in (CLOSED, FROZEN):
        assert any(transition.before is state for transition in TRANSITIONS)
    assert not any(t.before is FROZEN and t.after is OPEN for t in TRANSITIONS)
    into_freeze = [t for t in TRANSITIONS if t.action is Action.FREEZE]
    assert all(t.causes and set(t.causes) <= set(STATE_CAUSES) for t in into_freeze)
    assert all(t.way_out for t in TRANSITIONS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extension_months": -1}, "less than nothing"),
        ({"annual_rate": 1.5}, "not an annual rate"),
        ({"frozen": True}, "without a cause"),
    ],
)
def test_a_change_that_cannot_be_is_unbuildable(change, message):
    with pytest.raises(ValueError, match=message):
        replace(unchanged(1).one(0), **change)


@pytest.mark.parametrize(
    ("section", "parameter", "value", "message"),
    [
        ("linked_risk", "freeze_past_due", 1, "freeze_past_due is below"),
        ("linked_risk", "past_due_leave", 3, "past_due_leave is above"),
        ("freezing", "overdue_days_leave", 61, "no more days past due"),
        ("freezing", "overdue_days_with_backup", 59, "must not bring a freeze sooner"),
        ("freezing", "months_most", 2, "allowed to end before a person"),
        ("anomalies", "login_ratio_leave", 7.0, "no higher than it begins"),
        ("anomalies", "spend_trend_leave", 2.8, "no higher than it begins"),
        ("hardship", "income_lost_leave", 0.3, "no higher than it begins"),
        ("hardship", "extension_again_months", 5, "while its extension runs"),
        ("reopening", "loan_applications_7d_leave", 4, "leave is above"),
        ("reopening", "device_changes_30d_leave", 4, "leave is above"),
        ("reopening", "persistent_debt_payment_ratio_leave", 0.07, "below the ratio that closes"),
        ("reopening", "persistent_debt_utilization_ratio_leave", 0.8, "above what closes"),
        ("revolving", "payment_ratio", 0.08, "below that of persistent debt"),
        ("pricing", "step", 1.5, "not within"),
    ],
)
def test_bounds_that_would_make_states_flap_are_refused(section, parameter, value, message):
    content = shipped_content()
    content[section][parameter]["value"] = value
    with pytest.raises(PolicyError, match=message):
        parse_limit_policy(content)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (lambda rows: rows[:-1], "every grade"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "every grade"),
        (lambda rows: [{**rows[0], "pay_later": 0.2}, *rows[1:]], "cheaper"),
        (lambda rows: [*rows[:-1], {**rows[-1], "cash_loan": 0.25}], "not within"),
    ],
)
def test_rates_that_cannot_be_are_refused(rows, message):
    content = shipped_content()
    asked = content["pricing"]["annual_rates"]
    asked["value"] = rows(asked["value"])
    with pytest.raises(PolicyError, match=message):
        parse_limit_policy(content)

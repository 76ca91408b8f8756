"""Ways out of a decision: each one holds, by the plain rules as well, and none asks for debt."""

from dataclasses import fields, replace
from datetime import date
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decisions import decide, decide_at_prices
from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.money import yuan
from credit_limits.domain.periods import add_months
from credit_limits.explanation.proposals import way_out_of_state
from credit_limits.explanation.recourse import Decided, changed_inputs, outcome_of, recourses
from credit_limits.explanation.state_exits import earliest_end
from credit_limits.explanation.ways_out import Change, Goal, Recourse, Step
from credit_limits.policy.eligibility_plain import permitted_plain
from credit_limits.policy.portfolio import FEATURES_READ, STATUSES, Portfolio
from tests.decision_samples import AS_OF, NOT_KNOWN, drawn_portfolios, portfolio_of, shipped_policy

POLICY = shipped_policy()
FREE = partial(decide_at_prices, policy=POLICY, label_window_months=6, prices={})


def decided_of(portfolio: Portfolio) -> Decided:
    """What the policy decides of each account alone, with the closures that follow."""
    to_minor, permissions = FREE(portfolio)
    until = portfolio.increases_closed_until.copy()
    for place, months in enumerate(permissions.close_months.tolist()):
        if months:
            until[place] = np.fmax(np.datetime64(add_months(AS_OF, months)), until[place])
    changes = permissions.changes
    return Decided(to_minor, until, changes.state, changes.since, changes.causes)


def way_of(**change) -> Recourse | None:
    portfolio = portfolio_of(change)
    return recourses(portfolio, decided_of(portfolio), POLICY, FREE)[0]


def test_a_new_account_waits_for_its_first_limit_and_gets_no_bills_meanwhile():
    burst = {"limit": 0, "balance": 0, "statement_count_12m": 0.0, "loan_application_count_7d": 4.0}
    way = way_of(**burst)
    assert way is not None
    assert {change.step for change in way.changes} == {Step.NO_LOAN_APPLICATIONS}
    assert (way.goal, way.limit_minor) == (Goal.RAISED, yuan(8_000))
    income = way_of(**burst, income_monthly_minor=NOT_KNOWN)
    assert income is not None
    assert income.limit_minor == yuan(1_000)


@given(drawn_portfolios(8))
@settings(max_examples=60)
def test_every_way_out_that_is_issued_changes_the_decision(portfolio):
    decided = decided_of(portfolio)
    found = recourses(portfolio, decided, POLICY, FREE)
    for place, way in enumerate(found):
        if way is None:
            continue
        alone = portfolio.where(np.arange(len(portfolio)) == place)
        after = changed_inputs(alone, decided.taken(np.array([place])), [way])
        plain = permitted_plain(after.account(0), POLICY)
        limit = alone.limit_minor[0]
        assert decided.to_minor[place] <= limit
        if way.goal is Goal.RAISED:
            assert plain.reasons == ()
            assert plain.cap_minor >= way.limit_minor > limit
        elif way.goal is Goal.REOPENED:
            assert plain.change.state is AccountStatus.OPEN
            assert ReasonCode.INCREASES_CLOSED not in plain.reasons
            assert plain.close_months == 0
        elif way.goal is Goal.THAWED:
            assert STATUSES[decided.state[place]] is AccountStatus.FROZEN
            assert plain.change.thawed
            assert plain.change.state is AccountStatus.INCREASES_CLOSED
        else:
            assert decided.to_minor[place] < limit <= way.limit_minor
        assert 1 <= len(way.changes) <= 2


@given(drawn_portfolios(4), st.sampled_from(Step), st.integers(0, 12))
@settings(max_examples=40)
def test_no_change_adds_debt_use_or_limit_or_touches_who_the_customer_is(portfolio, step, months):
    way = Recourse(Goal.RAISED, months, (Change(step, months, 10_000, 0.1),))
    after = changed_inputs(portfolio, decided_of(portfolio), [way] * len(portfolio))
    moved = {
        field.name
        for field in fields(Portfolio)
        if field.name not in ("as_of", "features")
        and not same(getattr(portfolio, field.name), getattr(after, field.name))
    }
    assert moved <= {
        *("declines_increases", "months_since_limit_change", "months_since_extension"),
        *("months_since_rate_change", "status", "state_since", "state_causes"),
        "increases_closed_until",
    }
    seen = {
        name
        for name in FEATURES_READ
        if not same(getattr(portfolio.features, name), getattr(after.features, name))
    }
    assert not seen & {
        *("income_monthly_minor", "balance_mean_6m_minor", "utilization_ratio_12m"),
        *(
            "spend_90d_minor",
            "transaction_count_90d",
            "paid_mean_6m_minor",
        ),
    }
    linked = after.features.linked_past_due_count - portfolio.features.linked_past_due_count
    assert not (linked > 0).any()
    assert step is Step.LINKS_CLEAR or "linked_past_due_count" not in seen
    assert step is Step.SETTLE_DISPUTE or "disputed_transaction_count_90d" not in seen
    owed = after.features.bureau_other_balance_minor - portfolio.features.bureau_other_balance_minor
    assert not (owed > 0).any()


def same(one: np.ndarray, other: np.ndarray) -> bool:
    kind = one.dtype.kind
    return bool(np.array_equal(one, other, equal_nan=kind in "fM"))


@pytest.mark.parametrize(
    ("change", "goal", "months", "changes"),
    [
        (
            {"on_time_streak_months": 1.0},
            Goal.RAISED,
            2,
            [Change(Step.PAY_ON_TIME, 2)],
        ),
        (
            {"statement_count_12m": 2.0, "account_age_months": 2.0},
            Goal.RAISED,
            4,
            [Change(Step.PAY_ON_TIME, 4)],
        ),
        ({"months_since_change": 2.0}, Goal.RAISED, 4, [Change(Step.WAIT, 4)]),
        ({"declines_increases": True}, Goal.RAISED, 0, [Change(Step.ACCEPT_INCREASES)]),
        (
            {"loan_application_count_7d": 3.0},
            Goal.RAISED,
            4,
            [Change(Step.NO_LOAN_APPLICATIONS, 4)],
        ),
        ({"device_change_count_30d": 3.0}, Goal.RAISED, 4, [Change(Step.KEEP_DEVICE, 4)]),
        ({"login_ratio_7d": 9.0}, Goal.RAISED, 4, [Change(Step.USE_AS_USUAL, 4)]),
        (
            {"spend_trend_90d": 3.0, "on_time_streak_months": 2.0},
            Goal.RAISED,
            4,
            [Change(Step.USE_AS_USUAL, 4), Change(Step.PAY_ON_TIME, 4)],
        ),
        (
            {"revolving_share_12m": 1.0, "payment_ratio_12m": 0.1, "utilization_ratio_12m": 0.7},
            Goal.RAISED,
            12,
            [Change(Step.PAY_MORE_OF_THE_BILL, 12, share=0.15)],
        ),
        (
            {
                "bureau_other_balance_minor": NOT_KNOWN,
                "account_age_months": 9.0,
                "on_time_streak_months": 4.0,
            },
            Goal.RAISED,
            3,
            [Change(Step.PAY_ON_TIME, 3)],
        ),
        (
            {
                "status": "increases_closed",
                "closed_until": date(2024, 3, 31),
                "state_since": date(2023, 12, 31),
                "state_causes": [ReasonCode.DEVICE_CHANGE_BURST],
            },
            Goal.RAISED,
            3,
            [Change(Step.WAIT, 3)],
        ),
        (
            {"days_past_due_latest": 40.0, "income_lost_ratio": 0.4},
            Goal.NOT_CUT,
            0,
            [Change(Step.PAY_OVERDUE)],
        ),
        (
            {"days_past_due_latest": 5.0, "on_time_streak_months": 0.0},
            Goal.RAISED,
            4,
            [Change(Step.PAY_OVERDUE), Change(Step.PAY_ON_TIME, 4)],
        ),
        (
            {"days_past_due_latest": 35.0, "on_time_streak_months": 0.0},
            Goal.NOT_CUT,
            0,
            [Change(Step.PAY_OVERDUE)],
        ),
        (
            {"revolving_share_12m": 1.0, "payment_ratio_12m": 0.05, "utilization_ratio_12m": 0.9},
            Goal.RAISED,
            12,
            [Change(Step.PAY_MORE_OF_THE_BILL, 12, share=0.15)],
        ),
    ],
)
def test_the_way_out_that_is_told(change, goal, months, changes):
    way = way_of(**change)
    assert way is not None
    assert (way.goal, way.months, list(way.changes)) == (goal, months, changes)


def test_what_is_owed_elsewhere_is_repaid_by_just_enough():
    way = way_of(bureau_other_balance_minor=19_500_000.0)
    assert way is not None
    (change,) = way.changes
    assert change.step is Step.REPAY_ELSEWHERE
    assert 0 < change.amount_minor <= 1_000_000
    assert change.amount_minor % 10_000 == 0


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"human_review_only": True},
        {"status": "frozen"},
        {"status": "increases_closed"},
        {"state_conflict": True},
        {"transaction_count_90d": 1.0},
        {"scenario_concentration_90d": 1.0},
        {"pd": 0.5},
        {"balance_mean_6m_minor": 0.0, "transaction_count_90d": 0.0},
        {"income_monthly_minor": 100_000.0},
        {"status": "frozen", "state_since": date(2023, 6, 30)},
        {
            "days_past_due_latest": 5.0,
            "loan_application_count_7d": 5.0,
            "device_change_count_30d": 4.0,
        },
    ],
)
def test_none_is_told_where_none_is_needed_or_within_reach(change):
    assert way_of(**change) is None


def test_where_a_raise_is_out_of_reach_the_account_may_be_opened_again():
    def decide_again(portfolio):
        to_minor, permissions = FREE(portfolio)
        return np.minimum(to_minor, portfolio.limit_minor), permissions

    portfolio = portfolio_of({"loan_application_count_7d": 3.0})
    (way,) = recourses(portfolio, decided_of(portfolio), POLICY, decide_again)
    assert way is not None
    assert (way.goal, way.months) == (Goal.REOPENED, 4)


LATE = {"days_past_due_latest": 70.0, "on_time_streak_months": 0.0}
TAKEN_OVER = {"disputed_transaction_count_90d": 1.0, "device_change_count_30d": 3.0}
SINCE_JANUARY = {"status": "frozen", "state_since": AS_OF}
PAID_SINCE = {**SINCE_JANUARY, "state_causes": [ReasonCode.SERIOUSLY_OVERDUE]}
CLOSED = {"status": "increases_closed", "closed_until": date(2024, 2, 29)}


@pytest.mark.parametrize(
    ("change", "goal", "months", "changes"),
    [
        (LATE, Goal.THAWED, 2, [Change(Step.PAY_OVERDUE), Change(Step.WAIT, 2)]),
        (PAID_SINCE, Goal.THAWED, 2, [Change(Step.WAIT, 2)]),
        (
            {**PAID_SINCE, "state_since": date(2023, 10, 31), "days_past_due_latest": 30.0},
            Goal.THAWED,
            1,
            [Change(Step.PAY_OVERDUE), Change(Step.WAIT, 1)],
        ),
        (
            TAKEN_OVER,
            Goal.THAWED,
            4,
            [Change(Step.SETTLE_DISPUTE, 4)],
        ),
        (
            {"linked_past_due_count": 3.0, "pd": 0.2},
            Goal.THAWED,
            2,
            [Change(Step.LINKS_CLEAR, 2)],
        ),
        ({"linked_past_due_count": 2.0}, Goal.REOPENED, 7, [Change(Step.LINKS_CLEAR, 7)]),
        (
            {**CLOSED, "state_causes": [ReasonCode.OVERDUE], "pd": 0.5, "state_since": AS_OF},
            Goal.REOPENED,
            2,
            [Change(Step.WAIT, 2)],
        ),
        (
            {"status": "increases_closed", "state_since": date(2023, 12, 31), "pd": 0.5},
            Goal.REOPENED,
            2,
            [Change(Step.WAIT, 2)],
        ),
        (
            {
                "days_past_due_latest": 5.0,
                "loan_application_count_7d": 5.0,
                "declines_increases": True,
            },
            Goal.REOPENED,
            4,
            [Change(Step.PAY_OVERDUE), Change(Step.NO_LOAN_APPLICATIONS, 4)],
        ),
    ],
)
def test_the_way_out_of_a_state(change, goal, months, changes):
    way = way_of(**change)
    assert way is not None
    assert (way.goal, way.months, list(way.changes)) == (goal, months, changes)


@given(drawn_portfolios(6))
@settings(max_examples=25)
def test_whoever_is_frozen_for_one_cause_or_two_has_a_way_out(portfolio):
    decided = decided_of(portfolio)
    found = recourses(portfolio, decided, POLICY, FREE)
    frozen = STATUSES.index(AccountStatus.FROZEN)
    for place in np.flatnonzero(decided.state == frozen).tolist():
        held, account = decided.held(place), portfolio.account(place)
        months, changes = way_out_of_state(account, held, POLICY)
        if account.human_review_only or len(changes) not in (1, 2):
            continue
        assert found[place] is not None
        assert (found[place].goal, found[place].months) == (Goal.THAWED, months)
        day = add_months(AS_OF, months)
        assert day >= earliest_end(held, POLICY)


def test_a_way_that_leads_nowhere_is_seen():
    portfolio = portfolio_of({"months_since_change": 2.0})
    decided = decided_of(portfolio)
    short = Recourse(Goal.RAISED, 1, (Change(Step.WAIT, 1),))
    long = replace(short, months=4)
    for way, holds in ((short, False), (long, True)):
        assert outcome_of(portfolio, decided, [way], [0], FREE)[1] == [holds]


def test_a_decision_that_the_prices_do_not_explain_gets_none():
    portfolio = portfolio_of({"months_since_change": 2.0})
    decided = replace(decided_of(portfolio), to_minor=portfolio.limit_minor - 10_000)
    assert recourses(portfolio, decided, POLICY, FREE) == [None]


def test_a_way_out_has_one_or_two_changes():
    for changes in ((), (Change(Step.WAIT, 1),) * 3):
        with pytest.raises(ValueError, match="one or 2 changes"):
            Recourse(Goal.RAISED, 1, changes)


def test_a_batch_under_caps_has_ways_that_hold_at_its_prices():
    portfolio = portfolio_of(
        *({"on_time_streak_months": float(place % 5), "pd": 0.01} for place in range(60)),
        *({"limit": 2_000_000, "pd": 0.05, "months_since_change": NOT_KNOWN} for _ in range(40)),
    )
    batch = decide(portfolio, POLICY, 6)
    prices = {cap.name: cap.price for cap in batch.certificate.caps}
    decide_again = partial(decide_at_prices, policy=POLICY, label_window_months=6, prices=prices)
    decided = replace(
        decided_of(portfolio),
        to_minor=batch.to_minor,
        closed_until=portfolio.increases_closed_until,
    )
    found = recourses(portfolio, decided, POLICY, decide_again)
    ways = [way for way in found if way is not None]
    places = [place for place, way in enumerate(found) if way is not None]
    assert all(outcome_of(portfolio, decided, ways, places, decide_again)[1])

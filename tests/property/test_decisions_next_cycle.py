"""One cycle after another: what was decided binds the next."""

from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings

from credit_limits.decisions import decide
from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.periods import add_months
from credit_limits.explanation.reasons import ACTIONS, NONE, REASONS
from credit_limits.policy.portfolio import Portfolio
from credit_limits.policy.portfolio_caps import CapRule, Measure
from tests.decision_samples import drawn_portfolios, portfolio_of, shipped_policy

POLICY = replace(shipped_policy(), caps=(CapRule("exposure", Measure.EXPOSURE, None, 1.0),))


def after(portfolio: Portfolio, months: int) -> Portfolio:
    """The same portfolio some months on, its decisions carried out, all else as it was."""
    batch = decide(portfolio, POLICY, 6)
    moved = batch.to_minor != portfolio.limit_minor
    ends = [
        np.datetime64(add_months(portfolio.as_of, count)) if count else np.datetime64("NaT")
        for count in batch.close_months.tolist()
    ]
    until = np.fmax(np.array(ends, "datetime64[D]"), portfolio.increases_closed_until)
    others = portfolio.customer_total_minor - portfolio.limit_minor
    return replace(
        portfolio,
        as_of=add_months(portfolio.as_of, months),
        limit_minor=batch.to_minor,
        months_since_limit_change=np.where(
            moved, float(months), portfolio.months_since_limit_change + months
        ),
        increases_closed_until=until,
        customer_total_minor=others + batch.to_minor,
    )


@given(drawn_portfolios(most=15))
@settings(max_examples=100)
def test_no_limit_is_raised_twice_within_the_cool_off(portfolio):
    month_later = after(portfolio, 1)
    raised = month_later.limit_minor > portfolio.limit_minor
    again = decide(month_later, POLICY, 6)
    assert (again.to_minor <= month_later.limit_minor)[raised].all()


@given(drawn_portfolios(most=15))
@settings(max_examples=100)
def test_a_closure_outlasts_its_cause(portfolio):
    first = decide(portfolio, POLICY, 6)
    later = after(portfolio, 1)
    # whatever closed raises is over a month later
    calm = replace(
        later.features,
        days_past_due_latest=np.zeros(len(later)),
        loan_application_count_7d=np.zeros(len(later)),
        loan_application_count_30d=np.zeros(len(later)),
        device_change_count_30d=np.zeros(len(later)),
        linked_past_due_count=np.zeros(len(later)),
        utilization_ratio_12m=np.zeros(len(later)),
    )
    again = decide(replace(later, features=calm), POLICY, 6)
    closed = first.close_months > 0
    assert (again.to_minor <= later.limit_minor)[closed].all()
    code = REASONS.index(ReasonCode.INCREASES_CLOSED)
    for place in np.flatnonzero(closed & ~later.human_review_only):
        named = [each for each in again.reasons[place] if each != NONE]
        assert code in named or len(named) == 4 or again.to_minor[place] < later.limit_minor[place]


@given(drawn_portfolios(most=15))
@settings(max_examples=60)
def test_limits_of_overdue_accounts_fall_no_further_than_floor_and_balance(portfolio):
    now = portfolio
    for _ in range(6):
        now = after(now, 1)
    kept = np.minimum(
        portfolio.limit_minor,
        np.maximum(POLICY.bounds.floor_minor, np.maximum(portfolio.balance_minor, 0)),
    )
    assert (now.limit_minor >= kept).all()


def test_a_good_account_climbs_a_step_every_half_year_and_stops_at_its_bounds():
    free = replace(POLICY, caps=())
    now = portfolio_of({"pd": 0.005, "income_monthly_minor": float("nan")})
    seen = [int(now.limit_minor[0])]
    for _ in range(8):
        batch = decide(now, free, 6)
        now = replace(
            now,
            as_of=add_months(now.as_of, 6),
            limit_minor=batch.to_minor,
            balance_minor=batch.to_minor * 3 // 10,
            customer_total_minor=batch.to_minor,
            months_since_limit_change=np.array([6.0]),
        )
        seen.append(int(now.limit_minor[0]))
    assert seen == sorted(seen)
    assert seen[-1] <= POLICY.bounds.ceiling_minor
    assert now.as_of == date(2028, 1, 31)
    held = decide(now, free, 6)
    if seen[-1] == POLICY.bounds.ceiling_minor:
        assert ACTIONS[held.action[0]] is Action.HOLD
        assert REASONS[held.reasons[0, 0]] in (ReasonCode.CUSTOMER_CAP, ReasonCode.LIMIT_AT_CAP)

"""What must hold of the decisions of any portfolio."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decisions import decide
from credit_limits.domain.decision import Action, Decision, ReasonCode
from credit_limits.domain.errors import AllocationInfeasible
from credit_limits.domain.identifiers import AccountId, DecisionId
from credit_limits.domain.money import yuan
from credit_limits.explanation.reasons import ACTIONS, NONE, REASONS
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.portfolio_caps import CapRule, Measure
from credit_limits.policy.risk_grades import Grade
from tests.decision_samples import (
    NOT_KNOWN,
    drawn_portfolios,
    portfolio_of,
    reordered,
    shipped_policy,
)

# A cap that small portfolios can always meet: forced cuts only ever lower it.
POLICY = replace(shipped_policy(), caps=(CapRule("exposure", Measure.EXPOSURE, None, 1.0),))
WIDE = replace(POLICY, caps=())


def codes(batch, place):
    return tuple(REASONS[code] for code in batch.reasons[place] if code != NONE)


@given(drawn_portfolios(most=20))
@settings(max_examples=150)
def test_every_decision_is_one_that_can_be(portfolio):
    batch = decide(portfolio, POLICY, 6)
    for place in range(len(portfolio)):
        Decision(
            DecisionId("d"),
            AccountId(str(portfolio.account_id[place])),
            int(portfolio.limit_minor[place]),
            int(batch.to_minor[place]),
            ACTIONS[batch.action[place]],
            codes(batch, place),
            float(portfolio.default_probability[place]),
        )


@given(drawn_portfolios(most=20))
@settings(max_examples=150)
def test_limits_stay_within_permission_and_caps_hold(portfolio):
    batch = decide(portfolio, POLICY, 6)
    permissions = permitted(portfolio, POLICY)
    assert (batch.to_minor >= permissions.floor_minor).all()
    assert (batch.to_minor <= permissions.cap_minor).all()
    cap = batch.certificate.caps[0]
    assert cap.used <= cap.bound
    assert cap.used == pytest.approx(batch.exposure_minor.sum())
    assert batch.certificate.value == pytest.approx(batch.expected_profit_minor.sum())


@given(drawn_portfolios(most=15), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_accounts_makes_no_difference(portfolio, random):
    order = np.array(random.sample(range(len(portfolio)), len(portfolio)))
    straight = decide(portfolio, POLICY, 6)
    mixed = decide(reordered(portfolio, order), POLICY, 6)
    assert (mixed.to_minor == straight.to_minor[order]).all()
    assert (mixed.reasons == straight.reasons[order]).all()
    assert mixed.certificate == straight.certificate


@given(drawn_portfolios(most=15))
@settings(max_examples=100)
def test_reasons_fit_their_action(portfolio):
    batch = decide(portfolio, POLICY, 6)
    permissions = permitted(portfolio, POLICY)
    for place in range(len(portfolio)):
        found, action = codes(batch, place), ACTIONS[batch.action[place]]
        assert len(set(found)) == len(found)
        if action is Action.INCREASE:
            assert found[0] is ReasonCode.PROFITABLE_INCREASE
        if action is Action.CLOSE_INCREASES:
            assert permissions.close_months[place] > 0
        if action not in (Action.INCREASE, Action.DECREASE):
            rules = permissions.one(place).reasons
            assert found == rules[:4] if rules else len(found) == 1
        forced = permissions.cap_minor[place] < portfolio.limit_minor[place]
        assert not forced or found[0] in (
            ReasonCode.OVERDUE,
            ReasonCode.SERIOUSLY_OVERDUE,
            ReasonCode.HARDSHIP,
        )


def many(count=400, most_risk=0.35, **change):
    """Accounts alike but for their risk, from safe to risky."""
    risks = np.linspace(0.002, most_risk, count)
    return portfolio_of(*({"pd": float(risk), **change} for risk in risks))


def shares_raised(batch):
    raised = batch.action == ACTIONS.index(Action.INCREASE)
    return [
        float(raised[batch.grade == place].mean())
        for place in range(len(Grade))
        if (batch.grade == place).any()
    ]


def test_raises_become_rarer_with_risk():
    shares = shares_raised(decide(many(), WIDE, 6))
    assert shares[0] == 1.0
    assert shares[-1] == 0.0
    assert shares == sorted(shares, reverse=True)


def test_a_tight_cap_says_who_would_have_been_raised():
    portfolio = many(count=200, most_risk=0.03)
    free = decide(portfolio, WIDE, 6)
    slim = replace(POLICY, caps=(CapRule("exposure", Measure.EXPOSURE, None, 1.1),))
    tight = decide(portfolio, slim, 6)
    first = [codes(tight, place)[0] for place in range(len(portfolio))]
    kept_back = [
        place
        for place in range(len(portfolio))
        if free.to_minor[place] > portfolio.limit_minor[place]
        and tight.to_minor[place] == portfolio.limit_minor[place]
    ]
    assert kept_back
    assert all(first[place] is ReasonCode.PORTFOLIO_CAP for place in kept_back)
    assert tight.certificate.caps[0].price > 0


def test_caps_below_today_are_met_by_cuts():
    policy = replace(POLICY, caps=(CapRule("exposure", Measure.EXPOSURE, None, 0.9),))
    batch = decide(many(count=300), policy, 6)
    assert (batch.action == ACTIONS.index(Action.DECREASE)).any()
    assert batch.certificate.caps[0].slack >= 0


def test_a_cap_that_floors_cannot_meet_is_refused_by_name():
    policy = replace(POLICY, caps=(CapRule("all_limits", Measure.LIMIT, None, 0.2),))
    with pytest.raises(AllocationInfeasible, match="all_limits would reach"):
        decide(many(count=10), policy, 6)


def test_a_cap_of_one_product_leaves_the_other_alone_and_is_left_out_without_it():
    rule = CapRule("cash_limits", Measure.LIMIT, "cash_loan", 0.8)
    policy = replace(POLICY, caps=(rule,))
    mixed = portfolio_of(
        *({"pd": 0.01, "product": product} for product in ("pay_later", "cash_loan") * 20)
    )
    batch = decide(mixed, policy, 6)
    cash = mixed.product == 1
    assert batch.to_minor[cash].sum() <= 0.8 * mixed.limit_minor[cash].sum()
    assert (batch.to_minor[~cash] > mixed.limit_minor[~cash]).all()
    assert decide(many(count=5), policy, 6).certificate.caps == ()


def test_the_shipped_policy_takes_every_action_on_a_mixed_portfolio():
    thawing = {"status": "frozen", "state_since": date(2023, 10, 31)}
    kinds = (
        {"pd": 0.02},
        {"pd": 0.04, "balance": yuan(6_000), "utilization_ratio_12m": 0.6},
        {"pd": 0.3, "days_past_due_latest": 60.0},
        {"pd": 0.05, "device_change_count_30d": 4.0},
        {"pd": 0.05, "months_since_change": 2.0},
        {"pd": 0.6, "balance": 0, "income_monthly_minor": NOT_KNOWN},
        {"pd": 0.05, "device_change_count_30d": 4.0, "disputed_transaction_count_90d": 1.0},
        {"pd": 0.05, "state_causes": [ReasonCode.ACCOUNT_TAKEOVER], **thawing},
        {"pd": 0.3, "days_past_due_latest": 5.0, "income_lost_ratio": 0.3, "balance": yuan(10_000)},
        {
            "status": "increases_closed",
            "state_since": date(2023, 9, 30),
            "declines_increases": True,
        },
        {"annual_rate": 0.22, "declines_increases": True},
        {"human_review_only": True},
    )
    portfolio = portfolio_of(*(kinds[place % len(kinds)] for place in range(300)))
    batch = decide(portfolio, shipped_policy(), 6)
    assert set(batch.action.tolist()) == set(range(len(ACTIONS)))
    assert set(batch.actions[batch.actions != NONE].tolist()) == set(range(len(ACTIONS)))

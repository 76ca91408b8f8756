"""A cap over accounts not past due: what becomes of the others makes no room and takes none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.allocation.candidates import candidate_limits
from credit_limits.allocation.economics import candidate_values
from credit_limits.decisions import decide
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.portfolio_caps import CappedAccounts, CapRule, Measure
from tests.decision_samples import (
    NOT_KNOWN,
    drawn_accounts,
    drawn_portfolios,
    portfolio_of,
    shipped_policy,
)

ALL = CapRule("loss", Measure.EXPECTED_LOSS, None, 1.0)
PUNCTUAL = replace(ALL, accounts=CappedAccounts.NOT_PAST_DUE)
POLICY = replace(shipped_policy(), caps=(PUNCTUAL,))
HEAVY = {"balance": 600_000, "utilization_ratio_12m": 0.6, "balance_mean_6m_minor": 6e5}
LATE = {"pd": 0.6, "days_past_due_latest": 90.0, "on_time_streak_months": 0.0}


def loss_as_things_stand(portfolio, places):
    """Added up one account after the other."""
    candidates = candidate_limits(
        portfolio.limit_minor, permitted(portfolio, POLICY), POLICY.ladder
    )
    values = candidate_values(portfolio, candidates, POLICY.economics, 6)
    return sum(float(values.expected_loss[candidates.hold_index, place]) for place in places)


@given(drawn_portfolios(most=20))
@settings(max_examples=60)
def test_the_cap_adds_up_the_accounts_not_known_to_be_late_and_holds(portfolio):
    batch = decide(portfolio, POLICY, 6)
    days = portfolio.features.days_past_due_latest.tolist()
    places = [place for place, late in enumerate(days) if not late > 0]
    if not places:
        assert batch.certificate.caps == ()
        return
    (cap,) = batch.certificate.caps
    assert cap.used <= cap.bound
    assert cap.used == pytest.approx(sum(batch.expected_loss_minor[place] for place in places))
    assert cap.bound == pytest.approx(loss_as_things_stand(portfolio, places))


@given(
    st.lists(drawn_accounts(), min_size=1, max_size=12),
    st.lists(drawn_accounts(), min_size=1, max_size=6),
    st.sampled_from([1.0, 30.0, 90.0]),
)
@settings(max_examples=60)
def test_accounts_past_due_change_nothing_for_the_others(others, late, days):
    punctual = [{**account, "days_past_due_latest": NOT_KNOWN} for account in others]
    overdue = [{**account, "days_past_due_latest": days} for account in late]
    alone = decide(portfolio_of(*punctual), POLICY, 6)
    together = decide(portfolio_of(*punctual, *overdue), POLICY, 6)
    assert np.array_equal(together.to_minor[: len(punctual)], alone.to_minor)


def test_under_a_cap_over_all_accounts_a_forced_cut_pays_for_a_raise():
    """What the narrower cap is for: the same cut frees nothing under it."""
    portfolio = portfolio_of(*({"pd": 0.02, **HEAVY} for _ in range(5)), *(LATE for _ in range(5)))
    over_all = decide(portfolio, replace(POLICY, caps=(ALL,)), 6)
    narrow = decide(portfolio, POLICY, 6)
    late = portfolio.features.days_past_due_latest > 0
    assert (over_all.to_minor[late] < portfolio.limit_minor[late]).all()
    assert (narrow.to_minor[late] == over_all.to_minor[late]).all()
    assert (over_all.to_minor[~late] > portfolio.limit_minor[~late]).any()
    assert narrow.expected_loss_minor[~late].sum() <= loss_as_things_stand(
        portfolio, np.flatnonzero(~late).tolist()
    )
    assert over_all.expected_loss_minor[~late].sum() > narrow.expected_loss_minor[~late].sum()


def test_a_cap_over_punctual_accounts_of_one_product_needs_both():
    rule = replace(PUNCTUAL, name="cash", product="cash_loan")
    policy = replace(POLICY, caps=(rule,))
    accounts = [{"product": product} for product in ("pay_later", "cash_loan")]
    late_cash = [{"product": "cash_loan", **LATE}]
    portfolio = portfolio_of(*accounts, *late_cash)
    (cap,) = decide(portfolio, policy, 6).certificate.caps
    assert cap.bound == pytest.approx(loss_as_things_stand(portfolio, [1]))
    assert decide(portfolio_of(*accounts[:1], *late_cash), policy, 6).certificate.caps == ()

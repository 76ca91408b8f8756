"""What must hold of states whatever the account: causes and ways out, no raise, no flapping."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decisions import decide
from credit_limits.domain.account import AccountStatus
from credit_limits.domain.periods import add_months
from credit_limits.policy.account_changes import STATE_CAUSES, codes_of
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.portfolio import STATUSES, Portfolio
from credit_limits.policy.states import FREEZING_CAUSES, TRANSITIONS
from tests.decision_samples import (
    AS_OF,
    drawn_accounts,
    drawn_portfolios,
    portfolio_of,
    shipped_policy,
)
from tests.rulebook_samples import shipped_book

POLICY = replace(shipped_policy(), caps=())
OPEN, CLOSED, FROZEN = (
    STATUSES.index(state)
    for state in (AccountStatus.OPEN, AccountStatus.INCREASES_CLOSED, AccountStatus.FROZEN)
)
MONTHS = 24
SEEDS = st.integers(0, 2**32 - 1)


@given(drawn_portfolios())
@settings(max_examples=50, deadline=None)
def test_nothing_frozen_or_closed_is_raised_before_it_is_reopened(portfolio):
    found = permitted(portfolio, POLICY)
    shut = found.changes.state != OPEN
    shut |= (portfolio.status == FROZEN) | portfolio.state_conflict
    assert (found.cap_minor <= portfolio.limit_minor)[shut].all()
    assert (found.reasons != 0)[shut].all()
    risen = decide(portfolio, POLICY, 6).to_minor > portfolio.limit_minor
    assert not (risen & shut).any()


@given(drawn_portfolios())
@settings(max_examples=50, deadline=None)
def test_a_freeze_has_a_cause_that_may_freeze_and_its_day(portfolio):
    changes = permitted(portfolio, POLICY).changes
    for place in np.flatnonzero(changes.frozen):
        one = changes.one(int(place))
        assert one.causes
        assert set(one.causes) <= set(FREEZING_CAUSES)
        assert set(one.causes) <= set(one.reasons)
        assert (one.state, one.since) == (AccountStatus.FROZEN, AS_OF)
    assert not (changes.frozen & (portfolio.status == FROZEN)).any()


@given(drawn_portfolios())
@settings(max_examples=50, deadline=None)
def test_every_move_is_one_of_the_machine_and_says_why(portfolio):
    changes = permitted(portfolio, POLICY).changes
    known = {(t.before, t.after) for t in TRANSITIONS}
    for place in np.flatnonzero(changes.state != portfolio.status):
        before, after = STATUSES[portfolio.status[place]], STATUSES[changes.state[place]]
        assert (before, after) in known
        until = portfolio.increases_closed_until[place]
        # an account that an earlier decision closed, and the books still call open, only follows
        assert changes.one(int(place)).reasons or until >= np.datetime64(AS_OF)


@given(drawn_accounts(), st.sampled_from(["cash_loan", "pay_later"]))
@settings(max_examples=12, deadline=None)
def test_two_customers_equal_in_risk_inputs_get_equal_terms(account, product):
    alike = {**account, "product": product}
    pair = portfolio_of(
        {**alike, "id": "A1", "customer": "C1"}, {**alike, "id": "Z9", "customer": "C9"}
    )
    found = permitted(pair, POLICY, rulebook=shipped_book(AS_OF))
    assert found.one(0) == found.one(1)
    batch = decide(pair, POLICY, 6)
    assert batch.to_minor[0] == batch.to_minor[1]
    assert (batch.actions[0] == batch.actions[1]).all()
    assert (batch.scenario_limits_minor[0] == batch.scenario_limits_minor[1]).all()


@given(drawn_portfolios(), st.sampled_from([(2012, 1, 1), (2024, 1, 31), (2026, 1, 1)]))
@settings(max_examples=10, deadline=None)
def test_no_new_rate_is_above_the_law_or_the_policy_and_none_without_a_reason(portfolio, day):
    rulebook = shipped_book(AS_OF.replace(year=day[0], month=day[1], day=day[2]))
    changes = permitted(portfolio, POLICY, rulebook=rulebook).changes
    new = ~np.isnan(changes.annual_rate)
    highest = max(max(rates) for rates in POLICY.pricing.rates) / 10_000
    raised = new & (changes.annual_rate > portfolio.annual_rate)
    assert (changes.annual_rate[raised] <= highest).all()
    assert (changes.reasons != 0)[new].all()
    again = permitted(
        replace(portfolio, annual_rate=np.where(new, changes.annual_rate, portfolio.annual_rate)),
        POLICY,
        rulebook=rulebook,
    ).changes
    # a rate that has just been set is neither above the law nor far from its grade's
    assert np.isnan(again.annual_rate[new]).all()


def month_on(portfolio: Portfolio, features: dict[str, np.ndarray]) -> Portfolio:
    """The same accounts a month on, in the states that were decided, seen as ``features`` say."""
    found = permitted(portfolio, POLICY)
    ends = [
        np.datetime64(add_months(portfolio.as_of, months)) if months else np.datetime64("NaT")
        for months in found.close_months.tolist()
    ]
    until = np.fmax(np.array(ends, "datetime64[D]"), portfolio.increases_closed_until)
    return replace(
        portfolio,
        as_of=add_months(portfolio.as_of, 1),
        status=found.changes.state,
        state_since=found.changes.since.astype("datetime64[D]"),
        state_causes=found.changes.causes,
        increases_closed_until=until,
        features=replace(portfolio.features, **features),
    )


def lived(noise) -> tuple[np.ndarray, np.ndarray]:
    """States and causes, (months, accounts), of good accounts whose features ``noise`` gives."""
    first = noise(0)
    portfolio = portfolio_of(*({} for _ in range(len(next(iter(first.values()))))))
    now = replace(portfolio, features=replace(portfolio.features, **first))
    states, causes = [], []
    for month in range(1, MONTHS):
        now = month_on(now, noise(month))
        states.append(now.status)
        causes.append(now.state_causes)
    return np.array(states), np.array(causes)


@given(SEEDS)
@settings(max_examples=8, deadline=None)
def test_figures_that_waver_between_their_two_bounds_move_no_state_more_than_once(seed):
    random = np.random.default_rng(seed)
    count = 40
    closing, leave = POLICY.closing, POLICY.reopening

    def noise(month):
        # the first month is at the upper bound or below; later ones stay within the two bounds
        top = 1 if month == 0 else 0
        return {
            "loan_application_count_30d": random.integers(
                leave.loan_applications_30d_leave, closing.loan_applications_30d + top, count
            ).astype(float),
            "device_change_count_30d": random.integers(
                leave.device_changes_30d_leave, closing.device_changes_30d + top, count
            ).astype(float),
            "login_ratio_7d": random.uniform(
                POLICY.anomalies.login_ratio_leave, POLICY.anomalies.login_ratio - 0.01, count
            ),
        }

    states, _ = lived(noise)
    changes = (states[1:] != states[:-1]).sum(axis=0)
    assert (changes == 0).all()  # whoever came in in the first month stayed in, others stayed out
    assert set(np.unique(states).tolist()) <= {OPEN, CLOSED}


@given(SEEDS)
@settings(max_examples=8, deadline=None)
def test_however_wild_the_figures_states_change_no_oftener_than_their_least_times(seed):
    random = np.random.default_rng(seed)
    count = 60

    def noise(_):
        return {
            "loan_application_count_30d": random.choice([0.0, 3.0, 5.0, 9.0], count),
            "device_change_count_30d": random.choice([0.0, 2.0, 3.0], count),
            "login_ratio_7d": random.choice([0.5, 1.0, 3.0, 7.0, np.nan], count),
            "disputed_transaction_count_90d": random.choice([0.0, 1.0], count),
            "linked_past_due_count": random.choice([0.0, 1.0, 2.0, 4.0], count),
            "days_past_due_latest": random.choice([0.0, 0.0, 30.0, 60.0, 95.0], count),
        }

    states, causes = lived(noise)
    for state, least in (
        (CLOSED, min(POLICY.closing.loan_applications_close_months, 3)),
        (FROZEN, POLICY.freezing.months_min),
    ):
        for account in range(count):
            runs = _runs(states[:, account])
            # the last run may still be going on; increases may be closed on the way to a freeze
            for run_state, length, after in runs[:-1]:
                if run_state == state and after != FROZEN:
                    assert length >= least
    frozen = states == FROZEN
    assert (causes[frozen] != 0).all()
    for mask in np.unique(causes[frozen]).tolist():
        assert set(codes_of(mask, STATE_CAUSES)) & set(FREEZING_CAUSES)
    thawed = (states[:-1] == FROZEN) & (states[1:] != FROZEN)
    assert (states[1:][thawed] == CLOSED).all()


def _runs(states: np.ndarray) -> list[tuple[int, int, int | None]]:
    """Runs of one state: the state, for how long, and what came after it."""
    starts = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
    return [
        (int(states[a]), b - a, int(states[b]) if b < len(states) else None)
        for a, b in pairwise(starts)
    ]

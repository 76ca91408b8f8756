"""Sub-limits in bulk against the same for one account, on drawn accounts."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.account import Scenario
from credit_limits.policy.portfolio import STATUSES
from credit_limits.policy.scenario_limits import NO_SUB_LIMIT, scenario_limits_minor
from credit_limits.policy.scenario_limits_plain import scenario_limits_plain
from tests.decision_samples import drawn_portfolios, shipped_policy


@given(drawn_portfolios(most=8), st.integers(0, 30_000_000), st.sampled_from([0, 1, 2]))
@settings(max_examples=40, deadline=None)
def test_both_say_the_same_of_every_account(portfolio, to_minor, state):
    policy, count = shipped_policy(), len(portfolio)
    found = scenario_limits_minor(
        portfolio, policy, np.full(count, to_minor), np.full(count, state)
    )
    for place in range(count):
        account = portfolio.account(place)
        plain = scenario_limits_plain(account, policy, to_minor, STATUSES[state])
        row = dict(zip(Scenario, found[place].tolist(), strict=True))
        assert row == (plain or dict.fromkeys(Scenario, NO_SUB_LIMIT))

"""A day decided in parts keeps its counts of changes together, however it was parted."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decisions import decide
from credit_limits.domain.errors import AllocationInfeasible
from credit_limits.policy.portfolio_caps import BoundUnit, CapRule, Measure
from credit_limits.portfolio_problem import accounts_of_day
from tests.decision_samples import drawn_portfolios, shipped_policy

WINDOW = 6


@st.composite
def parted_days(draw):
    """A portfolio, which part each of its accounts is decided in, and the count of its day."""
    portfolio = draw(drawn_portfolios(most=10))
    parts = draw(
        st.lists(st.integers(0, 2), min_size=len(portfolio), max_size=len(portfolio)).map(np.array)
    )
    return portfolio, parts, draw(st.integers(0, 10))


@given(parted_days())
@settings(max_examples=25)
def test_all_parts_together_change_at_most_the_count(day):
    portfolio, parts, most = day
    count = CapRule("n", Measure.CHANGES, None, most, bound_unit=BoundUnit.COUNT)
    policy = replace(shipped_policy(), caps=(count,))
    shared, changed = accounts_of_day(portfolio, policy), 0
    for part in np.unique(parts):
        members = portfolio.where(parts == part)
        try:
            batch = decide(members, policy, WINDOW, day=shared)
        except AllocationInfeasible:  # cuts that rules force are more than the part may change
            continue
        changed += int((batch.to_minor != members.limit_minor).sum())
    assert changed <= most

"""From which day on a state may end, held against the state machine itself."""

from datetime import date

import pytest

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.explanation.state_exits import (
    EXIT_SENTENCES,
    StateHeld,
    earliest_end,
    state_exit,
)
from credit_limits.policy.account_changes import STATE_CAUSES
from tests.decision_samples import shipped_policy

POLICY = shipped_policy()
FROZEN, CLOSED = AccountStatus.FROZEN, AccountStatus.INCREASES_CLOSED
LATE = (ReasonCode.SERIOUSLY_OVERDUE,)


@pytest.mark.parametrize(
    ("held", "day"),
    [
        (StateHeld(FROZEN, date(2023, 11, 30), LATE, None), date(2024, 1, 1)),
        (StateHeld(FROZEN, date(2023, 12, 1), LATE, date(2025, 1, 1)), date(2024, 2, 1)),
        (StateHeld(FROZEN, date(2023, 12, 1), (), None), None),
        (StateHeld(FROZEN, None, LATE, None), None),
        (StateHeld(CLOSED, date(2023, 12, 1), LATE, date(2024, 2, 29)), date(2024, 3, 1)),
        (StateHeld(CLOSED, date(2023, 12, 1), (), None), date(2024, 3, 1)),
        (StateHeld(CLOSED, None, (), None), None),
        (StateHeld(AccountStatus.OPEN, date(2020, 1, 1), (), None), None),
    ],
)
def test_the_first_day(held, day):
    assert earliest_end(held, POLICY) == day
    found = state_exit(held, POLICY)
    assert (found is None) == (day is None)
    assert found is None or (found.earliest, found.state) == (day, held.state)


def test_every_cause_of_a_state_says_what_ends_it_in_both_languages():
    assert set(EXIT_SENTENCES) == set(STATE_CAUSES)
    found = state_exit(StateHeld(FROZEN, date(2023, 11, 30), STATE_CAUSES, None), POLICY)
    assert [cause for cause, _ in found.conditions] == list(STATE_CAUSES)
    for _, texts in found.conditions:
        assert len(texts) == 2
        assert not any("{" in text for text in texts)
    assert found.person_from == date(2024, 5, 1)
    closed = state_exit(StateHeld(CLOSED, date(2023, 11, 30), STATE_CAUSES, None), POLICY)
    assert closed.person_from is None

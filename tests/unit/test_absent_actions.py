"""An action that did not occur says what it takes: data that are not there, or further months."""

from dataclasses import replace

import pytest

from credit_limits.domain.decision import Action
from tests.golden.report_samples import decisions
from tidegate.adapters.absent_actions import absent_actions, what_it_takes
from tidegate.adapters.cycle_report_decisions import DecisionGroup, SeenByCycle
from tidegate.adapters.report_wording import ACTION_NAMES

WHOLE = frozenset({"statements", "transactions", "activity_events", "links", "customers"})
SEEN = SeenByCycle(
    frozen=0,
    frozen_without_cause=0,
    closed=0,
    past_due=0,
    rates_known=0,
    incomes_changed=0,
    tables=WHOLE,
)


@pytest.mark.parametrize(
    ("action", "seen", "told"),
    [
        (Action.UNFREEZE, {}, "status_cause"),
        (Action.UNFREEZE, {"frozen": 2, "frozen_without_cause": 2}, "2 accounts are frozen by"),
        (Action.UNFREEZE, {"frozen": 3, "frozen_without_cause": 2}, "1 account is frozen for a"),
        (Action.REOPEN_INCREASES, {}, "an earlier month closed"),
        (Action.REOPEN_INCREASES, {"closed": 7}, "7 accounts are closed to increases"),
        (Action.EXTEND_TERM, {}, "incomes over time"),
        (
            Action.EXTEND_TERM,
            {"incomes_changed": 5, "past_due": 9},
            "5 customers had more than one income on record, and none lost enough of it with a "
            "bill past due; 9 accounts are past due.",
        ),
        (Action.CHANGE_RATE, {}, "apr in the table accounts"),
        (Action.CHANGE_RATE, {"rates_known": 4}, "4 accounts are on record with a rate"),
        (Action.REFER, {}, "human_review_only"),
    ],
)
def test_what_it_takes(action, seen, told):
    assert told in what_it_takes(action, replace(SEEN, **seen))


@pytest.mark.parametrize("action", [Action.FREEZE, Action.CLOSE_INCREASES])
def test_tables_that_tell_of_causes_are_named_where_the_lake_lacks_them(action):
    assert "lacks" not in what_it_takes(action, SEEN)
    told = what_it_takes(action, replace(SEEN, tables=frozenset({"statements", "customers"})))
    assert "lacks transactions, activity_events, links" in told


def acted(*actions):
    """The decisions of a cycle in which these actions occurred."""
    total = DecisionGroup("all accounts", tuple((action, 1) for action in actions), 0, 0)
    return replace(decisions(), total=total, seen=SEEN)


def test_every_action_that_is_absent_is_told_and_no_other():
    there = (Action.HOLD, Action.INCREASE, Action.REFER)
    told = dict(absent_actions(acted(*there)))
    assert list(told) == [ACTION_NAMES[action] for action in Action if action not in there]
    assert all(sentence.endswith(".") for sentence in told.values())
    assert absent_actions(acted(*Action)) == ()


def test_a_cycle_of_which_nothing_was_seen_tells_nothing():
    assert absent_actions(replace(acted(Action.HOLD), seen=None)) == ()

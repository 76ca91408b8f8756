"""What an adjustment is told by: each decision once by its first action, and under all it does."""

from datetime import date

import numpy as np

from credit_limits.domain.decision import Action
from credit_limits.explanation.reasons import ACTIONS, NONE
from tidegate.operations.limits_outcome import AdjustLimitsOutcome, action_counts

DECREASE, UNFREEZE, HOLD = map(ACTIONS.index, (Action.DECREASE, Action.UNFREEZE, Action.HOLD))
TABLE = np.array([[DECREASE, UNFREEZE], [HOLD, NONE], [HOLD, NONE]])


def outcome(**counts):
    return AdjustLimitsOutcome.model_construct(as_of=date(2024, 12, 31), **counts)


def test_every_action_is_counted_also_those_that_never_occur():
    counts = action_counts(TABLE)
    assert list(counts) == [action.value for action in Action]
    assert {name: count for name, count in counts.items() if count} == {
        "decrease": 1,
        "hold": 2,
        "unfreeze": 1,
    }
    assert sum(action_counts(TABLE[:, 0]).values()) == len(TABLE)


def test_an_adjustment_is_told_by_all_that_was_done_where_that_was_counted():
    first, done = action_counts(TABLE[:, 0]), action_counts(TABLE)
    assert outcome(actions=first, done=done).counts["unfreeze"] == 1
    assert outcome(actions=first).counts == first

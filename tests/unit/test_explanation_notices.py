"""Which notice a decision owes, by when, and in which words."""

from datetime import date

import pytest

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.explanation.notices import NoticeKind, notice_kind, notice_of
from credit_limits.explanation.sentences import Language

DAY = date(2024, 1, 31)


def due(action=Action.DECREASE, reasons=(ReasonCode.OVERDUE,), **days):
    return notice_of(
        "d1",
        DAY,
        action,
        limits_minor=(1_000_000, 800_000),
        reasons=reasons,
        features=(),
        days_by_rule=days,
    )


@pytest.mark.parametrize("action", list(Action))
def test_only_a_hold_owes_nothing(action):
    assert (notice_kind(action) is None) == (action is Action.HOLD)
    assert (due(action) is None) == (action is Action.HOLD)


def test_what_is_in_the_customers_favour_is_no_adverse_action():
    adverse = {action for action in Action if notice_kind(action) is NoticeKind.ADVERSE}
    assert adverse == {
        Action.DECREASE,
        Action.CLOSE_INCREASES,
        Action.FREEZE,
        Action.CHANGE_RATE,
    }


def test_the_shortest_time_that_a_rule_leaves_counts():
    found = due(slow=30, quick=7, also_quick=7)
    assert (found.due_by, found.rule_id) == (date(2024, 2, 7), "also_quick")
    assert (due().due_by, due().rule_id) == (None, None)


def test_at_most_four_reasons_are_told_in_both_languages():
    found = due(reasons=tuple(ReasonCode)[:6])
    assert found.reasons == tuple(ReasonCode)[:4]
    assert set(found.text) == set(Language)
    assert "from 10,000 to 8,000 yuan" in found.text[Language.ENGLISH]
    assert "8,000元" in found.text[Language.CHINESE]


def test_the_id_follows_from_decision_and_kind():
    assert due().notice_id == due(quick=7).notice_id
    assert due(Action.INCREASE).notice_id != due().notice_id
    assert due(Action.INCREASE).kind is NoticeKind.INFORMATION
    assert len(due().notice_id) == 20

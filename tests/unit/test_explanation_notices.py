"""Which notice a decision owes, by when, and in which words."""

from datetime import date

import pytest

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.explanation.notices import Done, NoticeKind, notice_of, told_reasons
from credit_limits.explanation.sentences import BESIDE_SENTENCES, REASON_SENTENCES, Language

DAY = date(2024, 1, 31)
R = ReasonCode


def done(*actions, reasons=(R.OVERDUE,), change_reasons=(), rates=None):
    return Done(
        decision_id="d1",
        actions=actions or (Action.DECREASE,),
        limits_minor=(1_000_000, 800_000),
        annual_rates=rates,
        reasons=tuple(reasons),
        change_reasons=tuple(change_reasons),
        features=(),
    )


def due(*actions, days=None, **of):
    return notice_of(done(*actions, **of), DAY, days or {})


@pytest.mark.parametrize("action", list(Action))
def test_only_a_hold_owes_nothing(action):
    assert (due(action) is None) == (action is Action.HOLD)


def test_what_is_in_the_customers_favour_is_no_adverse_action():
    adverse = {action for action in Action if done(action).kind is NoticeKind.ADVERSE}
    assert adverse == {
        Action.DECREASE,
        Action.CLOSE_INCREASES,
        Action.FREEZE,
        Action.CHANGE_RATE,
    }


@pytest.mark.parametrize(
    ("rates", "kind"),
    [
        ((0.18, 0.20), NoticeKind.ADVERSE),
        ((None, 0.20), NoticeKind.ADVERSE),
        ((0.26, 0.24), NoticeKind.INFORMATION),
    ],
)
def test_a_rate_that_falls_takes_nothing_and_one_that_rises_does(rates, kind):
    assert done(Action.CHANGE_RATE, rates=rates).kind is kind
    assert done(Action.INCREASE, Action.CHANGE_RATE, rates=rates).kind is kind


def test_what_is_done_beside_a_raise_may_make_the_notice_adverse():
    found = due(Action.EXTEND_TERM, Action.CLOSE_INCREASES, change_reasons=(R.HARDSHIP,))
    assert found.kind is NoticeKind.ADVERSE
    assert done(Action.EXTEND_TERM).kind is NoticeKind.INFORMATION


def test_the_shortest_time_that_a_rule_leaves_counts():
    found = due(days={"slow": 30, "quick": 7, "also_quick": 7})
    assert (found.due_by, found.rule_id) == (date(2024, 2, 7), "also_quick")
    assert (due().due_by, due().rule_id) == (None, None)


def test_at_most_four_reasons_are_told_in_both_languages():
    found = due(reasons=tuple(ReasonCode)[:6])
    assert found.reasons == tuple(ReasonCode)[:4]
    assert set(found.text) == set(Language)
    assert "from 10,000 to 8,000 yuan" in found.text[Language.ENGLISH]
    assert "8,000元" in found.text[Language.CHINESE]


def test_all_that_is_done_is_told_with_its_reasons():
    four = (R.SERIOUSLY_OVERDUE, R.RISK_TOO_HIGH, R.COOL_OFF, R.INACTIVE)
    found = due(
        Action.DECREASE,
        Action.FREEZE,
        reasons=four,
        change_reasons=(R.ACCOUNT_TAKEOVER, R.SERIOUSLY_OVERDUE),
    )
    assert found.reasons == (*four[:1], R.ACCOUNT_TAKEOVER, R.RISK_TOO_HIGH, R.COOL_OFF)
    for place, language in enumerate(Language):
        assert BESIDE_SENTENCES[Action.FREEZE][place] in found.text[language]
        assert REASON_SENTENCES[R.ACCOUNT_TAKEOVER][place] in found.text[language]


def test_the_reasons_of_what_a_decision_is_known_by_come_first():
    freeze = told_reasons(Action.FREEZE, [R.COOL_OFF], [R.LINKED_RISK, R.COOL_OFF])
    assert freeze == (R.LINKED_RISK, R.COOL_OFF)
    assert told_reasons(Action.HOLD, [R.COOL_OFF, R.INACTIVE], []) == (R.COOL_OFF, R.INACTIVE)


@pytest.mark.parametrize("reason", ReasonCode)
@pytest.mark.parametrize("language", Language)
def test_every_reason_can_be_told_in_a_notice_in_each_language(reason, language):
    found = due(reasons=(reason,))
    place = list(Language).index(language)
    assert REASON_SENTENCES[reason][place] in found.text[language]


def test_a_decision_without_an_action_is_none():
    with pytest.raises(ValueError, match="does something"):
        Done("d1", (), (1, 1), None, (R.OVERDUE,), (), ())


def test_the_id_follows_from_decision_and_kind():
    assert due().notice_id == due(days={"quick": 7}).notice_id
    assert due(Action.INCREASE).notice_id != due().notice_id
    assert due(Action.INCREASE).kind is NoticeKind.INFORMATION
    assert len(due().notice_id) == 20

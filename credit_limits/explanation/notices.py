"""Notices that decisions owe their customers: to whom, by when, and in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.digest import digest_of
from credit_limits.explanation.sentences import Language, notice

MOST_REASONS = 4
_ID_DIGITS = 20
_FAVOURABLE = frozenset(
    {
        Action.INCREASE,
        Action.REOPEN_INCREASES,
        Action.UNFREEZE,
        Action.EXTEND_TERM,
        Action.REFER,
    }
)


class NoticeKind(StrEnum):
    """Why a notice is due: something was taken, closed or made dearer, or it was not."""

    ADVERSE = "adverse"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is due. ``text`` has the words of each language.

    ``due_by`` is the last day that a rule of law leaves for it, and ``rule_id`` that rule; both
    are ``None`` where no rule asks for the notice.
    """

    notice_id: str
    kind: NoticeKind
    due_by: date | None
    rule_id: str | None
    reasons: tuple[ReasonCode, ...]
    text: Mapping[Language, str]


def notice_kind(action: Action) -> NoticeKind | None:
    """Which notice an action owes; None for a hold. What is not known to be favourable is adverse.

    >>> notice_kind(Action.DECREASE)
    <NoticeKind.ADVERSE: 'adverse'>
    """
    if action is Action.HOLD:
        return None
    return NoticeKind.INFORMATION if action in _FAVOURABLE else NoticeKind.ADVERSE


def notice_of(
    decision_id: str,
    as_of: date,
    action: Action,
    *,
    limits_minor: tuple[int, int],
    reasons: Sequence[ReasonCode],
    features: Sequence[str],
    days_by_rule: Mapping[str, int],
) -> Notice | None:
    """The notice that a decision owes; None where it owes none.

    Args:
        decision_id: the decision; with the kind it makes the notice's id.
        as_of: day of the decision, from which the time for the notice runs.
        action: what was done.
        limits_minor: limit before and after, in minor units.
        reasons: the decision's, strongest first; at most four are told.
        features: names of the features behind the assessed risk, strongest first.
        days_by_rule: days that each rule of law touching the decision leaves for the notice; the
            fewest count, of equals the first by name.
    """
    kind = notice_kind(action)
    if kind is None:
        return None
    told = tuple(reasons[:MOST_REASONS])
    rule_id = min(days_by_rule, key=lambda rule: (days_by_rule[rule], rule), default=None)
    due_by = None if rule_id is None else as_of + timedelta(days=days_by_rule[rule_id])
    return Notice(
        notice_id=digest_of({"decision_id": decision_id, "kind": kind})[:_ID_DIGITS],
        kind=kind,
        due_by=due_by,
        rule_id=rule_id,
        reasons=told,
        text={
            language: notice(
                action, *limits_minor, reasons=told, features=features, language=language
            )
            for language in Language
        },
    )

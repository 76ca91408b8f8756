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
_OF_THE_LIMIT = frozenset({Action.INCREASE, Action.DECREASE, Action.HOLD})
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
    """Why words are due: something was taken, closed or made dearer, it was not, or a bill is."""

    ADVERSE = "adverse"
    INFORMATION = "information"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Done:
    """What a decision did, as its row has it.

    ``actions`` are all of it, the first the one that it is known by. Limits and annual rates are
    those before and after; ``annual_rates`` is ``None`` where the rate stays. ``reasons`` belong
    to the limit, ``change_reasons`` to the rest, strongest first. ``features`` are those behind
    the assessed risk.
    """

    decision_id: str
    actions: tuple[Action, ...]
    limits_minor: tuple[int, int]
    annual_rates: tuple[float | None, float] | None
    reasons: tuple[ReasonCode, ...]
    change_reasons: tuple[ReasonCode, ...]
    features: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.actions:
            raise ValueError(f"{self.decision_id}: a decision does something, if only to hold")

    @property
    def kind(self) -> NoticeKind | None:
        """Which notice is owed; None for a hold. What is not known to be favourable is adverse."""
        if self.actions == (Action.HOLD,):
            return None
        adverse = {*self.actions} - _FAVOURABLE - {Action.HOLD}
        if self.rate_falls:
            adverse -= {Action.CHANGE_RATE}
        return NoticeKind.ADVERSE if adverse else NoticeKind.INFORMATION

    @property
    def rate_falls(self) -> bool:
        """Whether the rate is known to fall."""
        if self.annual_rates is None or self.annual_rates[0] is None:
            return False
        return self.annual_rates[1] < self.annual_rates[0]


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


def notice_of(done: Done, as_of: date, days_by_rule: Mapping[str, int]) -> Notice | None:
    """The notice that a decision owes; None where it owes none.

    Args:
        done: what was decided.
        as_of: day of the decision, from which the time for the notice runs.
        days_by_rule: days that each rule of law touching the decision leaves for the notice; the
            fewest count, of equals the first by name.
    """
    kind = done.kind
    if kind is None:
        return None
    first, *beside = done.actions
    told = told_reasons(first, done.reasons, done.change_reasons)
    rule_id = min(days_by_rule, key=lambda rule: (days_by_rule[rule], rule), default=None)
    due_by = None if rule_id is None else as_of + timedelta(days=days_by_rule[rule_id])
    return Notice(
        notice_id=digest_of({"decision_id": done.decision_id, "kind": kind})[:_ID_DIGITS],
        kind=kind,
        due_by=due_by,
        rule_id=rule_id,
        reasons=told,
        text={
            language: notice(
                first,
                *done.limits_minor,
                reasons=told,
                features=done.features,
                beside=beside,
                language=language,
            )
            for language in Language
        },
    )


def told_reasons(
    first: Action, reasons: Sequence[ReasonCode], change_reasons: Sequence[ReasonCode]
) -> tuple[ReasonCode, ...]:
    """The reasons that a customer is told, each once and at most four.

    Those of what the decision is known by come first. Where that is a move of the limit, its
    strongest reason is followed by those of state, term and rate, so that a freeze beside a cut is
    never without its cause.

    >>> told_reasons(Action.HOLD, [ReasonCode.COOL_OFF], [])
    (<ReasonCode.COOL_OFF: 'cool_off'>,)
    """
    lead = 1 if first in _OF_THE_LIMIT else 0
    ordered = (*reasons[:lead], *change_reasons, *reasons[lead:])
    return tuple(dict.fromkeys(ordered))[:MOST_REASONS]

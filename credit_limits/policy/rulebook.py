"""The rule book: what laws and regulators ask of a lender's limits, as dated records.

A rule says for whom it holds (jurisdiction, lender type, days), in which case (a predicate over the
columns of :mod:`credit_limits.policy.rulebook_columns`) and what follows (its effect). Where a
predicate is null for an account, because something is not known, a blocking rule forbids a raise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.digest import digest_of
from credit_limits.policy.lender import Jurisdiction, Lender, LenderType
from credit_limits.policy.permission import RULE_ORDER
from credit_limits.policy.rulebook_language import Node, Operator, columns_of

_MOST_GROUNDS = 30


class Effect(StrEnum):
    """What follows where a predicate is true."""

    NO_INCREASE = "no_increase"
    CAP_CUSTOMER_TOTAL = "cap_customer_total"
    CAP_ANNUAL_RATE = "cap_annual_rate"
    REFER_TO_PERSON = "refer_to_person"
    NEEDS_NOTICE = "needs_notice"
    NEEDS_EXPLANATION = "needs_explanation"


EFFECTS: dict[Effect, str] = {
    Effect.NO_INCREASE: "the limit is not raised",
    Effect.CAP_CUSTOMER_TOTAL: (
        "the limits of the customer together are not raised beyond `at_most`, an amount in minor "
        "units; a total that is above it today may stay"
    ),
    Effect.CAP_ANNUAL_RATE: (
        "interest above `at_most`, a share a year, is never counted as revenue, and the limit is "
        "not raised; the predicate says whose rate is above it"
    ),
    Effect.REFER_TO_PERSON: "the limit stays as it is until a person decides",
    Effect.NEEDS_NOTICE: (
        "to whom any of the actions in `of` is done, a cut where it names none, is told, with the "
        "specific reasons, within `within_days`; no limit changes"
    ),
    Effect.NEEDS_EXPLANATION: "the decision is explained on request; no limit changes",
}
"""Every effect, and what it does."""

DUTIES = {Effect.NEEDS_NOTICE, Effect.NEEDS_EXPLANATION}
"""Effects that ask for something to be done beside the decision, which they leave as it is."""

CAPS = {Effect.CAP_CUSTOMER_TOTAL, Effect.CAP_ANNUAL_RATE}
"""Effects that have an amount."""


class Severity(StrEnum):
    """A blocking rule decides; a reporting rule is evaluated, counted and named, and no more."""

    BLOCKING = "blocking"
    REPORTING = "reporting"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from a rule: its effect with what the effect needs, and how it is told.

    ``at_most`` is the amount of a cap, ``within_days`` the time for a notice, ``notice_of`` the
    actions that it is owed for, ``reason`` the code whose sentence a customer is told where the
    rule keeps a limit from rising. Raises ``ValueError`` where the parts do not fit the effect.
    """

    effect: Effect
    severity: Severity
    at_most: Node | None = None
    within_days: int | None = None
    notice_of: tuple[Action, ...] = ()
    reason: ReasonCode | None = None

    def __post_init__(self) -> None:
        if (self.at_most is not None) != (self.effect in CAPS):
            raise ValueError("at_most is stated exactly where the effect is a cap")
        if (self.within_days is not None) != (self.effect is Effect.NEEDS_NOTICE):
            raise ValueError("within_days is stated exactly where the effect is needs_notice")
        if bool(self.notice_of) != (self.effect is Effect.NEEDS_NOTICE):
            raise ValueError("of is stated only where the effect is needs_notice")
        if Action.HOLD in self.notice_of:
            raise ValueError("of: who is held is owed no notice, since nothing is done")
        if self.effect in DUTIES and self.severity is Severity.BLOCKING:
            raise ValueError(f"{self.effect} changes no limit: its severity is reporting")
        if (self.reason is not None) != (self.effect not in DUTIES):
            raise ValueError("reason is stated exactly where the effect may hold a limit back")
        if self.reason is not None and self.reason not in RULE_ORDER:
            raise ValueError(f"{self.reason} is no reason for which a limit is not raised")

    @property
    def blocks(self) -> bool:
        """Whether the rule may keep a limit from rising."""
        return self.severity is Severity.BLOCKING


@dataclass(frozen=True, slots=True)
class Rule:
    """One record of the rule book.

    In force from ``effective_from`` to ``effective_to``, both included, and without an end where
    that is ``None``; for lenders of every licence where ``lender_type`` is ``None``. ``content`` is
    the record as it was written, in plain values. Records of one ``rule_id`` are the rule as it was
    in different times. Raises ``ValueError`` where the days are in the wrong order or the predicate
    has too many alternatives to name.
    """

    rule_id: str
    jurisdiction: Jurisdiction
    lender_type: LenderType | None
    effective_from: date
    effective_to: date | None
    predicate: Node
    consequence: Consequence
    content: Mapping[str, object] = field(hash=False)

    def __post_init__(self) -> None:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")
        if len(self.grounds) > _MOST_GROUNDS:
            raise ValueError(f"the predicate is an OR of more than {_MOST_GROUNDS} grounds")

    def holds_on(self, day: date) -> bool:
        """Whether the record is in force on a day."""
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )

    def binds(self, lender_type: LenderType) -> bool:
        """Whether the record is about lenders of this licence."""
        return self.lender_type in (lender_type, None)

    def clashes(self, other: "Rule") -> bool:
        """Whether two records of one rule would be in force together for some lender."""
        together = self.holds_on(other.effective_from) or other.holds_on(self.effective_from)
        kinds = {self.lender_type, other.lender_type}
        return together and (len(kinds) == 1 or None in kinds)

    @property
    def changes_on(self) -> tuple[date, ...]:
        """The days on which the rule book changes because of it."""
        ends = () if self.effective_to is None else (self.effective_to + timedelta(days=1),)
        return (self.effective_from, *ends)

    @property
    def grounds(self) -> tuple[tuple[str, Node], ...]:
        """The alternatives of the predicate by the columns that they name.

        Of ``a > 1 OR b OR a < 0`` those are ``a`` and ``b``: which of them is true says which
        columns decided.
        """
        grounds: dict[str, tuple[Node, ...]] = {}
        for node in self.predicate.disjuncts:
            name = ", ".join(sorted(node.columns))
            grounds[name] = (*grounds.get(name, ()), node)
        return tuple((name, _any_of(nodes)) for name, nodes in grounds.items())

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the predicate and the amount name."""
        amount = self.consequence.at_most
        return columns_of([self.predicate, *([amount] if amount else [])])


def _any_of(nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else Node(Operator.OR, nodes[0].kind, nodes)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force for a lender at a date, in order of their ids.

    ``since`` is the day of the last change up to that date, ``None`` where no rule had begun.
    """

    lender: Lender
    rules: tuple[Rule, ...]
    since: date | None

    @property
    def version(self) -> str:
        """Jurisdiction, licence and day of the last change: ``rulebook/CN-bank/2025-03-14``."""
        lender = f"{self.lender.jurisdiction}-{self.lender.lender_type}"
        return f"rulebook/{lender}/{self.since or 'no-rule-yet'}"

    @property
    def digest(self) -> str:
        """SHA-256 over the rules in force and the facts of the lender."""
        facts = {name: getattr(self.lender, name) for name in self.lender.__slots__}
        if not self.lender.partner_shares:  # as it was before a lender could state them
            del facts["partner_shares"]
        return digest_of({"lender": facts, "rules": [dict(rule.content) for rule in self.rules]})


NO_RULES = RuleBook(Lender(Jurisdiction.CHINA, LenderType.BANK, lends_jointly=False), (), None)
"""A rule book that asks nothing."""


def in_force(rules: Iterable[Rule], lender: Lender, on: date) -> RuleBook:
    """The rule book of a lender at a date, out of all records."""
    bound = [
        rule
        for rule in rules
        if rule.jurisdiction is lender.jurisdiction and rule.binds(lender.lender_type)
    ]
    changes = [day for rule in bound for day in rule.changes_on if day <= on]
    held = sorted((rule for rule in bound if rule.holds_on(on)), key=lambda rule: rule.rule_id)
    return RuleBook(lender, tuple(held), max(changes, default=None))


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """What differs between two rule books; ``changed`` holds each rule before and after."""

    added: tuple[Rule, ...]
    ended: tuple[Rule, ...]
    changed: tuple[tuple[Rule, Rule], ...]


def changes_between(before: RuleBook, after: RuleBook) -> RuleChanges:
    """What changes from one rule book to another, rules matched by their ids."""
    old = {rule.rule_id: rule for rule in before.rules}
    new = {rule.rule_id: rule for rule in after.rules}
    return RuleChanges(
        added=tuple(rule for name, rule in new.items() if name not in old),
        ended=tuple(rule for name, rule in old.items() if name not in new),
        changed=tuple(
            (old[name], rule) for name, rule in new.items() if name in old and old[name] != rule
        ),
    )

"""Which rules are in force at a date."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.policy.lender import Jurisdiction, LenderType
from credit_limits.policy.rulebook import Effect, Rule, Severity
from tidegate.operations.platform import Platform
from tidegate.operations.rule_book import rule_book_at


class RulebookListRequest(BaseModel):
    """The day, and for whom if not for this lender."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: date = Field(description="day on which the rules are in force")
    jurisdiction: Jurisdiction | None = Field(
        None, description="whose rules; those of the lender's own jurisdiction if empty"
    )
    lender_type: LenderType | None = Field(
        None, description="for lenders of this licence; the lender's own if empty"
    )


class RuleText(BaseModel):
    """A rule as its record says it."""

    model_config = ConfigDict(frozen=True)

    rule_id: str
    lender_type: str
    effective_from: date
    effective_to: date | None
    predicate: str
    effect: Effect
    at_most: str | None
    within_days: int | None
    of: str | None
    reason: str | None
    severity: Severity
    source: str
    description: str


class RulebookListOutcome(BaseModel):
    """The rule book of a date."""

    model_config = ConfigDict(frozen=True)

    on: date
    jurisdiction: Jurisdiction
    lender_type: LenderType
    version: str
    digest: str
    rules: tuple[RuleText, ...]


def rulebook_list(platform: Platform, request: RulebookListRequest) -> RulebookListOutcome:
    """The rules in force, in order of their ids.

    Raises:
        PolicyError: a file of the lender or of the rule book cannot be used.
    """
    book = rule_book_at(platform, request.on, request.jurisdiction, request.lender_type)
    return RulebookListOutcome(
        on=request.on,
        jurisdiction=book.lender.jurisdiction,
        lender_type=book.lender.lender_type,
        version=book.version,
        digest=book.digest,
        rules=tuple(rule_text(rule) for rule in book.rules),
    )


def rule_text(rule: Rule) -> RuleText:
    """A rule in the words of its record, line breaks taken out."""
    said = {
        name: " ".join(str(value).split()) if isinstance(value, str | float | int) else value
        for name, value in rule.content.items()
    }
    return RuleText.model_validate(
        {"effective_to": None, "at_most": None, "within_days": None, "of": None, "reason": None}
        | {name: value for name, value in said.items() if name not in ("id", "jurisdiction")}
        | {"rule_id": rule.rule_id}
    )

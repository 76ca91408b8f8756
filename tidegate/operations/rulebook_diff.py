"""What changes in the rule book from one date to another."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.policy.lender import Jurisdiction, LenderType
from credit_limits.policy.rulebook import changes_between
from tidegate.operations.platform import Platform
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.rulebook_list import RuleText, rule_text


class RulebookDiffRequest(BaseModel):
    """Two days, and for whom if not for this lender."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_: date = Field(description="the day before the change")
    to: date = Field(description="the day after it")
    jurisdiction: Jurisdiction | None = Field(
        None, description="whose rules; those of the lender's own jurisdiction if empty"
    )
    lender_type: LenderType | None = Field(
        None, description="for lenders of this licence; the lender's own if empty"
    )


class ChangedRule(BaseModel):
    """A rule before and after; ``fields`` are those that differ."""

    model_config = ConfigDict(frozen=True)

    before: RuleText
    after: RuleText
    fields: tuple[str, ...]


class RulebookDiffOutcome(BaseModel):
    """The rules that are new, those that have ended, and those that say something else."""

    model_config = ConfigDict(frozen=True)

    before: str
    after: str
    added: tuple[RuleText, ...]
    ended: tuple[RuleText, ...]
    changed: tuple[ChangedRule, ...]


def rulebook_diff(platform: Platform, request: RulebookDiffRequest) -> RulebookDiffOutcome:
    """Compare the rule books of two days.

    Raises:
        PolicyError: a file of the lender or of the rule book cannot be used.
    """
    before, after = (
        rule_book_at(platform, day, request.jurisdiction, request.lender_type)
        for day in (request.from_, request.to)
    )
    changes = changes_between(before, after)
    return RulebookDiffOutcome(
        before=before.version,
        after=after.version,
        added=tuple(rule_text(rule) for rule in changes.added),
        ended=tuple(rule_text(rule) for rule in changes.ended),
        changed=tuple(
            _changed(rule_text(before), rule_text(after)) for before, after in changes.changed
        ),
    )


def _changed(before: RuleText, after: RuleText) -> ChangedRule:
    differ = (
        name for name in RuleText.model_fields if getattr(before, name) != getattr(after, name)
    )
    return ChangedRule(before=before, after=after, fields=tuple(differ))

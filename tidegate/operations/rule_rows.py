"""What the rule book did to a batch: a list of rules for each row, a count for each rule."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from credit_limits.policy.lender import Jurisdiction, LenderType
from credit_limits.policy.rulebook import Effect, RuleBook, Severity
from credit_limits.policy.rulebook_findings import RuleTouch


class RuleRow(BaseModel):
    """One rule in a batch, in numbers of accounts.

    ``applies`` to whom its predicate is true; ``touched`` are those whom it alone would keep from
    rising or, of a notice, who are owed one; ``not_evaluated`` are those of whom it could not be
    said. ``within_days`` is the time for a notice. ``status`` is "evaluated" or says what was not.
    """

    model_config = ConfigDict(frozen=True)

    rule_id: str
    effect: Effect
    severity: Severity
    within_days: int | None
    applies: int
    touched: int
    not_evaluated: int
    absent_columns: tuple[str, ...]
    status: str
    description: str


class RuleBookRow(BaseModel):
    """The rule book under which limits were decided, and what each of its rules did."""

    model_config = ConfigDict(frozen=True)

    version: str
    digest: str
    jurisdiction: Jurisdiction
    lender_type: LenderType
    rules: tuple[RuleRow, ...]


def rule_book_row(rulebook: RuleBook, rules: Sequence[RuleTouch]) -> RuleBookRow:
    """The rule book as a row; ``rules`` are those of the batch that was decided under it."""
    return RuleBookRow(
        version=rulebook.version,
        digest=rulebook.digest,
        jurisdiction=rulebook.lender.jurisdiction,
        lender_type=rulebook.lender.lender_type,
        rules=tuple(_row(touch) for touch in rules),
    )


def rule_texts(rules: Sequence[RuleTouch], accounts: int) -> pa.Array:
    """For each account the rules that touched it, each with the columns that decided."""
    found: list[str] = []
    owners, places = [], []
    for touch in rules:
        texts, place = touch.finding.told(touch.touched)
        owners.append(np.flatnonzero(touch.touched))
        places.append(place + len(found))
        found += texts
    owner = np.concatenate([np.empty(0, np.int64), *owners])
    place = np.concatenate([np.empty(0, np.int64), *places])
    ends = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=accounts))])
    listed = pa.array(found, pa.string()).take(pa.array(place[np.argsort(owner, kind="stable")]))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), listed, type=pa.list_(pa.string()))


def _row(touch: RuleTouch) -> RuleRow:
    finding, rule = touch.finding, touch.finding.rule
    return RuleRow(
        rule_id=rule.rule_id,
        effect=rule.consequence.effect,
        severity=rule.consequence.severity,
        within_days=rule.consequence.within_days,
        applies=int(finding.applies.sum()),
        touched=int(touch.touched.sum()),
        not_evaluated=int(finding.unknown.sum()),
        absent_columns=finding.absent,
        status=_status(touch),
        description=str(rule.content["description"]).strip(),
    )


def _status(touch: RuleTouch) -> str:
    """A column that is absent matters where, for want of it, the rule could not be evaluated."""
    finding = touch.finding
    unknown = int(finding.unknown.sum())
    if not unknown:
        return "evaluated"
    if finding.absent:
        return f"not evaluated: column absent: {', '.join(finding.absent)}"
    return f"not evaluated for {unknown:,} of {len(finding.unknown):,} accounts"

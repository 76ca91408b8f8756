"""What the commands about the rule book say, and what others say of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidegate.cli.invocation import table

if TYPE_CHECKING:
    from tidegate.operations.rule_rows import RuleBookRow
    from tidegate.operations.rulebook_diff import RulebookDiffOutcome
    from tidegate.operations.rulebook_list import RulebookListOutcome, RuleText


def rule_book_lines(book: "RuleBookRow | None") -> list[str]:
    """The rule book of a batch, with the rules that touched accounts or could not be evaluated."""
    if book is None:
        return []
    told = [rule for rule in book.rules if rule.touched or rule.not_evaluated]
    rows = [(rule.rule_id, rule.touched, rule.status) for rule in told]
    head = f"{book.version}: {len(book.rules)} rules in force"
    return [head, *(table(("rule", "accounts touched", "status"), rows) if rows else [])]


def _rules_listed(outcome: "RulebookListOutcome") -> list[str]:
    head = f"{outcome.version}: {len(outcome.rules)} rules in force on {outcome.on}"
    rows = [
        (rule.rule_id, rule.severity, _effect(rule), str(rule.effective_from), rule.description)
        for rule in outcome.rules
    ]
    return [head, *table(("rule", "severity", "effect", "since", "what it asks"), rows)]


def _rules_compared(outcome: "RulebookDiffOutcome") -> list[str]:
    lines = [f"from {outcome.before} to {outcome.after}"]
    for word, rules in (("added", outcome.added), ("ended", outcome.ended)):
        for rule in rules:
            lines += [f"{word} {rule.rule_id}: {_effect(rule)} where {rule.predicate}"]
            lines += [f"  {rule.description}", f"  source: {rule.source}"]
    for change in outcome.changed:
        lines += [f"changed {change.after.rule_id}: {change.after.description}"]
        lines += [
            f"  {name}: {getattr(change.before, name)} -> {getattr(change.after, name)}"
            for name in change.fields
        ]
    return lines if len(lines) > 1 else [*lines, "nothing changes"]


def _effect(rule: "RuleText") -> str:
    if rule.within_days is not None:
        told = f" of {rule.of}" if rule.of is not None else ""
        return f"{rule.effect}{told} within {rule.within_days} days"
    return f"{rule.effect} at {rule.at_most}" if rule.at_most is not None else rule.effect


RULEBOOK_SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "rulebook_list": _rules_listed,
    "rulebook_diff": _rules_compared,
}

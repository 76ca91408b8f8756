"""The rule book for one account, as a person would work it out.

The twin of :mod:`credit_limits.policy.rulebook_sql` and of the findings and effects made of it;
what the tests compare DuckDB with. Null is ``None``, and logic has three values: what is not known
stays so unless the rest decides.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.portfolio import Account
from credit_limits.policy.rulebook import Effect, Rule, RuleBook
from credit_limits.policy.rulebook_columns import Value, account_values
from credit_limits.policy.rulebook_findings import OWN_COLUMNS
from credit_limits.policy.rulebook_language import Node, Operator


@dataclass(frozen=True, slots=True)
class RulesForAccount:
    """What blocking rules do to one account.

    ``reasons`` forbid a raise, ``tops`` are the highest limits under caps of the customer's total,
    ``rate_caps`` the highest annual rates under those that apply. ``rules`` names each rule that
    by itself keeps the limit from rising, and what decided.
    """

    reasons: frozenset[ReasonCode]
    referred: bool
    tops: tuple[int, ...]
    rate_caps: tuple[float, ...]
    rules: tuple[str, ...]


def rules_for_account(
    account: Account, rulebook: RuleBook, top_of: Callable[[int], int]
) -> RulesForAccount:
    """What the rule book does to an account.

    Args:
        account: the account.
        rulebook: the rules in force.
        top_of: the highest limit of the account for what its customer's total may grow by.
    """
    values = account_values(account, rulebook.lender)
    reasons: set[ReasonCode] = set()
    tops: list[int] = []
    rate_caps: list[float] = []
    rules: list[str] = []
    referred = False
    for rule in rulebook.rules:
        consequence = rule.consequence
        if not consequence.blocks or consequence.reason is None:
            continue
        truth, at_most, columns = _judged(rule, values)
        if truth is None:
            reasons.add(ReasonCode.RULE_NOT_EVALUATED)
            rules.append(f"{rule.rule_id}: not evaluated, {columns}")
            continue
        caught = truth
        if truth and consequence.effect is Effect.CAP_CUSTOMER_TOTAL and at_most is not None:
            tops.append(top_of(math.floor(at_most) - account.customer_total_minor))
            caught = tops[-1] <= account.limit_minor
        if truth and consequence.effect is Effect.CAP_ANNUAL_RATE and at_most is not None:
            rate_caps.append(at_most)
        if caught:
            reasons.add(consequence.reason)
            rules.append(f"{rule.rule_id}: {columns}" if columns else rule.rule_id)
            referred |= consequence.effect is Effect.REFER_TO_PERSON
    return RulesForAccount(
        frozenset(reasons), referred, tuple(tops), tuple(rate_caps), tuple(rules)
    )


def _judged(rule: Rule, values: Mapping[str, Value]) -> tuple[bool | None, float | None, str]:
    """Whether the rule applies (``None``: not known), its amount, and the columns that decided."""
    answers = {columns: value_of(node, values) for columns, node in rule.grounds}
    cap = rule.consequence.at_most
    truth = _any_true(list(answers.values()))
    told = {
        name for columns, answer in answers.items() if answer is truth for name in _names(columns)
    }
    if not truth or cap is None:
        return (None if truth is None else bool(truth)), None, ", ".join(sorted(told))
    at_most = value_of(cap, values)
    own = {*cap.columns, OWN_COLUMNS[rule.consequence.effect]}
    if at_most is None:
        return None, None, ", ".join(sorted(own))
    return True, float(at_most), ", ".join(sorted(told | own))


def _names(columns: str) -> list[str]:
    return columns.split(", ") if columns else []


def value_of(node: Node, account: Mapping[str, Value]) -> Value:
    """What an expression is worth for an account, given as a value a column.

    >>> from credit_limits.policy.rulebook_language import parse_predicate
    >>> node = parse_predicate("declines_increases OR balance_minor > 0")
    >>> value_of(node, {"declines_increases": None, "balance_minor": 5.0})
    True
    >>> value_of(node, {"declines_increases": None, "balance_minor": 0.0}) is None
    True
    """
    if node.operator is Operator.COLUMN:
        return account[str(node.value)]
    if node.operator is Operator.LITERAL:
        return node.value
    parts = [value_of(part, account) for part in node.parts]
    if node.operator in _OF_ALL:
        return _OF_ALL[node.operator](parts)
    if None in parts:
        return None
    return _OF_KNOWN[node.operator](*parts)


def _all_true(parts: Sequence[Value]) -> Value:
    if False in parts:
        return False
    return None if None in parts else True


def _any_true(parts: Sequence[Value]) -> Value:
    if True in parts:
        return True
    return None if None in parts else False


def _known(parts: Sequence[Value]) -> list[float]:
    return [float(part) for part in parts if part is not None]


_OF_ALL: dict[Operator, Callable[[Sequence[Value]], Value]] = {
    Operator.AND: _all_true,
    Operator.OR: _any_true,
    Operator.IS_NULL: lambda parts: parts[0] is None,
    Operator.COALESCE: lambda parts: next((part for part in parts if part is not None), None),
    Operator.LEAST: lambda parts: min(_known(parts), default=None),
    Operator.GREATEST: lambda parts: max(_known(parts), default=None),
}
_OF_KNOWN: dict[Operator, Callable[..., Value]] = {
    Operator.NOT: lambda part: not part,
    Operator.EQUAL: lambda left, right: left == right,
    Operator.LESS: lambda left, right: left < right,
    Operator.LESS_OR_EQUAL: lambda left, right: left <= right,
    Operator.ADD: lambda left, right: left + right,
    Operator.SUBTRACT: lambda left, right: left - right,
    Operator.MULTIPLY: lambda left, right: left * right,
    Operator.DIVIDE: lambda left, right: left / right if right else None,
    Operator.ABS: abs,
}

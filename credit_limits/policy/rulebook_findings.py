"""What the rule book finds in a portfolio: for each rule, whom it is about and on what grounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from credit_limits.domain.decision import Action
from credit_limits.policy.portfolio import Flags, Floats, Integers, Portfolio
from credit_limits.policy.rulebook import Effect, Rule, RuleBook
from credit_limits.policy.rulebook_columns import column_values
from credit_limits.policy.rulebook_language import columns_of
from credit_limits.policy.rulebook_sql import evaluated

_ACTIONS = tuple(Action)
OWN_COLUMNS: dict[Effect, str] = {
    Effect.CAP_CUSTOMER_TOTAL: "customer_total_minor",
    Effect.CAP_ANNUAL_RATE: "annual_rate",
}
"""What a cap is compared with, beside the columns that its record names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule over N accounts.

    ``applies`` is where its predicate is true, ``unknown`` where it, or the amount that follows
    from it, is null. ``at_most`` is the amount of a cap where it applies, NaN elsewhere.
    ``grounds`` has bit k set where ground k of the predicate is true or, where the rule is
    unknown, null. ``absent`` are the columns named that are not known of any account.
    """

    rule: Rule
    applies: Flags
    unknown: Flags
    at_most: Floats
    grounds: Integers
    absent: tuple[str, ...]

    def told(self, flags: Flags) -> tuple[tuple[str, ...], Integers]:
        """Texts, and for each account flagged the place of its own: rule and deciding columns."""
        keys = self.grounds[flags] * 2 + self.unknown[flags]
        found, places = np.unique(keys, return_inverse=True)
        texts = tuple(
            told(self.rule, deciding(self.rule, grounds // 2, unknown=bool(grounds % 2)))
            for grounds in found.tolist()
        )
        return texts, np.asarray(places, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class RuleTouch:
    """A rule and the accounts, N places, that it touched: those whom it alone would hold back."""

    finding: Finding
    touched: Flags

    def text_of(self, index: int) -> str:
        """The rule and what decided the case of one account."""
        finding = self.finding
        return told(
            finding.rule,
            deciding(
                finding.rule, int(finding.grounds[index]), unknown=bool(finding.unknown[index])
            ),
        )


def told(rule: Rule, columns: str) -> str:
    """How a decision names a rule: its id and what decided."""
    return f"{rule.rule_id}: {columns}" if columns else rule.rule_id


def deciding(rule: Rule, grounds: int, *, unknown: bool) -> str:
    """The columns that decided a case, in words; those of the null grounds where it is unknown."""
    names = {
        name
        for place, (columns, _) in enumerate(rule.grounds)
        if grounds >> place & 1
        for name in columns.split(", ")
    }
    amount = rule.consequence.at_most
    # of a cap that is unknown without a null ground, the amount is what is null
    if amount is not None and not (unknown and grounds):
        names |= amount.columns | {OWN_COLUMNS[rule.consequence.effect]}
    listed = ", ".join(sorted(names - {""}))
    return f"not evaluated, {listed}" if unknown else listed


def find(portfolio: Portfolio, rulebook: RuleBook) -> tuple[Finding, ...]:
    """Evaluate every rule for every account, all in one query.

    Returns:
        A finding for each rule of the book, in its order.
    """
    asked = [
        [*(node for _, node in rule.grounds), *([amount] if amount else [])]
        for rule in rulebook.rules
        for amount in (rule.consequence.at_most,)
    ]
    nodes = [node for each in asked for node in each]
    values = {name: column_values(name, portfolio, rulebook.lender) for name in columns_of(nodes)}
    absent = {name for name, value in values.items() if _is_absent(value)}
    answers = iter(evaluated(nodes, values, len(portfolio)))
    return tuple(
        _finding(rule, [next(answers) for _ in each], absent & rule.columns)
        for rule, each in zip(rulebook.rules, asked, strict=True)
    )


def _finding(rule: Rule, answers: list[Floats], absent: set[str]) -> Finding:
    truths = np.column_stack(answers[: len(rule.grounds)])
    applies, null = (truths == 1).any(axis=1), np.isnan(truths)
    unknown = ~applies & null.any(axis=1)
    bits = np.left_shift(np.int64(1), np.arange(truths.shape[1], dtype=np.int64))
    grounds = (np.where(unknown[:, None], null, truths == 1) * bits).sum(axis=1)
    at_most = np.full(len(applies), np.nan)
    if rule.consequence.at_most is not None:
        at_most = np.where(applies, answers[-1], np.nan)
        no_amount = applies & np.isnan(at_most)
        applies, unknown = applies & ~no_amount, unknown | no_amount
        grounds = np.where(no_amount, 0, grounds)
    return Finding(rule, applies, unknown, at_most, grounds, tuple(sorted(absent)))


def _is_absent(value: object) -> bool:
    if not isinstance(value, np.ndarray):
        return value is None
    return bool(value.dtype.kind == "f" and len(value) and np.isnan(value).all())


def with_duties(rules: Sequence[RuleTouch], done: Integers) -> tuple[RuleTouch, ...]:
    """The rules with the accounts that they touched once it is decided what is done.

    A rule that asks for a notice touches the accounts to which any of the actions that it names is
    done, also where it is not known whether it holds.

    Args:
        rules: every rule of the book with those whom it alone would hold back.
        done: all that is done to each account, shape (N, M): places in ``tuple(Action)``, negative
            where there is no further one.
    """
    return tuple(
        replace(rule, touched=(rule.finding.applies | rule.finding.unknown) & _owed(rule, done))
        if rule.finding.rule.consequence.effect is Effect.NEEDS_NOTICE
        else rule
        for rule in rules
    )


def _owed(rule: RuleTouch, done: Integers) -> Flags:
    """To whom any of the actions is done that the rule asks a notice of."""
    places = [_ACTIONS.index(action) for action in rule.finding.rule.consequence.notice_of]
    return np.asarray(np.isin(done, places).any(axis=1))

"""What the findings of the rule book do to what is permitted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.portfolio import Flags, Floats, Integers, Portfolio
from credit_limits.policy.rulebook import Effect
from credit_limits.policy.rulebook_findings import Finding

_UNBOUNDED = np.iinfo(np.int64).max
_LARGEST_MINOR = 1e15


@dataclass(frozen=True, slots=True)
class RuleEffects:
    """What blocking rules do, N places each.

    ``forbidden`` says for which reason whose limit is not raised, ``referred`` for whom a person
    decides. ``ceiling_minor`` is the highest limit under every cap of a customer's total. ``held``
    are, for each finding, the accounts that this rule by itself keeps from rising.
    """

    forbidden: dict[ReasonCode, Flags]
    referred: Flags
    ceiling_minor: Integers
    held: tuple[Flags, ...]


def rule_effects(
    portfolio: Portfolio,
    findings: Sequence[Finding],
    ceiling_of: Callable[[Integers], Integers],
) -> RuleEffects:
    """The effects of the findings.

    Args:
        portfolio: the accounts.
        findings: of every rule, for these accounts.
        ceiling_of: the highest limit of each account for what its customer's total may still
            grow by, in minor units.
    """
    count = len(portfolio)
    forbidden: dict[ReasonCode, Flags] = {}
    referred = np.zeros(count, dtype=np.bool_)
    lowest = np.full(count, _UNBOUNDED)
    held = []
    for finding in findings:
        consequence = finding.rule.consequence
        if not consequence.blocks or consequence.reason is None:
            held.append(np.zeros(count, dtype=np.bool_))
            continue
        caught = finding.applies
        if consequence.effect is Effect.REFER_TO_PERSON:
            referred |= caught
        elif consequence.effect is Effect.CAP_CUSTOMER_TOTAL:
            ceiling = _ceiling(portfolio, finding, ceiling_of)
            lowest, caught = np.minimum(lowest, ceiling), ceiling <= portfolio.limit_minor
        _forbid(forbidden, consequence.reason, caught)
        _forbid(forbidden, ReasonCode.RULE_NOT_EVALUATED, finding.unknown)
        held.append(caught | finding.unknown)
    return RuleEffects(forbidden, referred, lowest, tuple(held))


def counted_annual_rate(portfolio: Portfolio, findings: Sequence[Finding]) -> Floats:
    """The annual rate that may be counted as revenue: at most every cap on it; NaN not known."""
    rate = portfolio.annual_rate
    for finding in findings:
        consequence = finding.rule.consequence
        if consequence.effect is Effect.CAP_ANNUAL_RATE and consequence.blocks:
            rate = np.where(finding.applies, np.minimum(rate, finding.at_most), rate)
    return np.asarray(rate, dtype=np.float64)


def _forbid(forbidden: dict[ReasonCode, Flags], reason: ReasonCode, flags: Flags) -> None:
    forbidden[reason] = flags | forbidden.get(reason, np.zeros_like(flags))


def _ceiling(
    portfolio: Portfolio, finding: Finding, ceiling_of: Callable[[Integers], Integers]
) -> Integers:
    at_most = np.where(finding.applies, finding.at_most, 0.0)
    free = np.floor(np.clip(at_most, -_LARGEST_MINOR, _LARGEST_MINOR)).astype(np.int64)
    ceiling = ceiling_of(free - portfolio.customer_total_minor)
    return np.where(finding.applies, ceiling, _UNBOUNDED)

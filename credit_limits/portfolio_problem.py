"""The portfolio as an allocation problem: candidates, and the policy's rows over all of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from credit_limits.allocation.candidates import Candidates
from credit_limits.allocation.economics import CandidateValues
from credit_limits.allocation.problem import AllocationProblem, Cap, exact_sum
from credit_limits.policy.lender import Lender
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import Flags, Floats, Integers, Portfolio
from credit_limits.policy.portfolio_caps import BoundUnit, CapRule, Measure
from credit_limits.policy.ratio_rows import AveragedMeasure, RatioRule


@dataclass(frozen=True, slots=True)
class RatioHeld:
    """A ratio row under the limits decided; averages in minor units an account.

    ``average_minor`` is over the ``accounts`` of the group, ``reference_average_minor`` over the
    ``reference_accounts``.
    """

    rule: RatioRule
    accounts: int
    reference_accounts: int
    average_minor: float
    reference_average_minor: float


GroupSizes = Mapping[str, tuple[int, int]]
"""Accounts of the group and of the reference that a ratio row divides by, by its name."""
DayAccounts = Mapping[str, int]
"""Accounts in the scope of each count of changes, of all that a day decides about, by its name."""
_FLOOR = "at least "
_ROUNDING_MINOR = 1e-6
"""An average is rounded: a row that is met exactly must not miss by its last digit."""


def allocation_problem(
    portfolio: Portfolio,
    candidates: Candidates,
    values: CandidateValues,
    policy: LimitPolicy,
    *,
    lender: Lender,
    sizes: GroupSizes | None = None,
    day: DayAccounts = MappingProxyType({}),
) -> AllocationProblem:
    """The portfolio's problem. Of equals today's limit is preferred.

    A cap's bound is its ratio times the measure's sum at today's limits, or the changes that it
    allows; a row on accounts of which the portfolio has none is left out. A floor is the cap of the
    negated measure. A ratio row "average of A >= r x average of B" is the cap
    r x average of B - average of A <= 0, up to a millionth of a minor unit, the average over
    ``sizes`` where they are given: those of the batch that the accounts were decided in. A count of
    changes is this portfolio's alone, but where ``day`` says of how many it is a part.

    Raises:
        PolicyError: a cap is on the funded balance, and the lender does not say what a partner
            funds.
    """
    measures = _Measures(portfolio, candidates, values, lender)
    capped = [rule for each in policy.caps for rule in each.for_partners(portfolio)]
    caps = [measures.cap(rule, day.get(rule.name)) for rule in capped]
    rows = [measures.ratio_row(rule, sizes) for rule in policy.ratio_rows]
    return AllocationProblem(
        account_id=portfolio.account_id,
        profit=values.profit,
        allowed=candidates.allowed,
        measures=measures.taken,
        caps=tuple(row for row in (*caps, *rows) if row is not None),
        preferred=np.full(len(portfolio), candidates.hold_index, dtype=np.int64),
    )


def accounts_of_day(portfolio: Portfolio, policy: LimitPolicy) -> DayAccounts:
    """How many accounts of the whole day are in the scope of each count of changes."""
    capped = [rule for each in policy.caps for rule in each.for_partners(portfolio)]
    counted = (rule for rule in capped if rule.bound_unit is BoundUnit.COUNT)
    inside = {rule.name: rule.scope.flags(portfolio) for rule in counted}
    return {
        name: len(portfolio) if flags is None else int(flags.sum())
        for name, flags in inside.items()
    }


def rows_over(portfolio: Portfolio, policy: LimitPolicy) -> set[str]:
    """Names of the caps and ratio rows that a raise of any of these accounts uses.

    Of a ratio row those are the accounts of its reference.
    """
    capped = [rule for each in policy.caps for rule in each.for_partners(portfolio)]
    scopes = {rule.name: rule.scope for rule in capped if not rule.at_least}
    scopes |= {rule.name: rule.reference for rule in policy.ratio_rows}
    inside = {name: scope.flags(portfolio) for name, scope in scopes.items()}
    return {name for name, flags in inside.items() if flags is None or flags.any()}


def ratios_held(
    portfolio: Portfolio, to_minor: Integers, policy: LimitPolicy
) -> tuple[RatioHeld, ...]:
    """What every ratio row comes to; those with a group of which there is no account left out."""
    return tuple(_ratios_held(portfolio, to_minor, policy))


def _ratios_held(
    portfolio: Portfolio, to_minor: Integers, policy: LimitPolicy
) -> Iterator[RatioHeld]:
    change = (to_minor - portfolio.limit_minor).astype(np.float64)
    for rule in policy.ratio_rows:
        group, reference = _groups(portfolio, rule)
        counts = int(group.sum()), int(reference.sum())
        if not all(counts):
            continue
        taken = change if rule.measure is AveragedMeasure.LIMIT_CHANGE else change.clip(min=0.0)
        yield RatioHeld(
            rule,
            *counts,
            average_minor=float(taken[group].mean()),
            reference_average_minor=float(taken[reference].mean()),
        )


def _groups(portfolio: Portfolio, rule: RatioRule) -> tuple[Flags, Flags]:
    everyone = np.ones(len(portfolio), dtype=np.bool_)
    group, reference = (scope.flags(portfolio) for scope in (rule.group, rule.reference))
    return everyone if group is None else group, everyone if reference is None else reference


class _Measures:
    """The measures that the rows of a policy are on, each made once."""

    def __init__(
        self, portfolio: Portfolio, candidates: Candidates, values: CandidateValues, lender: Lender
    ) -> None:
        self.taken: dict[str, Floats] = {}
        self._portfolio, self._candidates = portfolio, candidates
        self._values, self._lender = values, lender

    def cap(self, rule: CapRule, of_day: int | None) -> Cap | None:
        scope = rule.scope.flags(self._portfolio)
        if scope is not None and not scope.any():
            return None
        name = f"{_FLOOR}{rule.measure}" if rule.at_least else str(rule.measure)
        values = self._take(name)
        if rule.measure is Measure.CHANGES:
            inside = len(self._portfolio) if scope is None else int(scope.sum())
            return Cap(rule.name, name, float(rule.most_changes(inside, of_day)), scope)
        today = values[self._candidates.hold_index]
        bound = rule.bound * exact_sum(today if scope is None else today[scope])
        return Cap(rule.name, name, bound, scope)

    def ratio_row(self, rule: RatioRule, sizes: GroupSizes | None) -> Cap | None:
        group, reference = _groups(self._portfolio, rule)
        found = int(group.sum()), int(reference.sum())
        counts = found if sizes is None else sizes.get(rule.name, (0, 0))
        if not all(counts):
            return None
        weights = rule.ratio / counts[1] * reference - group / counts[0]
        self._take(str(rule.measure))
        return Cap(rule.name, str(rule.measure), _ROUNDING_MINOR, weights)

    def _take(self, name: str) -> Floats:
        if name not in self.taken:
            self.taken[name] = self._made(name)
        return self.taken[name]

    def _made(self, name: str) -> Floats:
        if name.startswith(_FLOOR):
            return np.asarray(-self._take(name.removeprefix(_FLOOR)))
        limit, values = self._candidates.limit_minor.astype(np.float64), self._values
        change = limit - limit[self._candidates.hold_index]
        made: dict[str, Callable[[], Floats]] = {
            Measure.LIMIT: lambda: limit,
            Measure.EXPOSURE: lambda: values.exposure,
            Measure.EXPECTED_LOSS: lambda: values.expected_loss,
            Measure.PROVISION: lambda: values.provision,
            Measure.FUNDED_BALANCE: lambda: values.balance * self._own_share(),
            Measure.CHANGES: lambda: (change != 0).astype(np.float64),
            AveragedMeasure.INCREASE: lambda: change.clip(min=0.0),
            AveragedMeasure.LIMIT_CHANGE: lambda: change,
        }
        return made[name]()

    def _own_share(self) -> Floats:
        partners, place = np.unique(self._portfolio.partner, return_inverse=True)
        return np.array([self._lender.own_share(name) for name in partners.tolist()])[place]

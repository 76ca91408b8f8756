"""The portfolio solver: the most profit under all caps, and what proves it.

Three steps: prices for the caps from the Lagrangian dual; exact prices from a linear program over
the accounts nearest to a switch; the choice, by price for nearly all accounts and by an exact
program for those few.
"""

import numpy as np

from credit_limits.allocation.bulk_moves import relieve
from credit_limits.allocation.certificate import Allocation, CapUsage, Certificate
from credit_limits.allocation.core import regrets
from credit_limits.allocation.dual import DualPoint, minimise_dual
from credit_limits.allocation.finishing import Finisher, refine
from credit_limits.allocation.infeasibility import (
    Shortfall,
    caps_out_of_reach,
    caps_out_of_reach_together,
    nearest_miss,
)
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import AllocationProblem, Integers
from credit_limits.domain.errors import AllocationInfeasible

_CORE_ACCOUNTS = 64
_MOST_CORE_ACCOUNTS = 1024
_DUAL_TOLERANCE = 1e-7


def allocate(
    problem: AllocationProblem,
    *,
    gap_target: float = 5e-6,
    core_accounts: int = _CORE_ACCOUNTS,
) -> Allocation:
    """The choice of one candidate for each account with the most profit under the caps.

    The same problem with its accounts in another order has the same answer; between choices worth
    the same the preferred candidate, then the lowest place, is taken.

    Args:
        problem: candidates, measures and caps.
        gap_target: the search ends when value and bound are as near as this, relatively; the
            certificate says what was reached.
        core_accounts: how many accounts are decided exactly at first.

    Raises:
        AllocationInfeasible: no choice meets the caps; the message names those that are exceeded
            and by how much.
        ValueError: an account id occurs twice.
    """
    accounts = PricedAccounts(problem.in_order())
    if missed := caps_out_of_reach(accounts.problem):
        raise _infeasible("even with every account where it uses least", missed)
    unconstrained = accounts.at(np.zeros(len(accounts.caps))).choice
    point, split = refine(accounts, minimise_dual(accounts, _DUAL_TOLERANCE), core_accounts)
    finisher = Finisher(accounts, point, gap_target)
    finisher.search(core_accounts, _MOST_CORE_ACCOUNTS)
    if finisher.choice is None and not finisher.impossible:
        if missed := caps_out_of_reach_together(accounts.problem):
            raise _infeasible("together, at the best compromise", missed)
        finisher.search(_MOST_CORE_ACCOUNTS, accounts.count)
    if finisher.choice is None:
        raise _none_in_whole_candidates(accounts, point)
    certificate = _certificate(accounts, point, finisher.choice, finisher.bound, split)
    if accounts.problem is problem:
        return Allocation(finisher.choice, unconstrained, certificate)
    place = np.searchsorted(accounts.problem.account_id, problem.account_id)
    return Allocation(finisher.choice[place], unconstrained[place], certificate)


def _certificate(
    accounts: PricedAccounts, point: DualPoint, choice: Integers, bound: float, split: int
) -> Certificate:
    used = accounts.problem.usage(choice)
    return Certificate(
        value=accounts.problem.value(choice),
        bound=bound,
        caps=tuple(
            CapUsage(cap.name, cap.measure, cap.bound, amount, price)
            for cap, amount, price in zip(accounts.caps, used, point.prices.tolist(), strict=True)
        ),
        passes=point.passes,
        split_accounts=split,
    )


def _none_in_whole_candidates(accounts: PricedAccounts, point: DualPoint) -> AllocationInfeasible:
    if missed := caps_out_of_reach_together(accounts.problem):
        return _infeasible("together, at the best compromise", missed)
    nearest = relieve(accounts, regrets(accounts, point), point.best.choice)
    return _infeasible(
        "together in whole candidates; the nearest choice found misses them",
        nearest_miss(accounts.problem, nearest),
    )


def _infeasible(how: str, missed: tuple[Shortfall, ...]) -> AllocationInfeasible:
    return AllocationInfeasible(
        f"the caps cannot be met {how}: {'; '.join(str(cap) for cap in missed)}; "
        "raise these caps in the limit policy or permit lower limits"
    )

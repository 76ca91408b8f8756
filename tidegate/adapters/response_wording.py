"""How the cycle's page words the response to a limit."""

import math

from tidegate.adapters.cycle_report_response import (
    AssumedResponse,
    LimitResponseTold,
    MeasuredResponse,
    ResponseUsed,
)
from tidegate.adapters.report_wording import count, percent, plural

_RAISED = 1.1


def by_a_tenth(elasticity: float) -> str:
    """What a limit higher by a tenth adds, at an elasticity.

    >>> by_a_tenth(0.27)
    '2.6%'
    """
    return percent(math.exp(elasticity * math.log(_RAISED)) - 1)


def response_sentence(told: LimitResponseTold) -> str:
    """What decided, by what it is known, and how that compares with the policy's assumption."""
    said = [_measured(told.measured) if told.measured else f"{_first(told.absent)}."]
    if told.used and told.assumed:
        said.append(_used(told.used, told.assumed, measured=told.measured is not None))
    return " ".join(said)


def _measured(measured: MeasuredResponse) -> str:
    drawn = f"{plural(measured.changes, 'limit')} of {plural(measured.customers, 'customer')}"
    seen = (
        f"{drawn} were drawn at random and have their months behind them: a limit higher by 10% "
        f"raised the balance by {by_a_tenth(measured.balance.value)}."
    )
    if measured.default is None:
        return f"{seen} Of default nothing is told: {measured.default_absent}."
    return (
        f"{seen} The odds of default rose by {by_a_tenth(measured.default.value)}; "
        f"{count(measured.defaults)} of these limits were followed by a default."
    )


def _used(used: ResponseUsed, assumed: AssumedResponse, *, measured: bool) -> str:
    balance, odds = by_a_tenth(assumed.balance), by_a_tenth(assumed.default)
    policy = f"{balance} more balance and {odds} higher odds of default for a limit higher by 10%"
    if not used.version:
        why = ": the champion's certificate vouches for no response" if measured else ""
        return f"Decisions took what the policy assumes, {policy}{why}."
    default = "" if used.default_registered else ", and the policy's assumption of default"
    return (
        f"Decisions took the balance of limit response version {used.version}{default}; the policy "
        f"assumes {policy}."
    )


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]

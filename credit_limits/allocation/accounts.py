"""What the solver needs of a problem's accounts, in whatever form they are held.

Two forms exist: candidates written out (:mod:`credit_limits.allocation.pricing`) and parameters
from which candidates are computed during a pass (:mod:`credit_limits.allocation.on_the_fly`).
"""

from dataclasses import dataclass
from typing import Protocol

from credit_limits.allocation.problem import (
    AllocationProblem,
    Choices,
    Floats,
    Integers,
    Margins,
)


@dataclass(frozen=True, slots=True)
class PricedPass:
    """A pass at some prices: the dual bound, each cap's usage, each account's choice.

    ``turnover`` is the sum of what the accounts are worth at the prices, each without its sign.
    ``choice`` and ``margin`` have N places: the margin is how much less the account's second best
    candidate is worth, 0 for a tie, inf where there is no second.
    """

    bound: float
    usage: Floats
    turnover: float
    choice: Choices
    margin: Margins


class Accounts(Protocol):
    """N accounts and M caps over them."""

    @property
    def count(self) -> int:
        """N."""

    @property
    def bounds(self) -> Floats:
        """The bound of each cap."""

    def at(self, prices: Floats) -> PricedPass:
        """The pass at these prices, one a cap, none negative; maybe in single precision."""

    def settle(self, prices: Floats) -> PricedPass:
        """The same pass in double precision, which proves the bound."""

    def part(self, places: Integers, bounds: Floats) -> "Accounts":
        """The accounts at ``places`` (ascending) alone, under caps with other bounds."""

    def problem_of(self, places: Integers, bounds: Floats) -> AllocationProblem:
        """The same part with its candidates written out."""

    def tally(self, choice: Choices) -> tuple[float, Floats]:
        """Total profit of a choice and its usage of each cap, to the last digits of a double."""

    def without_profit(self) -> "Accounts":
        """The same accounts and caps, every allowed candidate earning nothing."""

    def rare(self, few: int) -> Integers:
        """Accounts, at most ``few`` of each kind, of kinds that a sample could miss."""

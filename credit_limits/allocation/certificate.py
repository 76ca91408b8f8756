"""What a solution proves about itself."""

from dataclasses import dataclass

from credit_limits.allocation.problem import Integers


@dataclass(frozen=True, slots=True)
class CapUsage:
    """A cap after the solution, in the unit of its measure.

    ``used`` is recomputed from the choice, ``slack`` = ``bound`` - ``used`` and never negative.
    ``price`` is the shadow price: the profit that one more unit of the cap would bring, 0 where
    the cap does not bind.
    """

    name: str
    measure: str
    bound: float
    used: float
    price: float

    @property
    def slack(self) -> float:
        """What is left of the cap."""
        return self.bound - self.used


@dataclass(frozen=True, slots=True)
class Certificate:
    """Value and bound of a solution, and every cap.

    No choice that meets the caps is worth more than ``bound``, so the solution is at most
    ``gap`` away from the best: ``gap`` = (bound - value) / |bound|, the difference itself where the
    bound is 0. ``passes`` counts the passes over all accounts, ``split_accounts`` the accounts
    that the relaxation divides between candidates and the finishing decided.
    """

    value: float
    bound: float
    caps: tuple[CapUsage, ...]
    passes: int
    split_accounts: int

    def __post_init__(self) -> None:
        over = [cap.name for cap in self.caps if cap.used > cap.bound]
        if over:
            raise ValueError(f"caps are exceeded: {', '.join(over)}")

    @property
    def gap(self) -> float:
        """Relative distance between the value and the bound, never negative."""
        return max(self.bound - self.value, 0.0) / (abs(self.bound) or 1.0)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The candidate chosen for each account, in the problem's order, and its certificate.

    ``unconstrained`` is what each account would be given if the caps had no price.
    """

    choice: Integers
    unconstrained: Integers
    certificate: Certificate

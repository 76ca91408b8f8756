"""The limit policy: every parameter that decides about a limit, typed."""

from collections.abc import Mapping
from dataclasses import dataclass

from credit_limits.policy.economic_policy import EconomicPolicy, parse_economics
from credit_limits.policy.increase_rules import (
    AffordabilityRules,
    ClosingRules,
    ObservationRules,
    OverdueRules,
    parse_affordability,
    parse_closing,
    parse_observation,
    parse_overdue,
)
from credit_limits.policy.ladder import CandidateLadder, parse_ladder
from credit_limits.policy.parameters import Section
from credit_limits.policy.portfolio_caps import CapRule, parse_caps
from credit_limits.policy.risk_grades import RiskGrades, parse_risk_grades


@dataclass(frozen=True, slots=True)
class LimitBounds:
    """Amounts no limit leaves, in minor units.

    ``customer_total_minor`` bounds the sum of a customer's limits over both products, beside what
    the rule book allows. A raise respects all of them; a limit that is outside today may stay. A
    cut leaves at least the floor and ``balance_cover_ratio`` times the balance owed.
    """

    floor_minor: int
    ceiling_minor: int
    customer_total_minor: int
    balance_cover_ratio: float

    def __post_init__(self) -> None:
        if not 0 < self.floor_minor < self.ceiling_minor:
            raise ValueError("the floor must be positive and below the ceiling")
        if self.customer_total_minor < self.floor_minor:
            raise ValueError("a customer's total is below the floor of one account")


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """The policy in force at a date."""

    bounds: LimitBounds
    ladder: CandidateLadder
    grades: RiskGrades
    observation: ObservationRules
    overdue: OverdueRules
    closing: ClosingRules
    affordability: AffordabilityRules
    economics: EconomicPolicy
    caps: tuple[CapRule, ...]


def parse_limit_policy(content: Mapping[str, object]) -> LimitPolicy:
    """The typed policy of a file of ``policies/limits``.

    Args:
        content: the file as a mapping; its ``effective_from`` was judged when it was loaded.

    Raises:
        PolicyError: a parameter is absent, unknown, of another unit or outside its bounds; the
            message starts with its path, for instance ``economics.funding_rate``.
    """
    file = Section("", {key: value for key, value in content.items() if key != "effective_from"})
    bounds, annual_rate_ceiling = _parse_bounds(file.section("limits"))
    policy = LimitPolicy(
        bounds=bounds,
        ladder=parse_ladder(file.section("ladder")),
        grades=parse_risk_grades(file.section("risk_grades")),
        observation=parse_observation(file.section("observation")),
        overdue=parse_overdue(file.section("overdue")),
        closing=parse_closing(file.section("closing")),
        affordability=parse_affordability(file.section("affordability")),
        economics=parse_economics(file.section("economics"), annual_rate_ceiling),
        caps=parse_caps(file.section("portfolio_caps")),
    )
    file.finish()
    return policy


def _parse_bounds(section: Section) -> tuple[LimitBounds, float]:
    with section.building():
        bounds = LimitBounds(
            floor_minor=section.money_minor("floor"),
            ceiling_minor=section.money_minor("ceiling"),
            customer_total_minor=section.money_minor("customer_total"),
            balance_cover_ratio=section.number("balance_cover_ratio", "ratio", 0.0, 2.0),
        )
        return bounds, section.number("annual_rate_ceiling", "share a year", 0.0, 1.0)

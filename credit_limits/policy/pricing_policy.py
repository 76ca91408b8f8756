"""The annual rate of each risk grade, and when an account's own is brought to it."""

from dataclasses import dataclass

from credit_limits.domain.account import Product
from credit_limits.policy.parameters import Section
from credit_limits.policy.risk_grades import Grade

BASIS_POINTS = 10_000
"""In a whole; rates are compared in whole basis points, so that equal rates are equal."""


@dataclass(frozen=True, slots=True)
class PricingPolicy:
    """Rates in basis points a year: ``rates[grade][product]``, grades safest first.

    An account's rate is changed where it differs from its grade's by more than
    ``step_basis_points``, and not within ``months_min`` of its opening or of the last change.
    """

    rates: tuple[tuple[int, ...], ...]
    step_basis_points: int
    months_min: int

    def __post_init__(self) -> None:
        if len(self.rates) != len(Grade):
            raise ValueError(f"every grade from {Grade.A} to {Grade.G} once, in order")
        for safer, riskier in zip(self.rates, self.rates[1:], strict=False):
            if any(low > high for low, high in zip(safer, riskier, strict=True)):
                raise ValueError("a riskier grade must not be cheaper than a safer one")


def parse_pricing(section: Section, annual_rate_ceiling: float) -> PricingPolicy:
    """The rates of the section ``pricing``; none may be above the policy's ceiling."""
    with section.building():
        rows = section.rows("annual_rates", "share a year")
        for row in rows:
            row.fields("grade", *Product)
        if tuple(row.text("grade") for row in rows) != tuple(Grade):
            raise ValueError(f"every grade from {Grade.A} to {Grade.G} once, in order")
        return PricingPolicy(
            rates=tuple(
                tuple(
                    round(row.number(product, 0.0, annual_rate_ceiling) * BASIS_POINTS)
                    for product in Product
                )
                for row in rows
            ),
            step_basis_points=round(
                section.number("step", "share a year", 0.0, 1.0) * BASIS_POINTS
            ),
            months_min=section.integer("months_min", "months", 0, 120),
        )

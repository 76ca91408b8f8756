"""What an account without a limit may start with, and how a first limit is expected to be used."""

from dataclasses import dataclass
from itertools import pairwise

from credit_limits.domain.account import Product
from credit_limits.policy.parameters import Section
from credit_limits.policy.risk_grades import Grade


@dataclass(frozen=True, slots=True)
class InitialLimitRules:
    """Amounts of a first limit, in minor units: ``amounts_minor[grade][product]``, safest first.

    ``thin_file_amounts_minor`` stand for them where the bureau says nothing of the customer. A
    first limit is at most ``income_months`` times the monthly income, and at most
    ``income_unknown_ceiling_minor`` where that is not known.

    ``utilization_ratios`` (share of the limit owed) and ``purchases_per_balance`` (a year's
    purchases over what is owed), a place a product, are what it is expected to be used for.

    Raises ``ValueError`` where a riskier grade, or a thin file, would start with more.
    """

    amounts_minor: tuple[tuple[int, ...], ...]
    thin_file_amounts_minor: tuple[tuple[int, ...], ...]
    income_months: float
    income_unknown_ceiling_minor: int
    utilization_ratios: tuple[float, ...]
    purchases_per_balance: tuple[float, ...]

    def __post_init__(self) -> None:
        for amounts in (self.amounts_minor, self.thin_file_amounts_minor):
            if len(amounts) != len(Grade) or any(len(row) != len(Product) for row in amounts):
                raise ValueError("an amount for every grade and product")
            for safer, riskier in pairwise(amounts):
                if any(less > more for less, more in zip(riskier, safer, strict=True)):
                    raise ValueError("a riskier grade must not start with more than a safer one")
        for whole, thin in zip(self.amounts_minor, self.thin_file_amounts_minor, strict=True):
            if any(small > full for small, full in zip(thin, whole, strict=True)):
                raise ValueError("a thin file must not start with more than a known customer")


def parse_initial_limits(section: Section) -> InitialLimitRules:
    """The rules of the section ``initial_limits``."""
    with section.building():
        utilization = section.numbers_by_name("utilization_ratio", "ratio", 0.0, 1.0)
        purchases = section.numbers_by_name("purchases_per_balance", "times a year", 0.0, 100.0)
        for name, values in (
            ("utilization_ratio", utilization),
            ("purchases_per_balance", purchases),
        ):
            if set(values) != set(Product):
                raise ValueError(f"{name} must be stated for {', '.join(Product)} and no other")
        return InitialLimitRules(
            amounts_minor=_amounts(section, "amounts"),
            thin_file_amounts_minor=_amounts(section, "thin_file_amounts"),
            income_months=section.number("income_months", "months", 0.0, 120.0),
            income_unknown_ceiling_minor=section.money_minor("income_unknown_ceiling"),
            utilization_ratios=tuple(utilization[product] for product in Product),
            purchases_per_balance=tuple(purchases[product] for product in Product),
        )


def _amounts(section: Section, name: str) -> tuple[tuple[int, ...], ...]:
    rows = section.rows(name, "yuan")
    for row in rows:
        row.fields("grade", *Product)
    if tuple(row.text("grade") for row in rows) != tuple(Grade):
        raise ValueError(f"{name}: every grade from {Grade.A} to {Grade.G} once, in order")
    return tuple(tuple(row.money_minor(product) for product in Product) for row in rows)

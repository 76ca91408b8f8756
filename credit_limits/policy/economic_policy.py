"""What the policy assumes about money: rates, losses, and how people answer to a limit."""

from dataclasses import dataclass, replace

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.limit_response import BALANCE_CEILING, DEFAULT_CEILING, LimitResponse
from credit_limits.policy.parameters import Section


@dataclass(frozen=True, slots=True)
class ProductEconomics:
    """Parameters of one product. Rates are shares a year, ratios shares of an amount.

    ``reference_annual_rate`` stands in for an account whose rate is not known, and
    ``revolving_share`` for one whose share of months with a carried balance is not known.
    """

    reference_annual_rate: float
    interchange_rate: float
    revolving_share: float
    loss_given_default: float
    credit_conversion_factor: float


@dataclass(frozen=True, slots=True)
class ProvisionPolicy:
    """What is set aside for losses, as IFRS 9 has it (5.5.3, 5.5.5 and 5.5.11).

    Of an account whose probability of a loss within a year is below ``lifetime_probability``, and
    which is not more than ``lifetime_days_past_due`` days past due, the expected loss of a year;
    of any other, that of ``life_years`` years. A provision that grows by one unit costs
    ``cost_rate`` of it a year beyond the loss itself; one that shrinks saves as much.
    """

    lifetime_probability: float
    lifetime_days_past_due: int
    life_years: float
    cost_rate: float

    def __post_init__(self) -> None:
        if not self.life_years >= 1.0:
            raise ValueError("provision_life_years is below the one year that all provide for")


@dataclass(frozen=True, slots=True)
class EconomicPolicy:
    """Parameters of the yearly profit of a candidate limit.

    ``annual_rate_ceiling`` is the highest all-in rate whose interest is counted. ``products``
    are in the order of :class:`Product`. ``loss_events_by_window`` gives, for a label window in
    months, the loss events of a year for each default expected within the window.
    ``segment_products`` stand for ``products`` in the segments that have their own.
    """

    annual_rate_ceiling: float
    products: tuple[ProductEconomics, ...]
    funding_rate: float
    undrawn_rate: float
    balance_elasticity: float
    default_log_odds_per_log_limit: float
    attrition_per_log_cut: float
    change_cost_minor: int
    cut_cost_rate: float
    loss_events_by_window: tuple[tuple[int, float], ...]
    provision: ProvisionPolicy
    segment_products: tuple[tuple[Segment, tuple[ProductEconomics, ...]], ...] = ()

    def __post_init__(self) -> None:
        if len(self.products) != len(Product):
            raise ValueError(f"every product once: {', '.join(Product)}")

    def products_of(self, segment: Segment | None) -> tuple[ProductEconomics, ...]:
        """Those of a segment; of everybody where it has none of its own, or is not known."""
        return next((own for name, own in self.segment_products if name is segment), self.products)

    def answering_as(self, response: LimitResponse | None) -> "EconomicPolicy":
        """The same policy with the response that was measured, in place of what it assumes.

        A response that does not say how default answers leaves that to the policy; none at all
        leaves both. A policy that states 0.3 and 0.25, with a response of 0.27 and None: 0.27 and
        0.25.
        """
        if response is None:
            return self
        default = response.default_log_odds_per_log_limit
        return replace(
            self,
            balance_elasticity=response.balance_elasticity,
            default_log_odds_per_log_limit=(
                self.default_log_odds_per_log_limit if default is None else default
            ),
        )

    def loss_events_per_default(self, label_window_months: int) -> float:
        """Loss events a year for each default that the model expects within its label window.

        Raises :class:`PolicyError` for a window that the policy does not state.
        """
        for months, events in self.loss_events_by_window:
            if months == label_window_months:
                return events
        stated = ", ".join(str(months) for months, _ in self.loss_events_by_window)
        raise PolicyError(
            f"economics.loss_events_per_default states windows of {stated} months; the model's "
            f"label window is {label_window_months} months"
        )


BY_PRODUCT = {
    "reference_annual_rate": ("share a year", 1.0),
    "interchange_rate": ("share of purchases", 0.05),
    "revolving_share": ("ratio", 1.0),
    "loss_given_default": ("ratio", 1.0),
    "credit_conversion_factor": ("ratio", 1.0),
}
"""Unit and highest value of each parameter that is stated by product."""


def parse_economics(section: Section, annual_rate_ceiling: float) -> EconomicPolicy:
    """The parameters of the section ``economics``."""
    with section.building():
        by_product = {
            name: section.numbers_by_name(name, unit, 0.0, maximum)
            for name, (unit, maximum) in BY_PRODUCT.items()
        }
        for name, values in by_product.items():
            if set(values) != set(Product):
                raise ValueError(f"{name} must be stated for {', '.join(Product)} and no other")
        windows = section.numbers_by_name(
            "loss_events_per_default", "events a year per default in the window", 0.0, 12.0
        )
        return EconomicPolicy(
            annual_rate_ceiling=annual_rate_ceiling,
            products=tuple(
                ProductEconomics(**{name: values[product] for name, values in by_product.items()})
                for product in Product
            ),
            funding_rate=section.number("funding_rate", "share a year", 0.0, 1.0),
            undrawn_rate=section.number("undrawn_rate", "share a year", 0.0, 1.0),
            balance_elasticity=section.number(
                "balance_elasticity", "log per log", 0.0, BALANCE_CEILING
            ),
            default_log_odds_per_log_limit=section.number(
                "default_log_odds_per_log_limit", "log odds per log", 0.0, DEFAULT_CEILING
            ),
            attrition_per_log_cut=section.number(
                "attrition_per_log_cut", "share per log", 0.0, 1.0
            ),
            change_cost_minor=section.money_minor("change_cost"),
            cut_cost_rate=section.number("cut_cost_rate", "share of the cut", 0.0, 1.0),
            loss_events_by_window=tuple(
                sorted((int(months), events) for months, events in windows.items())
            ),
            provision=_provision(section),
        )


def _provision(section: Section) -> ProvisionPolicy:
    return ProvisionPolicy(
        lifetime_probability=section.number(
            "provision_lifetime_probability", "probability of a loss within a year", 0.0, 1.0
        ),
        lifetime_days_past_due=section.integer("provision_lifetime_days_past_due", "days", 0, 3650),
        life_years=section.number("provision_life_years", "years", 1.0, 50.0),
        cost_rate=section.number("provision_cost_rate", "share of the change a year", 0.0, 1.0),
    )

"""Which brake an alarm applies, and how long it must be quiet until the brake is released."""

from collections.abc import Mapping
from dataclasses import dataclass

from credit_limits.domain.account import Product
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.stated_figures import checked_mapping, checked_names, checked_numbers
from credit_limits.policy.brakes import BrakeMeasure, BrakeOrder

_FIELDS = ("measure", "products", "release", "expiry", "reason")


@dataclass(frozen=True, slots=True)
class BrakeRule:
    """The brake of a monitoring policy.

    ``products`` are those it holds for, each once, in alphabetical order. ``quiet_watches``: after
    how many watches in a row without an alarm it is released, each of a day of its own.
    ``owner``: who answers for it. ``expiry_months``: after how many months it ends by itself; an
    alarm applies it anew.
    """

    measure: BrakeMeasure
    products: tuple[Product, ...]
    quiet_watches: int
    owner: str
    expiry_months: int

    def __post_init__(self) -> None:
        if not self.products or list(self.products) != sorted(set(self.products)):
            raise ValueError("a brake needs products, each once, in alphabetical order")
        if self.quiet_watches < 1:
            raise ValueError(f"quiet_watches is {self.quiet_watches}; at least one is needed")
        if not self.owner:
            raise ValueError("a brake needs an owner; the policy file names none")
        if self.expiry_months < 1:
            raise ValueError(f"expiry is {self.expiry_months} months; at least one is needed")
        BrakeOrder(self.measure, self.products)  # refuses a measure that needs a degree


def parse_brake_rule(version: str, content: Mapping[str, object]) -> BrakeRule:
    """The rule under ``brake`` in a monitoring policy file.

    Args:
        version: the file's version, for messages.
        content: the file, with its ``owner``; under ``brake`` its ``measure``, ``products``,
            ``release`` (with ``quiet_watches``, ``unit`` and ``reason``), ``expiry`` (with
            ``value`` in months, ``unit`` and ``reason``) and the ``reason`` for it.

    Raises:
        PolicyError: one is absent, unknown or of another kind.
    """
    section = checked_mapping(version, "brake", content.get("brake"))
    checked_names(version, "brake", section, _FIELDS)
    release = checked_mapping(version, "brake.release", section["release"])
    checked_names(version, "brake.release", release, ("quiet_watches", "unit", "reason"))
    if not (section["reason"] and release["unit"] and release["reason"]):
        raise PolicyError(f"{version}: brake needs its reason, its release a unit and a reason")
    expiry = checked_numbers(version, "brake.expiry", section["expiry"], ("value",))
    products, quiet = section["products"], release["quiet_watches"]
    if not isinstance(products, list) or isinstance(quiet, bool) or not isinstance(quiet, int):
        raise PolicyError(
            f"{version}: brake.products is a list, quiet_watches a whole number of watches"
        )
    try:
        return BrakeRule(
            BrakeMeasure(str(section["measure"])),
            tuple(sorted(Product(str(product)) for product in products)),
            quiet,
            str(content.get("owner") or ""),
            int(expiry["value"]),
        )
    except ValueError as error:
        raise PolicyError(f"{version}: brake: {error}") from error

"""Who lends: jurisdiction, licence, and the facts of the books that rules ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from credit_limits.policy.parameters import Section


class Jurisdiction(StrEnum):
    """Whose rules bind the lender."""

    CHINA = "CN"
    UNITED_STATES = "US"
    UNITED_KINGDOM = "UK"
    EUROPEAN_UNION = "EU"
    INDIA = "IN"


class LenderType(StrEnum):
    """The licence under which lines are booked."""

    BANK = "bank"
    CONSUMER_FINANCE = "consumer_finance"
    MICROLOAN = "microloan"


_FACTS = ("tier_1_capital", "loans", "joint_loans", "largest_partner_loans")


@dataclass(frozen=True, slots=True)
class Lender:
    """The lender at a date. Amounts in minor units; ``None`` is a fact that it does not state.

    ``lends_jointly`` says whether partners fund a part of any loan. ``joint_loans_minor`` is what
    is lent together with all partners, ``largest_partner_loans_minor`` with the largest of them,
    out of ``loans_minor``, all that is lent.
    """

    jurisdiction: Jurisdiction
    lender_type: LenderType
    lends_jointly: bool
    tier_1_capital_minor: int | None = None
    loans_minor: int | None = None
    joint_loans_minor: int | None = None
    largest_partner_loans_minor: int | None = None


def parse_lender(content: Mapping[str, object]) -> Lender:
    """The lender of a file of ``policies/lender``; its facts may be left out one by one.

    Raises:
        PolicyError: a parameter is absent, unknown, of another unit or outside its bounds.
    """
    file = Section("", {key: value for key, value in content.items() if key != "effective_from"})
    section = file.section("lender")
    with section.building():
        facts = {
            f"{name}_minor": section.money_minor(name) for name in _FACTS if name in section.content
        }
        lender = Lender(
            Jurisdiction(section.choice("jurisdiction", tuple(Jurisdiction))),
            LenderType(section.choice("lender_type", tuple(LenderType))),
            lends_jointly=section.choice("joint_lending", ("none", "some")) == "some",
            **facts,
        )
    file.finish()
    return lender

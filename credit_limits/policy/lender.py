"""Who lends: jurisdiction, licence, and the facts of the books that rules ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from credit_limits.domain.errors import PolicyError
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
    out of ``loans_minor``, all that is lent. ``partner_shares`` is, by partner, the share of each
    of its loans that the partner funds. Raises ``ValueError`` for shares where nothing is shared.
    """

    jurisdiction: Jurisdiction
    lender_type: LenderType
    lends_jointly: bool
    tier_1_capital_minor: int | None = None
    loans_minor: int | None = None
    joint_loans_minor: int | None = None
    largest_partner_loans_minor: int | None = None
    partner_shares: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if self.partner_shares and not self.lends_jointly:
            raise ValueError("partner_shares are stated where joint_lending is none")

    def own_share(self, partner: str) -> float:
        """The share of an account's loans that the lender funds: 0.7 where the partner funds 0.3.

        All of it where nobody else lends, or no partner brought the account (an empty name).

        Raises:
            PolicyError: the lender lends jointly and does not say how much the partner funds.
        """
        share = self.partner_share(partner)
        if share is None:
            raise PolicyError(
                f"lender.partner_shares does not say which share of its loans {partner} funds; "
                "state it, 0 where it only brings customers"
            )
        return 1.0 - share

    def partner_share(self, partner: str) -> float | None:
        """The share of an account's loans that its partner funds; ``None`` where it is not stated.

        0 where nobody else lends, or no partner brought the account (an empty name).
        """
        if not self.lends_jointly or not partner:
            return 0.0
        return dict(self.partner_shares).get(partner)


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
        shares = _partner_shares(section) if "partner_shares" in section.content else {}
        lender = Lender(
            Jurisdiction(section.choice("jurisdiction", tuple(Jurisdiction))),
            LenderType(section.choice("lender_type", tuple(LenderType))),
            lends_jointly=section.choice("joint_lending", ("none", "some")) == "some",
            partner_shares=tuple(sorted(shares.items())),
            **facts,
        )
    file.finish()
    return lender


def _partner_shares(section: Section) -> dict[str, float]:
    return section.numbers_by_name("partner_shares", "share of the loan", 0.0, 1.0)

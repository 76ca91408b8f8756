"""A link to a customer who is past due: an edge that makes an account riskier."""

from dataclasses import dataclass

from credit_limits.domain.account import LinkKind

MOST_LINKS = 5
"""Links that a decision names, the first by the other customer's id; it counts all of them."""


@dataclass(frozen=True, slots=True)
class PastDueLink:
    """A linked customer, 30 or more days past due, and in which ways they are linked.

    Raises ``ValueError`` for a link to nobody, of no kind, or with kinds out of their order.
    """

    customer_id: str
    kinds: tuple[LinkKind, ...]

    def __post_init__(self) -> None:
        if not self.customer_id:
            raise ValueError("a link leads to a customer")
        if not self.kinds or list(self.kinds) != sorted({*self.kinds}):
            raise ValueError(f"{self.customer_id}: the kinds of a link, each once, from a to z")

    @property
    def text(self) -> str:
        """How a decision row holds it.

        >>> PastDueLink("C00012", (LinkKind.CONTACT, LinkKind.DEVICE)).text
        'C00012: contact, device'
        """
        return f"{self.customer_id}: {', '.join(self.kinds)}"

    @classmethod
    def of(cls, text: str) -> "PastDueLink":
        """The link that a decision row holds; an id may have a colon in it."""
        customer_id, _, kinds = text.rpartition(": ")
        return cls(customer_id, tuple(LinkKind(kind) for kind in kinds.split(", ")))

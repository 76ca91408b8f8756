"""A link to a customer past due: what it cannot be, and how a row holds it."""

import pytest

from credit_limits.domain.account import LinkKind
from credit_limits.domain.past_due_link import PastDueLink


@pytest.mark.parametrize("customer_id", ["C12", "lender: C12", "客户 7"])
@pytest.mark.parametrize("kinds", [(LinkKind.DEVICE,), (LinkKind.CONTACT, LinkKind.TRANSFER)])
def test_what_a_row_holds_is_read_back(customer_id, kinds):
    link = PastDueLink(customer_id, kinds)
    assert PastDueLink.of(link.text) == link


@pytest.mark.parametrize(
    ("customer_id", "kinds"),
    [
        ("", (LinkKind.DEVICE,)),
        ("C1", ()),
        ("C1", (LinkKind.DEVICE, LinkKind.CONTACT)),
        ("C1", (LinkKind.DEVICE, LinkKind.DEVICE)),
    ],
)
def test_a_link_leads_to_a_customer_in_ways_that_are_in_order(customer_id, kinds):
    with pytest.raises(ValueError, match="link"):
        PastDueLink(customer_id, kinds)


def test_what_is_no_link_is_not_read():
    with pytest.raises(ValueError, match="is not a valid LinkKind"):
        PastDueLink.of("C1: friendship")

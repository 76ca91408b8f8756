"""Links behind linked risk out of a lake: the first few, of who is counted, gone with the edge."""

from datetime import timedelta

import pytest

from credit_limits.domain.errors import DataMissing
from credit_limits.domain.past_due_link import MOST_LINKS
from credit_limits.ledger.entry import EntryKind
from tests.decision_samples import AS_OF, portfolio_of
from tests.feature_tables import arrow, days_before, month_back, rows, together
from tests.promotion_samples import open_sample
from tidegate.operations.past_due_links import feature_versions, past_due_links

FRIENDS = [f"F{number}" for number in range(7)]
KINDS = ("device", "contact")


def linked_tables():
    """C1 and C2 are both linked to seven customers who are past due, in two ways each."""
    return together(
        *(rows("customers", {"customer_id": name}) for name in ("C1", "C2", *FRIENDS)),
        *(rows("accounts", {"account_id": f"A-{name}", "customer_id": name}) for name in FRIENDS),
        *(
            rows(
                "statements",
                {
                    "account_id": f"A-{name}",
                    "event_timestamp": month_back(0, AS_OF),
                    "days_past_due": 45,
                },
            )
            for name in FRIENDS
        ),
        *(
            rows("links", {"customer_id": owner, "linked_customer_id": name, "kind": kind})
            for owner in ("C1", "C2")
            for name in FRIENDS
            for kind in KINDS
        ),
    )


@pytest.fixture
def platform(tmp_path):
    opened = open_sample(tmp_path / "var")
    for table, given in linked_tables().items():
        if given:
            opened.lake.append(table, arrow(table, given), "first")
    return opened


def portfolio(count):
    return portfolio_of({"customer": "C1", "linked_past_due_count": count}, {"customer": "C2"})


def test_the_first_few_of_who_is_counted_in_the_order_of_their_ids(platform):
    found = past_due_links(platform.lake, portfolio(7.0), platform.lake.versions())
    assert [link.text for link in found["C1"]] == [
        f"{name}: contact, device" for name in FRIENDS[:MOST_LINKS]
    ]
    assert set(found) == {"C1"}


def test_a_link_that_ended_is_gone_and_was_there_before(platform):
    before = platform.lake.versions()
    ended = together(
        *(
            rows(
                "links",
                {
                    "linked_customer_id": name,
                    "kind": kind,
                    "active": False,
                    "event_timestamp": days_before(1, AS_OF),
                },
            )
            for name in FRIENDS[1:]
            for kind in KINDS
        )
    )
    platform.lake.append("links", arrow("links", ended["links"]), "second")
    now = past_due_links(platform.lake, portfolio(1.0), platform.lake.versions())
    assert [link.customer_id for link in now["C1"]] == FRIENDS[:1]
    then = past_due_links(platform.lake, portfolio(7.0), before)
    assert [link.customer_id for link in then["C1"]] == FRIENDS[:MOST_LINKS]


def test_where_nothing_is_counted_nothing_is_read(platform):
    assert past_due_links(platform.lake, portfolio(0.0), {}) == {}
    assert past_due_links(platform.lake, portfolio(float("nan")), {}) == {}
    with pytest.raises(DataMissing, match="no version 9"):
        past_due_links(platform.lake, portfolio(1.0), platform.lake.versions() | {"links": 9})


def test_the_versions_are_those_that_the_features_were_computed_from(platform):
    asked, other = {"links": 3}, {"links": 5}
    for number, (service, day, versions) in enumerate(
        [
            ("v1", AS_OF, {"links": 1}),
            ("v1", AS_OF, asked),
            ("v2", AS_OF, other),
            ("v1", AS_OF + timedelta(days=1), other),
        ]
    ):
        payload = {
            "feature_service": service,
            "as_of": day.isoformat(),
            "data_versions": versions,
        }
        platform.ledger.append(EntryKind.FEATURES_MATERIALIZED, "tester", payload, key=str(number))
    assert feature_versions(platform.ledger, "v1", AS_OF, {}) == asked
    assert feature_versions(platform.ledger, "v3", AS_OF, other) == other

"""Who is behind an account's linked risk: the edges that its count of linked customers counts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from credit_limits.domain.account import LinkKind
from credit_limits.domain.features import View
from credit_limits.domain.past_due_link import MOST_LINKS, PastDueLink
from credit_limits.domain.periods import end_of_day
from credit_limits.ledger.entry import EntryKind
from credit_limits.policy.portfolio import Portfolio
from feature_repo.queries import past_due_links_query, view_spec
from tidegate.adapters.control_db import Ledger
from tidegate.adapters.lake import Lake

LINKS_COLUMN = "past_due_links"
"""Column of a decision row with the links, each as its text."""
PastDueLinks: TypeAlias = Mapping[str, Sequence[PastDueLink]]
"""Links to customers past due, by customer; who has none is not there."""


def past_due_links(lake: Lake, portfolio: Portfolio, versions: Mapping[str, int]) -> PastDueLinks:
    """The links that made accounts of the portfolio riskier, of each customer the first few.

    Only customers with such links are held, of a million accounts the few that have any. Where the
    model's features do not count links, nothing is read.

    Args:
        lake: where links, statements, accounts and customers are.
        portfolio: the accounts, with their counts.
        versions: the Delta versions that the features were computed from.

    Raises:
        DataMissing: the lake no longer has these versions.
    """
    counted = portfolio.features.linked_past_due_count > 0
    if not counted.any():
        return {}
    wanted = {*portfolio.customer_id[counted].tolist()}
    tables = view_spec(View.LINKED_RISK).tables
    as_of = portfolio.as_of
    with lake.connect(versions, known_at=as_of, tables=tables) as connection:
        rows = connection.execute(
            past_due_links_query(), {"as_of": end_of_day(as_of), "most": MOST_LINKS}
        ).fetchall()
    found: dict[str, list[PastDueLink]] = {}
    for customer_id, other, kinds in rows:
        if customer_id in wanted:
            link = PastDueLink(other, tuple(LinkKind(kind) for kind in kinds))
            found.setdefault(customer_id, []).append(link)
    return found


def link_texts(portfolio: Portfolio, links: PastDueLinks) -> pa.Array:
    """The links of each account as texts, a list a row, empty where it has none."""
    counted = portfolio.features.linked_past_due_count > 0
    ends = np.zeros(len(portfolio) + 1, np.int64)
    texts: list[str] = []
    for place in np.flatnonzero(counted).tolist():
        own = links.get(str(portfolio.customer_id[place]), ())
        texts += [link.text for link in own]
        ends[place + 1] = len(own)
    return pa.ListArray.from_arrays(
        pa.array(np.cumsum(ends), pa.int32()), pa.array(texts, pa.string())
    )


def feature_versions(
    ledger: Ledger, service: str, as_of: date, otherwise: Mapping[str, int]
) -> Mapping[str, int]:
    """The Delta versions that the day's features were computed from: those noted last.

    ``otherwise`` where the ledger notes none.
    """
    for entry in reversed(ledger.entries(EntryKind.FEATURES_MATERIALIZED)):
        if (entry.payload["feature_service"], entry.payload["as_of"]) == (
            service,
            as_of.isoformat(),
        ):
            versions = entry.payload["data_versions"]
            assert isinstance(versions, dict)
            return versions
    return otherwise

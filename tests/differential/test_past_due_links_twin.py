"""The links behind a count: as many as the feature counts, and those of a slow plain twin."""

from functools import cache

import pytest

from credit_limits.domain.features import View
from credit_limits.domain.periods import end_of_day
from feature_repo.queries import past_due_links_query
from tests.feature_tables import AS_OF, Rows, features, known, latest_known, random_tables

SEEDS = range(3)
Edges = dict[str, list[tuple[str, list[str]]]]


def edges(tables: Rows, most: int) -> Edges:
    with known(tables) as connection:
        rows = connection.execute(
            past_due_links_query(), {"as_of": end_of_day(AS_OF), "most": most}
        ).fetchall()
    found: Edges = {}
    for customer, other, kinds in rows:
        found.setdefault(customer, []).append((other, kinds))
    return found


@cache
def tables_of(seed: int) -> Rows:
    return random_tables(seed)


def plain_edges(tables: Rows) -> Edges:
    """Every active link of two customers who both consented, by the kinds it has."""
    seen = {name: latest_known(name, rows, AS_OF) for name, rows in tables.items()}
    state = {}
    for link in sorted(seen["links"], key=lambda row: row["event_timestamp"]):
        state[link["customer_id"], link["linked_customer_id"], link["kind"]] = link["active"]
    found: dict[str, dict[str, set[str]]] = {}
    for (one, other, kind), active in state.items():
        for me, them in ((one, other), (other, one)) if active else ():
            found.setdefault(me, {}).setdefault(them, set()).add(kind)
    return {
        me: [(them, sorted(kinds)) for them, kinds in sorted(company.items())]
        for me, company in found.items()
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_they_are_as_many_as_are_counted_and_links_that_are_there(seed):
    tables = tables_of(seed)
    named, plain = edges(tables, 100), plain_edges(tables)
    owner = {row["account_id"]: row["customer_id"] for row in tables["accounts"]}
    for account, values in features(View.LINKED_RISK, tables).items():
        mine = named.get(owner[account], [])
        assert len(mine) == (values["linked_past_due_count"] or 0)
        assert mine == [edge for edge in plain.get(owner[account], []) if edge in mine]
    first = edges(tables, 1)
    assert first == {customer: mine[:1] for customer, mine in named.items()}


def test_the_random_tables_have_links_of_more_than_one_kind_and_customers_with_several():
    found = [mine for seed in SEEDS for mine in edges(tables_of(seed), 100).values()]
    assert max(len(mine) for mine in found) > 1
    assert max(len(kinds) for mine in found for _, kinds in mine) > 1

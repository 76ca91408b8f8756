"""Whatever the size and the seed, the world's tables keep their contracts and add up."""

from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.ingestion.contracts import Kind, TableContract
from credit_limits.ingestion.tables import TABLES, table_named
from credit_limits.simulation.parameters import Population, WorldParameters
from credit_limits.simulation.world import TABLE_NAMES, simulate_tables
from credit_limits.truth.known_world import simulate_known_world

_ARROW = {
    Kind.STRING: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}

worlds = st.builds(
    WorldParameters,
    customers=st.integers(50, 400),
    months=st.integers(3, 14),
    seed=st.integers(0, 2**32),
)


def connect(tables):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in tables.items():
        connection.register(name, table)
    return connection


def count(connection, sql):
    return connection.execute(sql).fetchall()[0][0]


def column_violations(connection, contract: TableContract):
    """Broken bounds, value sets and null ceilings, as text."""
    for column in contract.columns:
        name = column.name
        wrong = []
        if column.minimum is not None:
            wrong.append(f"{name} < {column.minimum}")
        if column.maximum is not None:
            wrong.append(f"{name} > {column.maximum}")
        if column.values:
            options = ", ".join(repr(str(value)) for value in column.values)
            wrong.append(f"{name} NOT IN ({options})")
        for predicate in wrong:
            if found := count(
                connection, f"SELECT count(*) FROM {contract.name} WHERE {predicate}"
            ):
                yield f"{contract.name}: {found} rows with {predicate}"
        nulls = f"SELECT count(*) FILTER ({name} IS NULL) / count(*) FROM {contract.name}"
        if (share := count(connection, nulls)) > column.null_ceiling:
            yield f"{contract.name}.{name}: share of nulls {share}"


def violations(tables):
    """Everything in which ``tables`` break their contracts, as text."""
    connection = connect(tables)
    for name in tables:
        contract = table_named(name)
        yield from column_violations(connection, contract)
        for rule in contract.row_rules:
            broken = f"SELECT count(*) FROM {name} WHERE NOT coalesce({rule.predicate}, true)"
            if found := count(connection, broken):
                yield f"{name}: {found} rows break {rule.name}"
        for reference in contract.references:
            orphans = (
                f"SELECT count(*) FROM {name} WHERE {reference.column} NOT IN "
                f"(SELECT {reference.target_column} FROM {reference.target_table})"
            )
            if found := count(connection, orphans):
                yield f"{name}: {found} rows without their {reference.target_table}"
        facts = ", ".join((*contract.keys, "event_timestamp", "created_timestamp"))
        twice = f"SELECT count(*) - count(DISTINCT ({facts})) FROM {name}"
        if found := count(connection, twice):
            yield f"{name}: {found} rows repeat a fact"


@settings(max_examples=10)
@given(worlds)
def test_every_table_keeps_its_contract(parameters):
    tables = simulate_tables(parameters)
    assert list(violations(tables)) == []


@settings(max_examples=4)
@given(worlds)
def test_columns_and_types_are_the_contracts(parameters):
    for name, table in simulate_tables(parameters).items():
        expected = [(column.name, _ARROW[column.kind]) for column in table_named(name).columns]
        assert [(field.name, field.type) for field in table.schema] == expected
        assert table.num_rows >= table_named(name).minimum_rows


def test_all_tables_but_outcomes_are_there():
    tables = simulate_tables(WorldParameters(customers=400, months=8))
    assert set(tables) == {table.name for table in TABLES} - {"outcomes"} == set(TABLE_NAMES)


@pytest.mark.parametrize(
    ("table", "column", "value", "finding"),
    [
        ("statements", "paid_minor", -1, "paid_minor < 0"),
        ("statements", "minimum_due_minor", 10**11, "minimum_due_within_balance"),
        ("statements", "account_id", "A99999999", "without their accounts"),
        ("customers", "birth_year", 2019, "adult"),
        ("customers", "segment", "bank", "segment NOT IN"),
        ("transactions", "amount_minor", None, "share of nulls"),
        ("transactions", "transaction_id", "T", "repeat a fact"),
    ],
)
def test_the_check_finds_a_planted_violation(table, column, value, finding):
    tables = dict(simulate_tables(WorldParameters(customers=60, months=3)))
    broken = tables[table]
    planted = pa.array([value] * broken.num_rows, broken.schema.field(column).type)
    if table == "transactions":
        same = pa.array([broken["event_timestamp"][0]] * broken.num_rows, _ARROW[Kind.TIMESTAMP])
        broken = broken.set_column(6, "event_timestamp", same).set_column(
            7, "created_timestamp", same
        )
    at = broken.column_names.index(column)
    tables[table] = broken.set_column(at, column, planted)
    assert any(finding in violation for violation in violations(tables))


@settings(max_examples=6)
@given(worlds)
def test_every_balance_follows_from_the_one_before_and_the_purchases(parameters):
    connection = connect(simulate_tables(parameters))
    wrong = count(
        connection,
        """
        WITH struck AS (
            SELECT *, lag(event_timestamp, 1, '1900-01-01') OVER history AS cut,
                lag(balance_minor) OVER history AS before_minor
            FROM statements
            WHERE created_timestamp = event_timestamp + INTERVAL 1 HOUR
            WINDOW history AS (PARTITION BY account_id ORDER BY event_timestamp)
        ),
        spent AS (
            SELECT s.account_id, s.event_timestamp, sum(t.amount_minor) AS spent_minor
            FROM struck AS s INNER JOIN transactions AS t
                ON t.account_id = s.account_id
                AND t.event_timestamp > s.cut AND t.event_timestamp <= s.event_timestamp
            GROUP BY ALL
        )
        SELECT count(*) FROM struck LEFT JOIN spent USING (account_id, event_timestamp)
        WHERE before_minor IS NOT NULL AND balance_minor
            <> before_minor - paid_minor + coalesce(spent_minor, 0) + interest_minor + fees_minor
        """,
    )
    assert wrong == 0


@settings(max_examples=6)
@given(worlds)
def test_nothing_is_known_after_the_last_day_and_nothing_happens_after_a_closing(parameters):
    tables = simulate_tables(parameters)
    connection = connect(tables)
    last = max(table["created_timestamp"].to_numpy().max() for table in tables.values())
    final = count(connection, "SELECT max(event_timestamp)::DATE FROM statements")
    assert str(last)[:10] <= str(final)
    for name in {"statements", "transactions", "limit_changes", "accounts"} & set(tables):
        after = f"""
            SELECT count(*) FROM {name} AS later JOIN accounts AS closing USING (account_id)
            WHERE closing.status = 'closed' AND later.event_timestamp > closing.event_timestamp
        """
        assert count(connection, after) == 0


@settings(max_examples=6)
@given(worlds)
def test_a_charge_off_closes_the_account_and_is_its_last_statement(parameters):
    connection = connect(simulate_tables(parameters))
    unclosed = """
        SELECT count(*) FROM statements AS s WHERE days_past_due = 180 AND NOT EXISTS (
            FROM accounts AS a WHERE a.account_id = s.account_id AND a.status = 'closed'
            AND a.event_timestamp = s.event_timestamp + INTERVAL 6 HOUR)
    """
    assert count(connection, unclosed) == 0
    later = """
        SELECT count(*) FROM statements AS s JOIN statements AS bad USING (account_id)
        WHERE bad.days_past_due = 180 AND s.event_timestamp > bad.event_timestamp
    """
    assert count(connection, later) == 0


@settings(max_examples=6)
@given(worlds)
def test_the_limit_of_an_account_follows_its_changes(parameters):
    tables = simulate_tables(parameters)
    if "limit_changes" not in tables:
        return
    connection = connect(tables)
    wrong = """
        SELECT count(*) FROM (
            SELECT c.*, a.limit_minor, lag(a.limit_minor) OVER (
                PARTITION BY a.account_id ORDER BY a.event_timestamp) AS before_minor
            FROM accounts AS a LEFT JOIN limit_changes AS c USING (account_id, event_timestamp))
        WHERE (to_minor IS NOT NULL AND (to_minor <> limit_minor OR from_minor <> before_minor))
            OR (to_minor IS NULL AND before_minor IS NOT NULL AND limit_minor <> before_minor)
    """
    assert count(connection, wrong) == 0
    bounds = "SELECT count(*) FROM accounts WHERE limit_minor NOT BETWEEN 5000 AND 30000000"
    assert count(connection, bounds) == 0


@settings(max_examples=4)
@given(worlds, st.integers(1, 4))
def test_a_longer_world_begins_with_the_rows_of_a_shorter_one(parameters, more):
    """Nothing that happens depends on what comes later."""
    horizon = replace(parameters, opening_horizon_months=parameters.months)
    short, long = (
        simulate_tables(replace(horizon, months=months))
        for months in (parameters.months, parameters.months + more)
    )
    for name, table in short.items():
        assert long[name].slice(0, table.num_rows).equals(table), name


@settings(max_examples=4)
@given(worlds)
def test_more_circles_leave_what_they_do_not_concern_as_it_was(parameters):
    """Each concern has numbers of its own: links may change, the economy and the facts may not."""
    other = replace(parameters, population=replace(Population(), circle_share=0.9))
    one, two = simulate_tables(parameters), simulate_tables(other)
    assert one["macro"].equals(two["macro"])
    facts_of = {
        "protected": ("customer_id", "sex", "marital_status", "education"),
        "accounts": ("account_id", "product", "partner_id"),
    }
    for name, facts in facts_of.items():
        first, second = (facts_by_key(tables[name], facts) for tables in (one, two))
        both = first.keys() & second.keys()
        assert len(both) > 0.5 * parameters.customers
        assert all(first[key] == second[key] for key in both)


def facts_by_key(table, facts):
    rows = table.select(list(facts)).to_pylist()
    return {row[facts[0]]: row for row in rows}


@settings(max_examples=4)
@given(st.integers(1, 60), st.integers(1, 3), st.integers(0, 1000))
def test_the_smallest_worlds_can_be_made(customers, months, seed):
    world = simulate_known_world(WorldParameters(customers=customers, months=months, seed=seed))
    assert list(violations(world.tables)) == []
    assert world.tables["customers"].num_rows >= customers
    assert world.truth.default_probability_6m.shape == (months, len(world.truth.number))

"""Great Expectations over DuckDB against a plain loop over the same rows."""

from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from credit_limits.ingestion.contracts import Column, Kind, TableContract
from credit_limits.ingestion.rules import Known, contract_rules
from credit_limits.ingestion.tables import TABLES, table_named
from tests.ingestion_plain import ROW_RULES, PlainRules
from tidegate.adapters.quality import open_quality_run

DAY = datetime(2024, 1, 31, tzinfo=UTC)
ARROW = {
    Kind.STRING: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
# Each example runs Great Expectations, so a failure is told as it was found.
_NO_SHRINKING = tuple(phase for phase in Phase if phase not in {Phase.shrink, Phase.explain})
NAMES = ["a", "b", "c", "A", " a", "ä"]
FEW_DAYS = st.integers(-1, 1).map(lambda days: DAY + timedelta(days=days))


def cells(column: Column) -> st.SearchStrategy[object]:
    """Few values, so that rows meet; some beyond the bounds, some absent."""
    if column.values:
        values = st.sampled_from([*(str(value) for value in column.values), "else", ""])
    elif column.kind is Kind.STRING:
        values = st.sampled_from(NAMES)
    elif column.kind is Kind.BOOLEAN:
        values = st.booleans()
    elif column.kind is Kind.TIMESTAMP:
        values = FEW_DAYS
    elif column.kind is Kind.DATE:
        values = st.sampled_from([-1, 0, 366, 367]).map(lambda days: (DAY + timedelta(days)).date())
    elif column.kind is Kind.FLOAT:
        bounds = [column.minimum, column.maximum]
        values = st.sampled_from([*bounds, float("nan"), float("inf"), -0.0, 0.5, 1e-300])
    elif column.name == "birth_year":
        values = st.integers(1898, 2022)
    else:
        low, high = int(column.minimum or 0), int(column.maximum or 0)
        values = st.sampled_from([low, low - 1, high, high + 1, 0, 1, 500])
    return st.one_of(*[values] * 6, st.none())


def frames(table: TableContract) -> st.SearchStrategy[pa.Table]:
    schema = pa.schema([(column.name, ARROW[column.kind]) for column in table.columns])
    row = st.fixed_dictionaries({column.name: cells(column) for column in table.columns})
    return st.lists(row, max_size=12).map(lambda rows: pa.Table.from_pylist(rows, schema=schema))


def with_origin(rows: pa.Table) -> pa.Table:
    count = rows.num_rows
    return (
        rows.append_column("source_file", pa.array(["it's.csv"] * count, pa.string()))
        .append_column("source_line", pa.array(range(2, count + 2), pa.int64()))
        .append_column("source_part", pa.array([0] * count, pa.int32()))
    )


def prepared(connection, table, rows, earlier):
    connection.execute("SET TimeZone = 'UTC'")
    for name, frame in (
        (f"new_{table.name}", with_origin(rows)),
        (f"earlier_{table.name}", earlier),
    ):
        connection.register("frame", frame)
        connection.execute(f"CREATE TABLE {name} AS FROM frame")
        connection.unregister("frame")
    references = {}
    for reference in table.references:
        target, column = reference.target_table, reference.target_column
        name = f"known_{target}_{column}"
        connection.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT unnest(['a', 'b']) AS {column}"
        )
        references[target, column] = name
    return contract_rules(table, Known(references, f"earlier_{table.name}"))


def seen(connection, result):
    if result.offending_rows is None:
        return set()
    return set(connection.execute(result.offending_rows).fetchall())


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_same_rows_break_the_same_rules(table, tmp_path):
    @settings(max_examples=4, phases=_NO_SHRINKING)
    @given(frames(table), frames(table))
    def agree(rows, earlier):
        with duckdb.connect() as connection:
            rules = prepared(connection, table, rows, earlier)
            plain = PlainRules(connection).validate(table.name, f"new_{table.name}", rules, "plain")
            with open_quality_run(connection, "b1", DAY, tmp_path / "docs") as quality:
                found = quality.validate(table.name, f"new_{table.name}", rules, "as read")
            for ours, theirs in zip(found, plain, strict=True):
                assert ours.rule is theirs.rule
                assert ours.passed == theirs.passed, ours.rule
                assert ours.offending == theirs.offending, ours.rule
                assert seen(connection, ours) == seen(connection, theirs), ours.rule

    agree()


def test_every_row_rule_of_the_lake_has_a_plain_twin():
    assert {rule.name for table in TABLES for rule in table.row_rules} == set(ROW_RULES)


def test_the_twin_finds_what_is_planted():
    """The oracle itself, on one row of which everything is wrong."""
    table = table_named("statements")
    row = {
        "account_id": "nobody",
        "balance_minor": 5,
        "minimum_due_minor": 6,
        "paid_minor": -1,
        "days_past_due": None,
        "fees_minor": None,
        "interest_minor": None,
        "payment_due_on": (DAY - timedelta(days=1)).date(),
        "event_timestamp": DAY,
        "created_timestamp": DAY - timedelta(days=1),
    }
    schema = pa.schema([(column.name, ARROW[column.kind]) for column in table.columns])
    rows = pa.Table.from_pylist([row, row], schema=schema)
    with duckdb.connect() as connection:
        rules = prepared(connection, table, rows, rows)
        plain = PlainRules(connection).validate("statements", "new_statements", rules, "plain")
    broken = {(each.rule.name, each.rule.columns[0]) for each in plain if not each.passed}
    assert broken == {
        ("required", "days_past_due"),
        ("bounds", "paid_minor"),
        ("times_in_order", "event_timestamp"),
        ("minimum_due_within_balance", "balance_minor"),
        ("payment_due_after_statement", "payment_due_on"),
        ("stands_once", "account_id"),
        ("not_known_before", "account_id"),
        ("accounts_known", "account_id"),
    }

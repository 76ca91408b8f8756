"""How text is read, and which types may enter the lake without being rounded or guessed."""

import doctest
import importlib

import duckdb
import pyarrow as pa
import pytest

from credit_limits.domain.errors import MappingError
from credit_limits.ingestion.derivation import (
    derived_select,
    foreign_code_condition,
    read_expression,
    unreadable_condition,
)
from credit_limits.ingestion.incoming import Incoming
from credit_limits.ingestion.mapping import DerivedRows, Reading, SourceColumn
from credit_limits.ingestion.parsing import parse_mapping
from credit_limits.ingestion.reading import FINDINGS, ReadFile
from credit_limits.ingestion.tables import table_named
from tests.ingestion_samples import MAPPING

UNREADABLE = object()
ABSENT = ("", "nan")


def read(text, reading):
    column = SourceColumn("x", reading)
    with duckdb.connect() as connection:
        connection.register("given", pa.table({"x": pa.array([text], pa.string())}))
        ((value, unreadable),) = connection.execute(
            f"SELECT {read_expression(column, ABSENT)}, {unreadable_condition(column, ABSENT)} "
            "FROM given"
        ).fetchall()
    assert not (unreadable and value is not None)
    return UNREADABLE if unreadable else value


@pytest.mark.parametrize(
    ("text", "reading", "value"),
    [
        ("42", Reading.INTEGER, 42),
        (" 42 ", Reading.INTEGER, 42),
        ("-7", Reading.INTEGER, -7),
        ("5.00E+05", Reading.INTEGER, 500_000),
        ("999999999999999", Reading.INTEGER, 999_999_999_999_999),
        ("1000000000000000", Reading.INTEGER, UNREADABLE),
        ("3.5", Reading.INTEGER, UNREADABLE),
        ("3.00000001", Reading.INTEGER, UNREADABLE),
        ("inf", Reading.INTEGER, UNREADABLE),
        ("1e999", Reading.INTEGER, UNREADABLE),
        ("twelve", Reading.INTEGER, UNREADABLE),
        ("1,000", Reading.INTEGER, UNREADABLE),
        ("", Reading.INTEGER, None),
        ("NaN", Reading.INTEGER, None),
        (None, Reading.INTEGER, None),
        ("0.25", Reading.NUMBER, 0.25),
        ("-inf", Reading.NUMBER, UNREADABLE),
        ("a", Reading.NUMBER, UNREADABLE),
        ("true", Reading.BOOLEAN, True),
        ("0", Reading.BOOLEAN, False),
        ("maybe", Reading.BOOLEAN, UNREADABLE),
        ("infinity", Reading.TIMESTAMP, UNREADABLE),
        ("2024-02-30", Reading.TIMESTAMP, UNREADABLE),
        (" as it is ", Reading.TEXT, " as it is "),
        (" nan", Reading.TEXT, None),
    ],
)
def test_a_text_is_read_or_absent_or_unreadable(text, reading, value):
    assert read(text, reading) == value


def test_a_timestamp_is_local():
    assert read("2024-02-29", Reading.TIMESTAMP).isoformat() == "2024-02-29T00:00:00"


@pytest.mark.parametrize(("value", "foreign"), [("1", False), ("3", True), (None, None)])
def test_a_code_is_one_of_those_named_or_absent(value, foreign):
    column = SourceColumn("x", Reading.INTEGER, ("1", "2"))
    with duckdb.connect() as connection:
        ((found,),) = connection.execute(
            f"SELECT {foreign_code_condition(column)} FROM (SELECT CAST(? AS BIGINT) AS x)", [value]
        ).fetchall()
    assert found is foreign


def macro(column, expression, found):
    contract = table_named("macro")
    expressions = dict.fromkeys(contract.column_names, "NULL") | {column: expression}
    types = dict.fromkeys(contract.column_names, '"NULL"') | {column: found}
    rows = DerivedRows("macro", 3, expressions)
    return derived_select(contract, rows, types, "source", "m's.csv")


def test_a_derived_row_says_where_it_comes_from():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE source AS SELECT 0.05::DOUBLE AS u, 9 AS source_line")
        row = connection.sql(macro("unemployment_rate", "u", "DOUBLE")).fetchall()[0]
    assert row[0] == 0.05
    assert row[-3:] == ("m's.csv", 9, 3)


@pytest.mark.parametrize("found", ["BIGINT", "FLOAT", "DECIMAL(18,3)", '"NULL"', "DOUBLE"])
def test_a_number_is_taken_from_what_holds_it(found):
    assert "unemployment_rate" in macro("unemployment_rate", "u", found)


@pytest.mark.parametrize(
    ("column", "found", "advice"),
    [
        ("unemployment_rate", "VARCHAR", "convert it"),
        ("event_timestamp", "TIMESTAMP", "say its zone"),
        ("event_timestamp", "DATE", "say its zone"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(column, found, advice):
    with pytest.raises(MappingError, match=advice) as caught:
        macro(column, "u", found)
    assert f"macro.{column}" in str(caught.value)


def incoming(connection, **changed):
    content = {**MAPPING, "files": {"bills": {**MAPPING["files"]["bills"]}}}
    columns = content["files"]["bills"]["tables"]["statements"]["columns"] | changed
    content["files"]["bills"]["tables"] = {"statements": {"columns": columns}}
    mapping = parse_mapping(content, "lender.yaml")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        "CREATE TABLE file_0 AS SELECT '7' AS cust_no, TIMESTAMP '2024-01-31' AS month_end, "
        "5 AS owed, 2 AS paid, 0 AS days_late, 2 AS source_line"
    )
    read_file = ReadFile(mapping.file("bills"), "bills.csv", "file_0", 1, FINDINGS.empty_table())
    return Incoming(connection, mapping, [read_file])


def test_an_amount_with_fractions_must_say_how_it_is_rounded():
    with duckdb.connect() as connection, pytest.raises(MappingError, match="say how it is rounded"):
        incoming(connection, balance_minor="owed * 99.5")


def test_an_expression_that_duckdb_does_not_accept_is_named():
    with duckdb.connect() as connection, pytest.raises(MappingError) as caught:
        incoming(connection, balance_minor="owned * 100")
    assert "statements.balance_minor" in str(caught.value)
    assert "owned * 100" in str(caught.value)


def test_a_mapped_row_in_utc_minor_units():
    with duckdb.connect() as connection:
        batch = incoming(connection)
        (row,) = batch.accepted(batch.tables[0]).to_pylist()
    assert row["account_id"] == "a7"
    assert (row["balance_minor"], row["fees_minor"]) == (500, None)
    assert row["event_timestamp"].isoformat() == "2024-01-30T16:00:00+00:00"


@pytest.mark.parametrize("name", ["derivation", "mapping", "profile"])
def test_examples_in_docstrings_hold(name):
    module = importlib.import_module(f"credit_limits.ingestion.{name}")
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed

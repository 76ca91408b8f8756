"""Small lake tables for feature tests: rows with defaults, and random ones with corrections."""

import math
import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import duckdb
import pyarrow as pa
import pytest

from credit_limits.domain.account import (
    AccountStatus,
    ActivityKind,
    BureauStatus,
    Product,
    Scenario,
    Segment,
)
from credit_limits.domain.features import View
from credit_limits.domain.periods import add_months, end_of_day
from credit_limits.ingestion.contracts import Kind
from credit_limits.ingestion.tables import table_named
from tidegate.adapters.lake import Lake
from tidegate.adapters.snapshots import compute_view

Row: TypeAlias = dict[str, object]
Rows: TypeAlias = dict[str, list[Row]]

ARROW = {
    Kind.STRING: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
AS_OF = date(2024, 3, 31)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DEFAULTS: dict[str, Row] = {
    "customers": {
        "customer_id": "C1",
        "birth_year": 1990,
        "segment": "consumer",
        "backup_repayment_source": False,
        "consent_transactions": True,
        "consent_activity": True,
        "consent_links": True,
        "consent_bureau": True,
        "human_review_only": False,
        "declines_increases": False,
        "event_timestamp": LONG_AGO,
    },
    "accounts": {
        "account_id": "A1",
        "customer_id": "C1",
        "product": "pay_later",
        "limit_minor": 1_000,
        "status": "open",
        "event_timestamp": LONG_AGO,
    },
    "statements": {"account_id": "A1", "balance_minor": 0, "paid_minor": 0, "days_past_due": 0},
    "transactions": {"account_id": "A1", "amount_minor": 1, "scenario": "retail"},
    "activity_events": {"customer_id": "C1", "kind": "login"},
    "links": {"customer_id": "C1", "kind": "device", "active": True, "event_timestamp": LONG_AGO},
    "bureau": {
        "customer_id": "C1",
        "other_balance_minor": 0,
        "other_lines": 0,
        "inquiries_6m": 0,
        "worst_status": "current",
    },
    "macro": {"unemployment_rate": 0.05, "retail_sales_index": 100.0, "policy_tightening": 0.0},
    "outcomes": {"account_id": "A1", "defaulted": False},
}
FULL = tuple(table for table in DEFAULTS if table != "outcomes")


def rows(table: str, *given: Row) -> Rows:
    """Rows of one table; what is not given takes the default, known when it happened."""
    made = []
    for number, values in enumerate(given):
        row = dict.fromkeys(table_named(table).column_names) | DEFAULTS[table] | values
        row["created_timestamp"] = values.get("created_timestamp", row["event_timestamp"])
        for key in ("transaction_id", "event_id"):
            if key in row and row[key] is None:
                row[key] = f"{table}-{row['event_timestamp']}-{number}"
        made.append(row)
    return {table: made}


def together(*parts: Rows) -> Rows:
    """The rows of all parts, table by table; every table is there, if only empty."""
    joined: Rows = {table: [] for table in FULL}
    for part in parts:
        for table, more in part.items():
            joined[table] = [*joined.get(table, []), *more]
    return joined


def days_before(days: float, as_of: date = AS_OF) -> datetime:
    """The instant so many days before the end of ``as_of``."""
    return end_of_day(as_of) - timedelta(days=days)


def month_back(months: int, as_of: date = AS_OF) -> datetime:
    """Noon of the month end so many months before ``as_of``, itself a month end."""
    return end_of_day(add_months(as_of, -months)).replace(hour=12)


def arrow(table: str, given: list[Row]) -> pa.Table:
    """Rows as an Arrow table with the contract's columns and types."""
    columns = table_named(table).columns
    schema = pa.schema([(column.name, ARROW[column.kind]) for column in columns])
    return pa.Table.from_pylist([dict(row) for row in given], schema=schema)


def latest_known(table: str, given: list[Row], as_of: date) -> list[Row]:
    """The plain meaning of "known at": of each fact the row created last, by the end of the day."""
    keys = (*table_named(table).keys, "event_timestamp")
    facts: dict[tuple[object, ...], Row] = {}
    for row in given:
        fact = tuple(row[key] for key in keys)
        if row["created_timestamp"] <= end_of_day(as_of) and (
            fact not in facts or facts[fact]["created_timestamp"] <= row["created_timestamp"]
        ):
            facts[fact] = row
    return list(facts.values())


def known(tables: Rows, as_of: date = AS_OF) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that shows each table as it was known at ``as_of``."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
    for table, given in tables.items():
        connection.register(table, arrow(table, latest_known(table, given, as_of)))
    return connection


Features: TypeAlias = dict[str, dict[str, float | None]]


def features(view: View, tables: Rows, as_of: date = AS_OF) -> Features:
    """A view's features by account, computed by its query."""
    with known(tables, as_of) as connection:
        computed = compute_view(connection, view, as_of).drop_columns(
            ["event_timestamp", "created_timestamp"]
        )
    return {row.pop("account_id"): row for row in computed.to_pylist()}


def about(values: dict[str, float | None]) -> object:
    """What equals ``values`` to rounding, a null only where there is a null."""
    plain = {name: math.nan if value is None else float(value) for name, value in values.items()}
    return pytest.approx(plain, rel=1e-12, nan_ok=True)


def numbers(values: dict[str, float | None]) -> dict[str, float]:
    """``values`` with NaN for null, to be held against :func:`about`."""
    return {name: math.nan if value is None else value for name, value in values.items()}


def random_tables(seed: int, customers: int = 12, as_of: date = AS_OF) -> Rows:
    """A little world up to and beyond ``as_of``: gaps, changes, corrections, closed accounts."""
    draw = random.Random(seed)
    tables: dict[str, list[Row]] = defaultdict(list)
    for number in range(customers):
        _add_customer(draw, tables, f"C{number}", customers, as_of)
    for month in range(8):
        tables["macro"] += rows(
            "macro",
            {
                "event_timestamp": month_back(month - 1, as_of),
                "created_timestamp": month_back(month - 1, as_of) + timedelta(days=20),
                "unemployment_rate": draw.random() / 10,
            },
        )["macro"]
    return together(tables, _corrections(draw, tables))


def _add_customer(
    draw: random.Random, tables: Mapping[str, list[Row]], name: str, customers: int, as_of: date
) -> None:
    def add(table: str, row: Row) -> None:
        tables[table].extend(rows(table, row)[table])

    def moment(days: float) -> datetime:
        return days_before(draw.uniform(-40, days), as_of)

    for changed in [LONG_AGO, *(moment(200) for _ in range(draw.randrange(3)))]:
        add("customers", {"customer_id": name, "event_timestamp": changed} | _person(draw))
    for account in range(draw.choice([1, 1, 2])):
        account_id = f"A{name[1:]}-{account}"
        opened = draw.choice([None, LONG_AGO, moment(500)])
        for changed in [opened or LONG_AGO, *(moment(200) for _ in range(draw.randrange(3)))]:
            line = {"account_id": account_id, "customer_id": name, "event_timestamp": changed}
            add("accounts", line | {"opened_on": opened} | _line(draw))
        for month in range(-1, draw.choice([0, 2, 7, 16])):
            if draw.random() < 0.9:
                billed = {"account_id": account_id, "event_timestamp": month_back(month, as_of)}
                add("statements", billed | _bill(draw))
        for _ in range(draw.choice([0, 0, 5, 30])):
            spent = {"account_id": account_id, "event_timestamp": moment(120)}
            add("transactions", spent | _purchase(draw))
    for _ in range(draw.choice([0, 3, 25])):
        kind = draw.choice([*ActivityKind, ActivityKind.LOGIN, ActivityKind.LOGIN])
        done = {"customer_id": name, "event_timestamp": moment(draw.choice([20, 110, 400]))}
        add("activity_events", done | {"kind": str(kind)})
    for _ in range(draw.randrange(4)):
        other = f"C{draw.randrange(customers)}"
        if other != name:
            link = {"customer_id": name, "linked_customer_id": other, "event_timestamp": moment(90)}
            kind = draw.choice(["device", "transfer", "contact"])
            add("links", link | {"kind": kind, "active": draw.random() < 0.7})
    for _ in range(draw.randrange(3)):
        add("bureau", {"customer_id": name, "event_timestamp": moment(90)} | _report(draw))


def _person(draw: random.Random) -> Row:
    return {
        "birth_year": draw.randrange(1940, 2000),
        "income_monthly_minor": draw.choice([None, draw.randrange(10_000_000)]),
        "segment": str(draw.choice(list(Segment))),
        "employment_since": draw.choice(
            [None, datetime(2015, draw.randrange(1, 13), 28, tzinfo=UTC)]
        ),
        "backup_repayment_source": draw.random() < 0.5,
        **{
            f"consent_{category}": draw.random() < 0.8
            for category in ("transactions", "activity", "links", "bureau")
        },
    }


def _line(draw: random.Random) -> Row:
    return {
        "product": str(draw.choice(list(Product))),
        "limit_minor": draw.choice([0, 5_000, 300_000, 12_345_600]),
        "status": str(draw.choice([*AccountStatus, AccountStatus.OPEN, AccountStatus.OPEN])),
    }


def _bill(draw: random.Random) -> Row:
    return {
        "balance_minor": draw.choice([0, -500, draw.randrange(1, 900_000)]),
        "paid_minor": draw.choice([0, draw.randrange(1_000_000)]),
        "days_past_due": draw.choice([0, 0, 0, 12, 30, 95]),
    }


def _purchase(draw: random.Random) -> Row:
    return {
        "amount_minor": draw.randrange(1, 500_000),
        "scenario": str(draw.choice(list(Scenario))),
    }


def _report(draw: random.Random) -> Row:
    return {
        "other_balance_minor": draw.randrange(10_000_000),
        "other_lines": draw.randrange(9),
        "inquiries_6m": draw.randrange(20),
        "worst_status": str(draw.choice(list(BureauStatus))),
    }


def _corrections(draw: random.Random, tables: Mapping[str, list[Row]]) -> Rows:
    """A tenth of the rows told again later, some of them after the date, with other values."""
    changes = {
        "customers": _person,
        "accounts": _line,
        "statements": _bill,
        "transactions": _purchase,
        "bureau": _report,
        "links": lambda _: {"active": False},
    }
    corrected: Rows = {}
    for table, change in changes.items():
        corrected[table] = [
            row
            | change(draw)
            | {"created_timestamp": row["event_timestamp"] + timedelta(days=draw.uniform(1, 90))}
            for row in tables[table]
            if draw.random() < 0.1
        ]
    return corrected


def ingest(lake: Lake, tables: Rows, batch_id: str = "batch") -> None:
    """Append all rows to a lake as one batch; a table without rows stays absent."""
    for table, given in tables.items():
        if given:
            lake.append(table, arrow(table, given), batch_id)


def begun() -> Rows:
    """One row a table from the beginning: a lake has no table before its first row."""
    return together(
        rows("customers", {"customer_id": "C99"}),
        rows("accounts", {"account_id": "A99", "customer_id": "C99"}),
        rows("statements", {"account_id": "A99", "event_timestamp": LONG_AGO}),
        rows("transactions", {"account_id": "A99", "event_timestamp": LONG_AGO}),
        rows("activity_events", {"customer_id": "C99", "event_timestamp": LONG_AGO}),
        rows("links", {"customer_id": "C99", "linked_customer_id": "C98"}),
        rows("bureau", {"customer_id": "C99", "event_timestamp": LONG_AGO}),
        rows("macro", {"event_timestamp": LONG_AGO}),
    )

"""Parquet files that already have the lake's columns: rows by number, types as they are."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from credit_limits.domain.errors import MappingError
from credit_limits.ingestion.tables import table_named
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch

JANUARY = datetime(2024, 1, 31, tzinfo=UTC)
TIMES = {"event_timestamp": JANUARY, "created_timestamp": JANUARY + timedelta(days=1)}


def customer(number):
    flags = [name for name in table_named("customers").column_names if name.startswith("consent")]
    return {
        "customer_id": f"c{number}",
        "birth_year": 1980,
        "occupation": None,
        "income_monthly_minor": 500_000 + number,
        "region": "华东",
        "segment": "consumer",
        "employment_since": None,
        "backup_repayment_source": False,
        **dict.fromkeys(flags, True),
        "human_review_only": False,
        "declines_increases": False,
        **TIMES,
    }


def account(number):
    return {
        "account_id": f"a{number}",
        "customer_id": f"c{number}",
        "product": "cash_loan",
        "partner_id": None,
        "opened_on": JANUARY - timedelta(days=400),
        "limit_minor": 1_000_000,
        "apr": 0.18,
        "status": "open",
        "status_cause": None,
        **TIMES,
    }


def as_table(rows):
    table = pa.Table.from_pylist(rows)
    nulls = {f.name: i for i, f in enumerate(table.schema) if pa.types.is_null(f.type)}
    for name, index in nulls.items():
        table = table.set_column(index, name, table[name].cast(pa.string()))
    return table


@pytest.fixture
def folder(tmp_path):
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    return delivery


def write(folder, name, rows):
    table = rows if isinstance(rows, pa.Table) else as_table(rows)
    pq.write_table(table, folder / f"{name}.parquet", row_group_size=17)


def ingest(platform, folder):
    return ingest_batch(platform, IngestBatchRequest(path=folder, source="world"))


def sound_customers(count=100):
    table = as_table([customer(number) for number in range(count)])
    position = table.schema.get_field_index("employment_since")
    column = table["employment_since"].cast(pa.timestamp("us", tz="UTC"))
    return table.set_column(position, "employment_since", column)


def test_tables_go_in_as_they_are_and_absent_ones_stay_absent(platform, folder):
    write(folder, "customers", sound_customers())
    write(folder, "accounts", [account(number) for number in range(100)])
    outcome = ingest(platform, folder)
    assert (outcome.rows_read, outcome.rows_accepted) == (200, 200)
    assert platform.lake.versions() == {"accounts": 0, "customers": 0}
    accounts = platform.lake.read("accounts")
    assert accounts.column_names == [*table_named("accounts").column_names, "batch_id"]
    assert accounts["opened_on"][0].as_py() == JANUARY - timedelta(days=400)
    assert set(accounts["batch_id"].to_pylist()) == {outcome.batch_id}


def test_a_bad_row_is_named_by_its_number_and_kept(platform, folder):
    write(folder, "customers", sound_customers())
    rows = [account(number) for number in range(100)]
    rows[41] |= {"apr": 2.5}
    rows[77] |= {"opened_on": JANUARY + timedelta(days=1)}
    write(folder, "accounts", rows)
    outcome = ingest(platform, folder)
    told = [(e.source_line, e.record, e.column, e.value) for e in outcome.quarantine_examples]
    assert told == [
        (42, "account_id=a41", "apr", "2.5"),
        (
            78,
            "account_id=a77",
            "opened_on, event_timestamp",
            "opened_on=2024-02-01 00:00:00+00, event_timestamp=2024-01-31 00:00:00+00",
        ),
    ]
    first = platform.lake.read("quarantine").to_pylist()[0]
    assert json.loads(first["source_row"])["limit_minor"] == 1_000_000


def test_a_time_without_a_zone_is_not_guessed(platform, folder):
    table = sound_customers()
    position = table.schema.get_field_index("event_timestamp")
    naive = table["event_timestamp"].cast(pa.timestamp("us"))
    write(folder, "customers", table.set_column(position, "event_timestamp", naive))
    with pytest.raises(MappingError, match=r"customers.event_timestamp .* say its zone"):
        ingest(platform, folder)


def test_an_amount_with_fractions_is_not_rounded(platform, folder):
    table = sound_customers()
    position = table.schema.get_field_index("income_monthly_minor")
    column = table["income_monthly_minor"].cast(pa.float64())
    write(folder, "customers", table.set_column(position, "income_monthly_minor", column))
    with pytest.raises(MappingError, match="say how it is rounded"):
        ingest(platform, folder)


def test_a_smaller_integer_is_taken_as_it_is(platform, folder):
    table = sound_customers()
    position = table.schema.get_field_index("birth_year")
    write(
        folder,
        "customers",
        table.set_column(position, "birth_year", table["birth_year"].cast(pa.int16())),
    )
    ingest(platform, folder)
    assert platform.lake.read("customers").schema.field("birth_year").type == pa.int64()


def test_times_in_nanoseconds_are_taken(platform, folder):
    table = sound_customers()
    position = table.schema.get_field_index("event_timestamp")
    column = table["event_timestamp"].cast(pa.timestamp("ns", tz="UTC"))
    write(folder, "customers", table.set_column(position, "event_timestamp", column))
    ingest(platform, folder)
    assert set(platform.lake.read("customers")["event_timestamp"].to_pylist()) == {JANUARY}


def test_a_correction_has_a_later_creation_time(platform, folder):
    write(folder, "customers", sound_customers())
    ingest(platform, folder)
    corrected = customer(7) | {
        "birth_year": 1979,
        "created_timestamp": JANUARY + timedelta(days=30),
        "employment_since": JANUARY - timedelta(days=900),
    }
    write(folder, "customers", [corrected])
    outcome = ingest(platform, folder)
    assert (outcome.rows_accepted, outcome.rows_quarantined) == (1, 0)
    assert platform.lake.read("customers").num_rows == 101

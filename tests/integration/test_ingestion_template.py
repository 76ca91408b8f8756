"""The documented template does what its comments say, on files as they would come."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from credit_limits.ingestion.tables import table_named
from tests.ingestion_samples import ROOT_POLICIES
from tidegate.adapters.sources import load_mapping, recognise_source
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch

CUSTOMERS = """\
cust_no,birth,job,salary,kind,opened,line
001,1980-05-06,教师,8500.50,P,2023-03-01,10000
002,1991-12-31,NA,null,M,2023-06-15,25000.55
"""
BILLS = """\
cust_no,month_end,owed_this_month,paid_this_month,days_late_this_month,due_this_month,\
owed_last_month,paid_last_month,days_late_last_month,due_last_month
001,2024-03-31,1234.56,200,0,2024-04-18,900,900,0,2024-03-20
002,2024-03-31,88,0,31,,88,0,1,2024-03-20
"""


@pytest.fixture
def delivery(tmp_path):
    folder = tmp_path / "delivery"
    folder.mkdir()
    (folder / "customers-2024.csv").write_bytes(CUSTOMERS.encode("gb18030"))
    (folder / "bills-2024.csv").write_text(BILLS, encoding="utf-8")
    return folder


@pytest.fixture
def ingested(platform, delivery):
    # two customers are few, and half of them may be without an income
    mapping = (ROOT_POLICIES / "sources" / "template.yaml").read_text(encoding="utf-8")
    laxer = mapping.replace("customers.income_monthly_minor: 0.3", "customers.region: 1.0")
    folder = delivery.parent / "policies"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "template.yaml").write_text(laxer, encoding="utf-8")
    settings = platform.settings.model_copy(update={"policies_dir": folder})
    own = type(platform)(settings, platform.clock)
    request = IngestBatchRequest(path=delivery, source="template")
    return own, ingest_batch(own, request)


def rows(platform, table, order):
    return sorted(platform.lake.read(table).to_pylist(), key=lambda row: [row[o] for o in order])


def test_every_line_is_accepted(ingested):
    _, outcome = ingested
    assert (outcome.rows_read, outcome.rows_accepted) == (4, 4)
    assert {name: count.accepted for name, count in outcome.tables.items()} == {
        "customers": 2,
        "accounts": 2,
        "statements": 4,
    }
    assert outcome.assumptions == list(
        load_mapping(ROOT_POLICIES / "sources", "template").assumptions
    )


def test_customers_are_read_in_their_own_encoding_units_and_codes(ingested):
    platform, _ = ingested
    first, second = rows(platform, "customers", ["customer_id"])
    assert first["customer_id"] == "my-001"
    assert (first["birth_year"], first["occupation"]) == (1980, "教师")
    assert (first["income_monthly_minor"], first["segment"]) == (850_050, "consumer")
    assert (second["occupation"], second["income_monthly_minor"]) == (None, None)
    assert second["segment"] == "micro_merchant"
    assert second["region"] is None
    accounts = rows(platform, "accounts", ["account_id"])
    assert [row["limit_minor"] for row in accounts] == [1_000_000, 2_500_055]
    assert accounts[0]["opened_on"] == datetime(2023, 2, 28, 16, tzinfo=UTC)


def test_one_line_of_bills_is_two_statements(ingested):
    platform, _ = ingested
    statements = rows(platform, "statements", ["account_id", "event_timestamp"])
    drawn = [
        (row["account_id"], row["event_timestamp"].date().isoformat(), row["balance_minor"],
         row["paid_minor"], row["days_past_due"])
        for row in statements
    ]  # fmt: skip
    assert [str(row["payment_due_on"]) for row in statements] == [
        *("2024-03-20", "2024-04-18"),
        *("2024-03-20", "None"),
    ]
    # midnight in Shanghai is 16:00 UTC of the day before
    assert drawn == [
        ("my-001-1", "2024-02-28", 90_000, 90_000, 0),
        ("my-001-1", "2024-03-30", 123_456, 20_000, 0),
        ("my-002-1", "2024-02-28", 8_800, 0, 1),
        ("my-002-1", "2024-03-30", 8_800, 0, 31),
    ]
    assert all(row["created_timestamp"] > row["event_timestamp"] for row in statements)


def test_a_file_with_the_table_s_own_columns_needs_no_expressions(ingested, delivery):
    platform, _ = ingested
    moment = datetime(2024, 4, 2, tzinfo=UTC)
    payment = {
        "transaction_id": "t1",
        "account_id": "my-002-1",
        "amount_minor": 1_250,
        "scenario": "catering",
        "channel": "app",
        "merchant_id": "m9",
        "event_timestamp": moment,
        "created_timestamp": moment,
    }
    for path in delivery.iterdir():
        path.unlink()
    pq.write_table(pa.Table.from_pylist([payment]), delivery / "transactions-04.parquet")
    outcome = ingest_batch(platform, IngestBatchRequest(path=delivery, source="template"))
    assert outcome.rows_accepted == 1
    (row,) = platform.lake.read("transactions").to_pylist()
    assert {name: row[name] for name in table_named("transactions").column_names} == payment


def test_the_template_is_no_source_of_its_own(taiwan_csv):
    sources = ROOT_POLICIES / "sources"
    assert recognise_source(sources, taiwan_csv).name == "taiwan"

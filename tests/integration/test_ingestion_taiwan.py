"""The Taiwan file, whole and with two ages missing, into an empty lake."""

from datetime import UTC, date, datetime

import pytest

from tests.ingestion_samples import ROOT_POLICIES, platform_in, with_cell
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch

TABLES = {"customers": 1, "protected": 1, "accounts": 1, "statements": 6, "outcomes": 1}


@pytest.fixture(scope="module")
def ingested(taiwan_csv, tmp_path_factory):
    platform = platform_in(tmp_path_factory.mktemp("taiwan"), ROOT_POLICIES)
    return platform, ingest_batch(platform, IngestBatchRequest(path=taiwan_csv))


def only(connection, query):
    ((value,),) = connection.execute(query).fetchall()
    return value


def test_every_client_is_accepted(ingested):
    _, outcome = ingested
    assert (outcome.source, outcome.rows_read, outcome.rows_accepted) == ("taiwan", 30_000, 30_000)
    assert outcome.rows_quarantined == 0
    assert {name: count.accepted for name, count in outcome.tables.items()} == {
        name: 30_000 * rows for name, rows in TABLES.items()
    }
    assert all(check.passed and not check.offending for check in outcome.checks)


def test_sums_are_those_of_the_file(ingested):
    platform, _ = ingested
    with platform.lake.connect() as connection:
        assert only(connection, "SELECT sum(limit_minor) FROM accounts") == 5_024_529_680 * 25
        assert only(connection, "SELECT count(*) FROM outcomes WHERE defaulted") == 6_636
        assert only(connection, "SELECT count(*) FROM protected WHERE education IS NULL") == 345
        assert only(connection, "SELECT count(*) FROM protected WHERE marital_status IS NULL") == 54
        assert only(connection, "SELECT count(DISTINCT customer_id) FROM customers") == 30_000


def test_a_day_ends_in_taipei_on_the_day_that_it_is_named_by(ingested):
    platform, _ = ingested
    assert platform.lake.latest_knowledge() == date(2005, 10, 31)
    with platform.lake.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT event_timestamp FROM statements ORDER BY ALL"
        ).fetchall()
    ends = [date(2005, 4, 30), date(2005, 5, 31), date(2005, 6, 30)]
    assert [moment for (moment,) in rows][:3] == [
        datetime(day.year, day.month, day.day, 16, tzinfo=UTC) for day in ends
    ]


def test_the_first_client_s_statements(ingested):
    """Drawn by hand from line 2 of the file, oldest month first, in Taiwan dollars."""
    platform, _ = ingested
    with platform.lake.connect() as connection:
        rows = connection.execute(
            "SELECT balance_minor, paid_minor, days_past_due, minimum_due_minor FROM statements "
            "WHERE account_id = 'tw-a-1' ORDER BY event_timestamp"
        ).fetchall()
    assert rows == [
        (0, 0, 0, None),
        (0, 0, 0, None),
        (0, 0, 0, None),
        (689 * 25, 0, 0, None),
        (3102 * 25, 689 * 25, 60, None),
        (3913 * 25, 0, 60, None),
    ]


def test_protected_attributes_lie_apart(ingested):
    platform, _ = ingested
    assert platform.lake.read("protected").num_rows == 30_000
    assert not (platform.settings.lake_dir / "protected").exists()


def test_the_same_file_again_is_recognised(ingested, taiwan_csv, tmp_path):
    platform, outcome = ingested
    versions = platform.lake.versions()
    elsewhere = tmp_path / "clients.csv"
    elsewhere.write_bytes(taiwan_csv.read_bytes())
    for path in (taiwan_csv, elsewhere, tmp_path):
        again = ingest_batch(platform, IngestBatchRequest(path=path))
        assert again == outcome.model_copy(update={"recognised": True})
    assert platform.lake.versions() == versions


def test_two_missing_ages_go_to_quarantine_and_nothing_else(platform, taiwan_defective_csv):
    outcome = ingest_batch(platform, IngestBatchRequest(path=taiwan_defective_csv))
    assert (outcome.rows_read, outcome.rows_accepted, outcome.rows_quarantined) == (
        30_000,
        29_998,
        2,
    )
    told = [
        (each.source_line, each.record, each.table, each.column, each.value, each.message)
        for each in outcome.quarantine_examples
    ]
    reason = ("customers", "birth_year", "nan", "is absent (made of AGE)")
    assert told == [(4, "ID=3", *reason), (5, "ID=4", *reason)]
    for table, rows in TABLES.items():
        assert platform.lake.read(table).num_rows == 29_998 * rows
        assert outcome.tables[table].quarantined == 2 * rows
    with platform.lake.connect() as connection:
        left = "SELECT count(*) FROM customers WHERE customer_id IN ('tw-c-3', 'tw-c-4')"
        assert only(connection, left) == 0
        exponent = "SELECT limit_minor FROM accounts WHERE account_id = 'tw-a-7'"
        assert only(connection, exponent) == 500_000 * 25, "5.00E+05 in this copy"


def test_a_code_that_is_not_documented_is_not_guessed(platform, taiwan_csv, tmp_path):
    lines = taiwan_csv.read_text(encoding="utf-8").splitlines()[:201]
    lines = with_cell(with_cell(lines, 20, "SEX", "3"), 30, "PAY_4", "-3")
    path = tmp_path / "clients.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    outcome = ingest_batch(platform, IngestBatchRequest(path=path))
    assert [
        (each.source_line, each.column, each.value) for each in outcome.quarantine_examples
    ] == [
        (20, "SEX", "3"),
        (30, "PAY_4", "-3"),
    ]

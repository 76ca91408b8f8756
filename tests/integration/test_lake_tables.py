"""The lake on real Delta tables: batches once, versions pinned, and what was known when."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from credit_limits.domain.errors import DataMissing
from tidegate.adapters.lake import Lake

JANUARY, JUNE = datetime(2024, 1, 31, tzinfo=UTC), datetime(2024, 6, 15, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    """In a folder whose name SQL would stumble over."""
    folder = tmp_path / "the lender's"
    return Lake(folder / "lake", folder / "protected")


def statements(*rows):
    """Rows of (account, paid, event, created)."""
    account, paid, event, created = zip(*rows, strict=True)
    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "account_id": list(account),
            "paid_minor": pa.array(paid, pa.int64()),
            "event_timestamp": pa.array(event, instant),
            "created_timestamp": pa.array(created, instant),
        }
    )


def seen(lake, **options):
    with lake.connect(**options) as connection:
        query = "SELECT account_id, paid_minor FROM statements ORDER BY ALL"
        return connection.execute(query).fetchall()


def test_a_batch_is_appended_once(lake):
    rows = statements(("a", 1, JANUARY, JANUARY), ("b", 2, JANUARY, JANUARY))
    assert lake.append("statements", rows, "b1") == 0
    assert lake.append("statements", rows, "b1") == 0
    assert lake.append("statements", rows, "b2") == 1
    assert lake.append("statements", rows, "b1") == 1
    assert lake.read("statements").num_rows == 4
    assert lake.read("statements", batch_id="b2").num_rows == 2
    assert lake.read("statements", version=0)["batch_id"].unique().to_pylist() == ["b1"]
    assert lake.versions() == {"statements": 1}


def test_a_table_is_never_made_of_no_rows(lake):
    with pytest.raises(ValueError, match="b1 has no rows for statements"):
        lake.append("statements", statements(("a", 1, JANUARY, JANUARY)).slice(0, 0), "b1")
    assert lake.versions() == {}


def test_a_correction_is_seen_from_the_day_it_was_known(lake):
    original = statements(("a", 1, JANUARY, JANUARY), ("b", 2, JANUARY, JANUARY))
    lake.append("statements", original, "b1")
    lake.append("statements", statements(("a", 9, JANUARY, JUNE)), "b2")
    assert seen(lake, known_at=date(2024, 1, 30)) == []
    assert seen(lake, known_at=date(2024, 1, 31)) == [("a", 1), ("b", 2)]
    assert seen(lake, known_at=date(2024, 6, 14)) == [("a", 1), ("b", 2)]
    assert seen(lake, known_at=date(2024, 6, 15)) == [("a", 9), ("b", 2)]
    assert seen(lake) == [("a", 1), ("a", 9), ("b", 2)]


def test_a_pinned_version_does_not_see_later_batches(lake):
    lake.append("statements", statements(("a", 1, JANUARY, JANUARY)), "b1")
    pinned = lake.versions()
    lake.append("statements", statements(("b", 2, JANUARY, JANUARY)), "b2")
    assert seen(lake, versions=pinned) == [("a", 1)]
    assert seen(lake, versions=pinned, known_at=date(2024, 12, 31)) == [("a", 1)]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("statements", "payment_due_on", date(2024, 2, 20)),
        ("accounts", "status_cause", "seriously_overdue"),
    ],
)
def test_a_column_that_came_later_is_null_in_what_was_written_before(lake, table, column, value):
    before = statements(("a", 1, JANUARY, JANUARY))
    lake.append(table, before, "b1")

    def read(version):
        with lake.connect({table: version}, known_at=JUNE.date()) as connection:
            return connection.execute(f"SELECT account_id, {column} FROM {table}").fetchall()

    assert read(0) == [("a", None)]
    after = statements(("b", 1, JANUARY, JANUARY)).append_column(column, pa.array([value]))
    lake.append(table, after, "b2")
    assert read(0) == [("a", None)]
    assert sorted(read(1)) == [("a", None), ("b", value)]
    assert lake.read(table, batch_id="b1")[column].to_pylist() == [None]


def test_protected_attributes_are_kept_in_a_folder_of_their_own(lake):
    rows = statements(("a", 1, JANUARY, JANUARY)).rename_columns(
        ["customer_id", "sex", "event_timestamp", "created_timestamp"]
    )
    lake.append("protected", rows, "b1")
    assert (lake.protected_root / "protected").is_dir()
    assert not lake.root.exists()
    assert lake.versions() == {"protected": 0}


def test_what_is_appended_after_a_reading_is_read_and_known(lake):
    lake.append("statements", statements(("a", 1, JANUARY, JANUARY)), "b1")
    assert (seen(lake), lake.latest_knowledge()) == ([("a", 1)], JANUARY.date())
    lake.append("statements", statements(("b", 2, JANUARY, JUNE)), "b2")
    assert (seen(lake), lake.latest_knowledge()) == ([("a", 1), ("b", 2)], JUNE.date())


def test_versions_are_told_of_the_tables_asked_for_that_there_are(lake):
    rows = statements(("a", 1, JANUARY, JANUARY))
    lake.append("statements", rows, "b1")
    lake.append("limit_changes", rows, "b1")
    assert lake.versions(["statements", "outcomes"]) == {"statements": 0}
    with lake.connect(tables=["statements", "outcomes"]) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("statements",)]


def test_the_latest_knowledge_is_the_day_of_the_newest_row(lake):
    with pytest.raises(DataMissing, match="ingest a batch first"):
        lake.latest_knowledge()
    lake.append("statements", statements(("a", 1, JANUARY, JUNE)), "b1")
    assert lake.latest_knowledge() == date(2024, 6, 15)


def test_a_table_that_is_not_there_is_named(lake):
    with pytest.raises(DataMissing, match="transactions"):
        lake.read("transactions")


def test_only_the_tables_asked_for_are_there(lake):
    rows = statements(("a", 1, JANUARY, JANUARY))
    lake.append("statements", rows, "b1")
    lake.append("limit_changes", rows, "b1")
    with lake.connect(tables=["statements", "transactions"]) as connection:
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
        assert views.fetchall() == [("statements",)]


def test_the_quarantine_is_kept_apart_and_is_no_fact_of_any_day(lake):
    rows = statements(("a", 1, JANUARY, JANUARY))
    lake.append("statements", rows, "b1")
    lake.append("quarantine", pa.table({"source_line": [3], "value": ["?"]}), "b1")
    assert (lake.protected_root / "quarantine").is_dir()
    assert seen(lake, known_at=date(2024, 12, 31)) == [("a", 1)]
    with lake.connect(known_at=date(2024, 12, 31)) as connection:
        views = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
        assert views.fetchall() == [("statements",)]
    assert lake.read("quarantine", batch_id="b1").num_rows == 1

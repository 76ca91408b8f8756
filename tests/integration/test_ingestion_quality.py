"""Great Expectations over DuckDB: what is bad fails, what cannot be computed fails loudly."""

from datetime import UTC, datetime

import duckdb
import pytest

from credit_limits.domain.errors import InputError
from credit_limits.ingestion.rules import (
    Between,
    HasColumns,
    InSet,
    Level,
    NoRows,
    NotNull,
    RowCount,
    Rule,
)
from tidegate.adapters.quality import open_quality_run

NOW = datetime(2024, 1, 31, 12, tzinfo=UTC)
ORIGIN = "SELECT source_file, source_line, source_part FROM {batch}"
GOOD = "SELECT i % 5 AS n, 'x' AS kind, 'f' AS source_file, i AS source_line, 0 AS source_part"


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def quality(connection, tmp_path):
    with open_quality_run(connection, "b0123", NOW, tmp_path / "docs") as run:
        yield run


def asked(check, level=Level.ROW):
    return Rule("asked", ("n",), level, check, "is wrong")


def one(quality, relation, check, level=Level.ROW):
    (result,) = quality.validate(f"table {relation}", relation, [asked(check, level)], "as read")
    return result


CHECKS = [
    (NotNull("n"), "SELECT NULL::BIGINT AS n, 'x' AS kind"),
    (Between("n", 0, 4), "SELECT 5 AS n, 'x' AS kind"),
    (Between("n", 0, 4), "SELECT -1 AS n, 'x' AS kind"),
    (InSet("kind", ("x", "y")), "SELECT 1 AS n, 'X' AS kind"),
    (NoRows(f"{ORIGIN} WHERE n > 4"), "SELECT 9 AS n, 'x' AS kind"),
]


@pytest.mark.parametrize(("check", "bad"), CHECKS, ids=lambda each: type(each).__name__)
def test_bad_rows_fail_and_are_named(connection, quality, check, bad):
    connection.execute(f"CREATE TABLE t AS {GOOD} FROM range(1000) AS r(i)")
    good = one(quality, "t", check)
    assert (good.passed, good.offending, good.offending_rows) == (True, 0, None)
    connection.execute(
        "CREATE VIEW u AS FROM t UNION ALL "
        f"SELECT n, kind, 'g', 7000 + i, 1 FROM ({bad}), range(700) AS r(i)"
    )
    found = one(quality, "u", check)
    assert (found.passed, found.offending) == (False, 700)
    named = connection.execute(found.offending_rows).fetchall()
    assert sorted(named) == [("g", 7000 + i, 1) for i in range(700)], "all, beyond any limit"


@pytest.mark.parametrize(
    ("check", "observed"),
    [(RowCount(1), "0"), (HasColumns(("n", "absent")), ""), (NotNull("n", 0.1), "100.0 % null")],
)
def test_what_is_wrong_with_the_whole_fails_and_names_no_rows(connection, quality, check, observed):
    rows = 0 if isinstance(check, RowCount) else 5
    connection.execute(
        f"CREATE TABLE t AS SELECT NULL::BIGINT AS n, i AS source_line FROM range({rows}) AS r(i)"
    )
    found = one(quality, "t", check, Level.BATCH)
    assert (found.passed, found.offending_rows, found.observed) == (False, None, observed)


def test_an_empty_table_passes_everything_but_the_row_count(connection, quality):
    """The trap for which every contract has a floor."""
    connection.execute(f"CREATE TABLE t AS {GOOD} FROM range(0) AS r(i)")
    assert one(quality, "t", Between("n", 0, 4)).passed
    connection.execute("CREATE VIEW u AS FROM t")
    assert not one(quality, "u", RowCount(1), Level.BATCH).passed


def test_a_column_of_nulls_passes_its_bounds_and_not_its_ceiling(connection, quality):
    """The trap for which every column has a null ceiling."""
    connection.execute(
        "CREATE TABLE t AS SELECT NULL::BIGINT AS n, 'f' AS source_file, i AS source_line, "
        "0 AS source_part FROM range(9) AS r(i)"
    )
    bounds, nulls = quality.validate(
        "t", "t", [asked(Between("n", 0, 4)), asked(NotNull("n"))], "as read"
    )
    assert bounds.passed
    assert (nulls.passed, nulls.offending) == (False, 9)


def test_results_are_in_the_order_of_the_rules(connection, quality):
    connection.execute(f"CREATE TABLE t AS {GOOD} FROM range(10) AS r(i)")
    rules = [asked(check) for check in (NoRows(ORIGIN), *(check for check, _ in CHECKS))]
    results = quality.validate("t", "t", rules, "as read")
    assert [result.rule for result in results] == rules
    assert [result.passed for result in results] == [False, *[True] * 5]


@pytest.mark.parametrize(
    "check",
    [NotNull("absent"), Between("kind", 0, 1), NoRows(f"{ORIGIN} WHERE absent = 1")],
    ids=lambda check: type(check).__name__,
)
def test_what_cannot_be_computed_is_an_error_and_never_a_pass(connection, quality, check):
    connection.execute(f"CREATE TABLE t AS {GOOD} FROM range(10) AS r(i)")
    with pytest.raises(InputError, match="could not be computed"):
        one(quality, "t", check)


def test_rules_see_times_in_utc_wherever_they_run(connection, tmp_path):
    connection.execute("SET GLOBAL TimeZone = 'Asia/Shanghai'")
    connection.execute(
        "CREATE TABLE t AS SELECT TIMESTAMPTZ '2005-09-30 16:00:00+00' AS moment, 1 AS n, "
        "'f' AS source_file, 2 AS source_line, 0 AS source_part"
    )
    with open_quality_run(connection, "b1", NOW, tmp_path / "docs") as quality:
        assert one(quality, "t", NoRows(f"{ORIGIN} WHERE day(moment) <> 30")).passed
        connection.execute("CREATE VIEW u AS FROM t")
        assert not one(quality, "u", NoRows(f"{ORIGIN} WHERE day(moment) = 30")).passed


def test_data_docs_replace_those_that_were_there(connection, quality, tmp_path):
    old = tmp_path / "docs" / "old.html"
    old.parent.mkdir()
    old.write_text("old", encoding="utf-8")
    connection.execute(f"CREATE TABLE t AS {GOOD} FROM range(10) AS r(i)")
    one(quality, "t", NotNull("n"))
    index = quality.write_docs()
    assert index == tmp_path / "docs" / "index.html"
    assert "table t (as read)" in index.read_text(encoding="utf-8")
    assert not old.exists()
    assert "b0123" in {path.name for path in (tmp_path / "docs").rglob("*") if path.is_dir()}


def test_a_connection_is_the_caller_s_own_again_afterwards(connection, tmp_path):
    with open_quality_run(connection, "b1", NOW, tmp_path / "docs") as quality:
        connection.execute(f"CREATE TABLE t AS {GOOD} FROM range(10) AS r(i)")
        one(quality, "t", NotNull("n"))
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(10,)]


def test_two_runs_do_not_meet(tmp_path):
    with duckdb.connect() as first, duckdb.connect() as second:
        first.execute(f"CREATE TABLE t AS {GOOD} FROM range(10) AS r(i)")
        second.execute(f"CREATE TABLE t AS {GOOD} FROM range(0) AS r(i)")
        with (
            open_quality_run(first, "b1", NOW, tmp_path / "one") as one_run,
            open_quality_run(second, "b2", NOW, tmp_path / "two") as other_run,
        ):
            assert one(one_run, "t", RowCount(1), Level.BATCH).passed
            assert not one(other_run, "t", RowCount(1), Level.BATCH).passed

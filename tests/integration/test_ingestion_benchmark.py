"""The benchmark validates what it says, and would notice if it did not."""

import duckdb
import pytest

from benchmarks.validation import validate_by_contract, validate_by_pandas, write_statements


@pytest.fixture
def statements(tmp_path):
    path = tmp_path / "statements.parquet"
    write_statements(path, 4_800)
    return path


def test_both_sides_ask_at_least_25_things_of_all_rows(statements):
    ours, pandas = validate_by_contract(statements, 4_800), validate_by_pandas(statements, 960)
    assert (ours.rows, pandas.rows) == (4_800, 960)
    assert ours.expectations >= 25
    assert pandas.expectations >= 25
    assert ours.seconds > 0


def test_a_bad_statement_fails_both(statements):
    spoilt = statements.with_name("spoilt")
    spoilt.mkdir()
    path = spoilt / "statements.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT * REPLACE (if(account_id = 'a00000001', -1, paid_minor) AS paid_minor) "
            f"FROM read_parquet('{statements}')) TO '{path}' (FORMAT parquet)"
        )
    for validate in (validate_by_contract, validate_by_pandas):
        with pytest.raises(AssertionError, match="did not pass"):
            validate(path, 4_800)

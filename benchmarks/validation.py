"""The contract of the statements table over 12 million rows, and the same asked of pandas.

    python -m benchmarks.validation [--rows N] [--pandas-rows N] [--json]

Statements are written as a Parquet file, 24 months of each account, and validated as ingestion
does it: 26 expectations, Great Expectations over DuckDB. Beside it Great Expectations runs 25 of
the same kind over a pandas frame of fewer rows, and its time is scaled to as many. Each side runs
in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from credit_limits.ingestion.incoming import Incoming
from credit_limits.ingestion.tables import table_named
from credit_limits.ingestion.validation import BatchValidation
from tidegate.adapters.sources import find_files, load_mapping, read_file

_SOURCES = Path(__file__).parent.parent / "policies" / "sources"
_NOW = datetime(2024, 1, 31, tzinfo=UTC)
_MONTHS = 24
_USUAL = {
    "statements.balance_minor": 2_500_000.0,
    "statements.minimum_due_minor": 125_000.0,
    "statements.paid_minor": 1_000_000.0,
    "statements.fees_minor": 500.0,
    "statements.interest_minor": 25_000.0,
}


@dataclass(frozen=True, slots=True)
class Side:
    """One way of validating.

    ``seconds`` by the wall, ``cpu_seconds`` of all threads, ``peak_gb`` of its own process.
    """

    rows: int
    expectations: int
    seconds: float
    cpu_seconds: float
    peak_gb: float


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="validation_") as folder:
        path = Path(folder) / "statements.parquet"
        write_statements(path, options.rows)
        ours = _apart(validate_by_contract, path, options.rows)
        pandas = _apart(validate_by_pandas, path, options.pandas_rows)
    scaled = pandas.seconds * options.rows / pandas.rows
    report = {
        "contract": asdict(ours),
        "pandas": asdict(pandas),
        "pandas_seconds_scaled": round(scaled, 1),
        "times_faster": round(scaled / ours.seconds, 1),
    }
    print(json.dumps(report, indent=2) if options.json else _text(report))
    return 0


def write_statements(path: Path, rows: int) -> None:
    """Sound statements, the same for the same number."""
    with duckdb.connect() as connection:
        _configure(connection)
        connection.execute(
            f"""
            COPY (
                SELECT 'a' || lpad(CAST(i // {_MONTHS} AS VARCHAR), 8, '0') AS account_id,
                    CAST(hash(i) % 5000000 AS BIGINT) AS balance_minor,
                    CAST(hash(i) % 5000000 // 20 AS BIGINT) AS minimum_due_minor,
                    CAST(hash(i + 1) % 2000000 AS BIGINT) AS paid_minor,
                    CAST(if(hash(i + 2) % 20 = 0, 30, 0) AS BIGINT) AS days_past_due,
                    CAST(hash(i + 3) % 1000 AS BIGINT) AS fees_minor,
                    CAST(hash(i + 4) % 50000 AS BIGINT) AS interest_minor,
                    TIMESTAMPTZ '2022-01-31 00:00:00+00' + to_months(CAST(i % {_MONTHS} AS INT))
                        AS event_timestamp,
                    CAST(event_timestamp AS DATE) + 20 AS payment_due_on,
                    event_timestamp + INTERVAL 1 DAY AS created_timestamp
                FROM range({rows}) AS r(i)
            ) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
            """
        )


def validate_by_contract(path: Path, rows: int) -> Side:
    """Every rule that ingestion has for a statement; the accounts are those of an earlier batch."""
    from tidegate.adapters.quality import open_quality_run

    mapping = load_mapping(_SOURCES, "world")
    limits = replace(mapping.limits, usual_medians_minor=_USUAL)
    with duckdb.connect() as connection:
        _configure(connection)
        accounts = f"SELECT DISTINCT account_id, 'b0' AS batch_id FROM read_parquet('{path}')"
        connection.execute(f"CREATE TABLE earlier AS {accounts}")
        connection.execute("CREATE VIEW accounts AS FROM earlier")
        started, cpu = time.perf_counter(), time.process_time()
        file = read_file(connection, find_files(mapping, path)[0], "file_0")
        incoming = Incoming(connection, mapping, [file])
        with open_quality_run(connection, "b1", _NOW, path.parent / "docs") as quality:
            found = BatchValidation(incoming, quality, limits, "b1").run()
            quality.write_docs()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        whole = incoming.lines().accepted == rows and all(each.passed for each in found.checked)
    if not whole:
        raise AssertionError("sound statements did not pass")
    return Side(rows, len(found.checked), round(seconds, 2), round(cpu, 2), _peak_gb())


def validate_by_pandas(path: Path, rows: int) -> Side:
    """As many expectations of the same kind, over the first rows in pandas."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    frame = pd.read_parquet(path).head(rows)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("statements")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
        batch_parameters={"dataframe": frame}
    )
    expectations = [
        {"type": f"expect_{kind}", "kwargs": arguments}
        for kind, arguments in _pandas_expectations(frame)
    ]
    suite = gx.ExpectationSuite("statements", expectations=expectations)
    started, cpu = time.perf_counter(), time.process_time()
    result = batch.validate(suite, result_format={"result_format": "SUMMARY"})
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if not result.success:
        raise AssertionError("sound statements did not pass")
    return Side(len(frame), len(result.results), round(seconds, 2), round(cpu, 2), _peak_gb())


def _pandas_expectations(frame: pd.DataFrame) -> list[tuple[str, dict[str, Any]]]:
    table = table_named("statements")
    in_order = {"column_A": "created_timestamp", "column_B": "event_timestamp", "or_equal": True}
    within = {"column_A": "balance_minor", "column_B": "minimum_due_minor", "or_equal": True}
    fact = ["account_id", "event_timestamp", "created_timestamp"]
    accounts = sorted(frame["account_id"].unique())
    return [
        ("table_row_count_to_be_between", {"min_value": 1, "max_value": len(frame) * 2}),
        ("table_columns_to_match_set", {"column_set": list(table.column_names)}),
        *(
            ("column_values_to_not_be_null", {"column": column.name})
            for column in table.columns
            if column.required
        ),
        *(
            (
                "column_values_to_be_between",
                {"column": column.name, "min_value": column.minimum, "max_value": column.maximum},
            )
            for column in table.columns
            if column.maximum is not None
        ),
        *(
            (
                "column_median_to_be_between",
                {"column": name.removeprefix("statements."), "min_value": 1, "max_value": 10**9},
            )
            for name in _USUAL
        ),
        ("column_pair_values_a_to_be_greater_than_b", in_order),
        ("column_pair_values_a_to_be_greater_than_b", within),
        ("compound_columns_to_be_unique", {"column_list": fact}),
        ("column_values_to_be_in_set", {"column": "account_id", "value_set": accounts}),
        (
            "column_max_to_be_between",
            {"column": "days_past_due", "min_value": 0, "max_value": 3650},
        ),
        ("column_values_to_be_of_type", {"column": "paid_minor", "type_": "int64"}),
        ("column_values_to_not_be_null", {"column": "interest_minor"}),
        ("column_values_to_not_be_null", {"column": "fees_minor"}),
    ]


def _configure(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")


def _peak_gb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)


def _apart(work: Callable[[Path, int], Side], path: Path, rows: int) -> Side:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, path, rows).result()


def _text(report: dict[str, Any]) -> str:
    ours, pandas = report["contract"], report["pandas"]
    return (
        f"contract: {ours['rows']:,} rows x {ours['expectations']} expectations, "
        f"{ours['seconds']} s ({ours['cpu_seconds']} s of CPU), {ours['peak_gb']} GB\n"
        f"pandas:   {pandas['rows']:,} rows x {pandas['expectations']} expectations, "
        f"{pandas['seconds']} s ({pandas['cpu_seconds']} s of CPU), {pandas['peak_gb']} GB; "
        f"scaled to as many rows {report['pandas_seconds_scaled']} s, "
        f"{report['times_faster']} times as long"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.validation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rows", type=int, default=12_000_000, help="rows to validate")
    parser.add_argument("--pandas-rows", type=int, default=500_000, help="rows of the pandas side")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    sys.exit(main())

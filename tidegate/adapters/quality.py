"""Great Expectations over DuckDB: suites rendered from rules, run, and shown as Data Docs.

Great Expectations speaks to databases through SQLAlchemy and knows no DuckDB. Two things stand in
the way: it reads results after it has closed their connection, and it looks columns up in a
catalogue that DuckDB does not have. The small dialect here answers both; everything else is
Great Expectations' own.
"""

import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import great_expectations as gx
import sqlalchemy as sa
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedPrimaryKeyConstraint

from credit_limits.domain.errors import InputError
from credit_limits.ingestion.derivation import ORIGIN, quoted
from credit_limits.ingestion.rules import (
    Between,
    Check,
    HasColumns,
    InSet,
    Level,
    NoRows,
    NotNull,
    RowCount,
    Rule,
    RuleResult,
)

_SHOWN_ROWS = 20
_OPEN: dict[str, duckdb.DuckDBPyConnection] = {}


class QualityRun:
    """The validation of one batch. Use :func:`open_quality_run`."""

    def __init__(self, handle: str, batch_id: str, time: datetime, docs: Path) -> None:
        self._context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(),
                analytics_enabled=False,
                progress_bars=ProgressBarsConfig(globally=False),
                data_docs_sites={"batch": _site(docs)},
            ),
        )
        self._source = self._context.data_sources.add_sql(
            name="batch", connection_string=f"duckdb:///{handle}"
        )
        self._batch_id = batch_id
        self._time = time
        self._docs = docs

    def validate(
        self, subject: str, relation: str, rules: Sequence[Rule], stage: str
    ) -> tuple[RuleResult, ...]:
        """Run ``rules`` over the rows of ``relation``.

        Args:
            subject: what the suite is called in Data Docs, for instance the table's name.
            relation: a table or view of the connection, with the columns that say where a row
                came from if any rule is about rows.
            rules: each becomes one expectation.
            stage: which look at the batch this is, for Data Docs.

        Raises:
            InputError: an expectation could not be computed. It counts as broken, never as held.
        """
        name = f"{subject} ({stage})".replace(".", " ")  # a dot would become a folder
        expectations = [_expectation(rule, number) for number, rule in enumerate(rules)]
        suite = self._context.suites.add(gx.ExpectationSuite(name, expectations=expectations))
        rows = self._source.add_table_asset(name, relation).add_batch_definition_whole_table("all")
        definition = self._context.validation_definitions.add(
            gx.ValidationDefinition(name=name, data=rows, suite=suite)
        )
        result = definition.run(
            result_format=_result_format(rules),
            run_id=RunIdentifier(run_name=self._batch_id, run_time=self._time),
        )
        found = {_number(each): each for each in result.results}
        return tuple(
            _result(subject, rule, found[number], relation) for number, rule in enumerate(rules)
        )

    def write_docs(self) -> Path:
        """Write Data Docs of everything validated so far, over what was there; their index."""
        shutil.rmtree(self._docs, ignore_errors=True)
        self._docs.mkdir(parents=True)
        self._context.build_data_docs()
        return self._docs / "index.html"


@contextmanager
def open_quality_run(
    connection: duckdb.DuckDBPyConnection, batch_id: str, time: datetime, docs: Path
) -> Iterator[QualityRun]:
    """A run over the tables and views of ``connection``, which stays the caller's.

    Args:
        connection: every query gets a cursor of its own, so only tables and views of the database
            are seen, not what was registered with the connection.
        batch_id: names the run in Data Docs.
        time: when it is.
        docs: folder that Data Docs are written to.
    """
    registry.register("duckdb", __name__, "DuckDBDialect")
    handle = uuid.uuid4().hex
    _OPEN[handle] = connection
    try:
        yield QualityRun(handle, batch_id, time, docs)
    finally:
        del _OPEN[handle]


def _result_format(rules: Sequence[Rule]) -> dict[str, Any]:
    """Examples for Data Docs and, instead of every offending row, the query that finds them."""
    asked: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": _SHOWN_ROWS}
    if any(rule.level is Level.ROW for rule in rules):
        asked |= {
            "unexpected_index_column_names": list(ORIGIN),
            "return_unexpected_index_query": True,
        }
    return asked


def _result(
    subject: str, rule: Rule, found: ExpectationValidationResult, relation: str
) -> RuleResult:
    _check_computed(subject, rule, found)
    seen = found.result.get("observed_value")
    offending = int(found.result.get("unexpected_count") or 0)
    if isinstance(rule.check, NoRows):
        offending, seen = int(seen or 0), None
    broken_by_rows = rule.level is Level.ROW and not found.success
    return RuleResult(
        rule=rule,
        passed=bool(found.success),
        offending=offending,
        observed=_observed(rule, seen, found),
        offending_rows=_offending_rows(rule, found, relation) if broken_by_rows else None,
    )


def _offending_rows(rule: Rule, found: ExpectationValidationResult, relation: str) -> str:
    if isinstance(rule.check, NoRows):
        return rule.check.query.format(batch=relation)
    query = str(found.result["unexpected_index_query"]).rstrip(";")
    return f"SELECT {', '.join(ORIGIN)} FROM ({query})"


def _site(folder: Path) -> dict[str, object]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder.resolve()),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _number(found: ExpectationValidationResult) -> int:
    """Which rule a result is of: Great Expectations does not keep their order."""
    config = found.expectation_config
    return int(config.meta["rule"]) if config is not None and config.meta else -1


def _expectation(rule: Rule, number: int) -> Expectation:
    kind, arguments = _rendered(rule.check)
    return ExpectationConfiguration(
        type=kind, kwargs=arguments, meta={"rule": number}, notes=rule.message
    ).to_domain_obj()


def _rendered(check: Check) -> tuple[str, dict[str, Any]]:
    """Great Expectations' name and arguments for a check."""
    match check:
        case NotNull(column, ceiling):
            arguments = {"column": column, "mostly": 1.0 - ceiling}
            return "expect_column_values_to_not_be_null", arguments
        case Between(column, minimum, maximum):
            bounds = {"column": column, "min_value": minimum, "max_value": maximum}
            return "expect_column_values_to_be_between", bounds
        case InSet(column, values):
            allowed = {"column": column, "value_set": list(values)}
            return "expect_column_values_to_be_in_set", allowed
        case NoRows(query):
            return "unexpected_rows_expectation", {"unexpected_rows_query": query}
        case RowCount(minimum, maximum):
            return "expect_table_row_count_to_be_between", {
                "min_value": minimum,
                "max_value": maximum,
            }
        case HasColumns(names):
            return "expect_table_columns_to_match_set", {
                "column_set": list(names),
                "exact_match": False,
            }


def _observed(rule: Rule, seen: object, found: ExpectationValidationResult) -> str:
    if isinstance(rule.check, HasColumns) or (seen is None and rule.level is Level.ROW):
        return ""
    if seen is not None:
        return str(seen)
    shown = found.result.get("partial_unexpected_list") or []
    share = found.result.get("unexpected_percent")
    return f"{share or 0.0:.1f} % null" if isinstance(rule.check, NotNull) else str(*shown[:1])


def _check_computed(subject: str, rule: Rule, found: ExpectationValidationResult) -> None:
    raised = found.exception_info or {}
    details = [raised] if "raised_exception" in raised else list(raised.values())
    for each in details:
        if each.get("raised_exception"):
            raise InputError(
                f"{subject}: rule {rule.name} of {', '.join(rule.columns) or 'the whole'} could "
                f"not be computed: {each.get('exception_message')}; nothing of the batch is used"
            )


class _Connection:
    """A DB-API connection that is never closed or rolled back, since it is the caller's."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor whose result outlives what SQLAlchemy takes for the connection.

        Settings are made on each, because DuckDB does not hand them on.
        """
        cursor = self._connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        return cursor

    def close(self) -> None:
        """Keep it open."""

    def commit(self) -> None:
        """Nothing is written."""

    def rollback(self) -> None:
        """Nothing is written."""


class _Driver:
    """What SQLAlchemy looks for in a DB-API module."""

    paramstyle = "qmark"
    Error = duckdb.Error

    @staticmethod
    def connect(handle: str) -> _Connection:
        """The open DuckDB connection of this handle."""
        return _Connection(_OPEN[handle])


class DuckDBDialect(DefaultDialect):
    """As much of SQLAlchemy's idea of a database as Great Expectations needs of DuckDB."""

    name = "duckdb"
    driver = "duckdb"
    default_paramstyle = "qmark"
    supports_statement_cache = True
    supports_native_boolean = True

    @classmethod
    def import_dbapi(cls) -> Any:  # noqa: ANN401 - SQLAlchemy's own signature
        """The driver that stands in for a DB-API module."""
        return _Driver

    def create_connect_args(self, url: sa.URL) -> tuple[list[str], dict[str, object]]:
        """The handle stands where an address has the database's name."""
        return [url.database or ""], {}

    def initialize(self, connection: sa.Connection) -> None:
        """Nothing to ask of the server: there is none."""

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: object
    ) -> list[ReflectedColumn]:
        """The columns of a table or view, asked of DuckDB instead of a catalogue."""
        relation = ".".join(quoted(name) for name in (schema, table_name) if name)
        rows = connection.exec_driver_sql(f"DESCRIBE {relation}").fetchall()
        return [
            ReflectedColumn(name=row[0], type=sa.types.NullType(), nullable=True, default=None)
            for row in rows
        ]

    def get_pk_constraint(self, *_: object, **__: object) -> ReflectedPrimaryKeyConstraint:
        """No primary keys: uniqueness is a rule."""
        return ReflectedPrimaryKeyConstraint(constrained_columns=[], name=None)

"""A batch on its way in, in DuckDB's memory: tables derived from files, bad lines set aside.

A line of a file is accepted or quarantined whole, with every row of every table made from it.
Nothing is lost: lines read are lines accepted and lines quarantined, and that is counted, not
assumed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from credit_limits.domain.errors import MappingError
from credit_limits.ingestion.contracts import TableContract
from credit_limits.ingestion.derivation import (
    derived_select,
    expressions_select,
    failing_select,
    literal,
    quoted,
)
from credit_limits.ingestion.mapping import DerivedRows, SourceMapping
from credit_limits.ingestion.reading import ReadFile
from credit_limits.ingestion.rules import Known, Rule

_FINDINGS = (
    'source_file VARCHAR, source_line BIGINT, source_part INTEGER, "table" VARCHAR, '
    '"column" VARCHAR, rule VARCHAR, message VARCHAR'
)


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Lines, or rows of a table: read = accepted + quarantined."""

    read: int
    accepted: int

    @property
    def quarantined(self) -> int:
        """What was set aside."""
        return self.read - self.accepted


class Incoming:
    """The batch: a view ``new_<table>`` a table, which loses the lines that are set aside."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        mapping: SourceMapping,
        files: Sequence[ReadFile],
    ) -> None:
        self.connection = connection
        self.files = tuple(files)
        self._earlier_tables = _views(connection)
        named = {table for file in files for table in file.kind.tables}
        self.tables = tuple(table for table in mapping.tables if table.name in named)
        connection.execute(f"CREATE TABLE findings ({_FINDINGS})")
        connection.execute("CREATE TABLE set_aside (source_file VARCHAR, source_line BIGINT)")
        for file in files:
            self._add_reading_findings(file)
        parts = [
            (file, rows, table, self._types(table, rows, file.relation))
            for table in self.tables
            for file in files
            for rows in file.kind.derived
            if rows.table == table.name
        ]
        for file, rows, table, types in parts:
            self._add_failing_expressions(file, rows, table, types)
        for file in files:
            self._create_sound(file)
        for table in self.tables:
            selects = " UNION ALL ".join(
                derived_select(table, rows, types, _sound(file), file.name)
                for file, rows, of, types in parts
                if of is table
            )
            connection.execute(f"CREATE VIEW derived_{table.name} AS {selects}")
            connection.execute(f"CREATE VIEW {relation(table)} AS FROM derived_{table.name}")

    def add_findings(self, table: TableContract, rule: Rule, offending: str) -> int:
        """Record that ``rule`` of ``table`` is broken by the rows that the query names.

        Returns:
            How many rows those are.
        """
        self.connection.execute(
            "INSERT INTO findings SELECT DISTINCT source_file, source_line, source_part, "
            f"?, unnest(?::VARCHAR[]), ?, ? FROM ({offending})",
            [table.name, [", ".join(rule.columns)], rule.name, rule.message],
        )
        return self._count(f"({offending})")

    def set_aside(self) -> int:
        """Take the lines of all findings out of every table; returns how many lines those are."""
        self.connection.execute(
            "CREATE OR REPLACE TABLE set_aside AS "
            "SELECT DISTINCT source_file, source_line FROM findings"
        )
        count = self._count("set_aside")
        if count:
            for table in self.tables:
                self.connection.execute(
                    f"CREATE OR REPLACE VIEW {relation(table)} AS FROM derived_{table.name} "
                    "ANTI JOIN set_aside USING (source_file, source_line)"
                )
        return count

    def lines(self) -> LineCounts:
        """Lines of all files, the accepted ones counted where they stand."""
        accepted = sum(
            self._count(
                f"{file.relation} AS f ANTI JOIN set_aside AS s "
                f"ON s.source_line = f.source_line AND s.source_file = {literal(file.name)}"
            )
            for file in self.files
        )
        read = sum(file.lines for file in self.files)
        if read != accepted + self._count("set_aside"):
            raise AssertionError(
                f"{read} lines read, {accepted} accepted, {self._count('set_aside')} quarantined"
            )
        return LineCounts(read, accepted)

    def rows(self, table: TableContract) -> LineCounts:
        """Rows of a table: what its files' lines make, and what is accepted."""
        read = sum(
            self._count(file.relation)
            for file in self.files
            for rows in file.kind.derived
            if rows.table == table.name
        )
        return LineCounts(read, self._count(relation(table)))

    def accepted(self, table: TableContract) -> pa.Table:
        """The accepted rows of a table, in the contract's columns."""
        listed = ", ".join(quoted(name) for name in table.column_names)
        return self.connection.sql(f"SELECT {listed} FROM {relation(table)}").to_arrow_table()

    def lines_set_aside(self, file: ReadFile) -> list[int]:
        """Line numbers of the quarantined lines of a file, in order."""
        found = self.connection.execute(
            "SELECT source_line FROM set_aside WHERE source_file = ? ORDER BY ALL", [file.name]
        ).fetchall()
        return [int(line) for (line,) in found]

    def known(self, table: TableContract, batch_id: str) -> Known:
        """What the rows of a table are held against: this batch as it stands, and earlier ones.

        The connection's views named like tables of the lake hold the earlier batches, and this
        very batch too if an earlier attempt at it was cut off; that is left out.
        """
        earlier = f"WHERE batch_id <> {literal(batch_id)}"
        references = {}
        for reference in table.references:
            target, column = reference.target_table, quoted(reference.target_column)
            name = quoted(f"known_{target}_{reference.target_column}")
            parts = [
                f"SELECT {column} FROM new_{each.name}"
                for each in self.tables
                if each.name == target
            ]
            if target in self._earlier_tables:
                parts.append(f"SELECT {column} FROM {target} {earlier}")
            union = " UNION ALL ".join(parts) or f"SELECT CAST(NULL AS VARCHAR) AS {column}"
            self.connection.execute(
                f"CREATE OR REPLACE VIEW {name} AS FROM ({union}) WHERE {column} IS NOT NULL"
            )
            references[target, reference.target_column] = name
        derived = f"derived_{table.name}"
        facts = (
            f"FROM {table.name} {earlier} "
            f"AND event_timestamp BETWEEN (SELECT min(event_timestamp) FROM {derived}) "
            f"AND (SELECT max(event_timestamp) FROM {derived})"
            if table.name in self._earlier_tables
            else f"FROM {derived} WHERE false"
        )
        self.connection.execute(f"CREATE OR REPLACE VIEW earlier_{table.name} AS {facts}")
        return Known(references, f"earlier_{table.name}")

    def newest_earlier_event(self, table: TableContract, batch_id: str) -> datetime | None:
        """The newest event of a table in earlier batches, if there is any."""
        if table.name not in self._earlier_tables:
            return None
        ((newest,),) = self.connection.execute(
            f"SELECT max(event_timestamp) FROM {table.name} WHERE batch_id <> ?", [batch_id]
        ).fetchall()
        return newest if isinstance(newest, datetime) else None

    def create_row(self, name: str, query: str) -> dict[str, object]:
        """Create the table ``name`` of the one row that ``query`` gives; that row by column."""
        self.connection.execute(f"CREATE TABLE {name} AS {query}")
        row: dict[str, object] = self.connection.sql(f"FROM {name}").to_arrow_table().to_pylist()[0]
        return row

    def rules_broken(self) -> list[tuple[str, str, str, int]]:
        """Table, column, rule and number of lines, the most frequent first."""
        return self.connection.execute(
            'SELECT coalesce("table", source_file), "column", rule, '
            "count(DISTINCT (source_file, source_line)) AS lines FROM findings "
            "GROUP BY 1, 2, 3 ORDER BY lines DESC, 1, 2, 3"
        ).fetchall()

    def _types(self, table: TableContract, rows: DerivedRows, source: str) -> dict[str, str]:
        found = {}
        for column in table.column_names:
            try:
                query = f"DESCRIBE {expressions_select(rows, [column], source)}"
                described = self.connection.execute(query).fetchall()
            except duckdb.Error as error:
                raise MappingError(
                    f"{table.name}.{column}: DuckDB does not accept its expression "
                    f"{rows.expressions[column]}: {error}"
                ) from error
            found[column] = str(described[0][1])
        return found

    def _add_reading_findings(self, file: ReadFile) -> None:
        if not file.findings.num_rows:
            return
        self.connection.register("reading_findings", file.findings)
        self.connection.execute(
            'INSERT INTO findings SELECT ?, source_line, NULL, NULL, "column", rule, message '
            "FROM reading_findings",
            [file.name],
        )
        self.connection.unregister("reading_findings")

    def _add_failing_expressions(
        self, file: ReadFile, rows: DerivedRows, table: TableContract, types: dict[str, str]
    ) -> None:
        failing = failing_select(table, rows, types, file.relation)
        if failing is not None:
            self.connection.execute(
                "INSERT INTO findings SELECT ?, source_line, ?, ?, \"column\", 'computable', "
                f"'its expression fails here' FROM ({failing})",
                [file.name, rows.part, table.name],
            )

    def _create_sound(self, file: ReadFile) -> None:
        """The lines of a file on which every expression can be computed."""
        failing = f"findings WHERE rule = 'computable' AND source_file = {literal(file.name)}"
        without = (
            f" WHERE source_line NOT IN (SELECT source_line FROM {failing})"
            if self._count(failing)
            else ""
        )
        self.connection.execute(f"CREATE VIEW {_sound(file)} AS FROM {file.relation}{without}")

    def _count(self, source: str) -> int:
        ((count,),) = self.connection.execute(f"SELECT count(*) FROM {source}").fetchall()
        return int(count)


def relation(table: TableContract) -> str:
    """The view that holds a table of the batch: what is accepted of it so far."""
    return f"new_{table.name}"


def _sound(file: ReadFile) -> str:
    return f"sound_{file.relation}"


def _views(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    found = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
    return frozenset(name for (name,) in found.fetchall())

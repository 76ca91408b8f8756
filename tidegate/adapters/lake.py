"""The lake: one Delta table a folder, written by batch, read through DuckDB.

A batch is appended once, whatever is run again: its id is recorded as the application
transaction of the commit, and Delta knows it from then on. DuckDB reads the Parquet files that
a Delta version lists, because its own Delta extension would have to be downloaded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from credit_limits.domain.errors import DataMissing
from credit_limits.domain.periods import end_of_day
from credit_limits.ingestion.derivation import literal
from credit_limits.ingestion.tables import TABLES

# The quarantine keeps whole source lines, protected attributes among them.
_PROTECTED = frozenset({"quarantine", *(table.name for table in TABLES if table.protected)})
_KEYS = {"decisions": ("account_id",)} | {table.name: table.keys for table in TABLES}
# Tables that a later version of the program may write with more columns.
_GROWING = ("accounts", "decisions", "shadow_decisions", "outbox", "statements")
# Columns that came later to a table of the contracts; a lake without them has nulls there.
_LATER_COLUMNS = {"accounts": "NULL::VARCHAR AS status_cause"}
_KNOWLEDGE_TABLES = ("statements", "outcomes", "accounts")


@dataclass(frozen=True)
class Lake:
    """Delta tables under ``root``; those with protected attributes apart, under another folder.

    ``threads`` bounds what DuckDB uses.
    """

    root: Path
    protected_root: Path
    threads: int = 2
    _corrected: dict[tuple[str, int], bool] = field(default_factory=dict, repr=False)
    _latest: dict[tuple[str, int], date | None] = field(default_factory=dict, repr=False)
    _listed: dict[tuple[str, int], str] = field(default_factory=dict, repr=False)

    def append(self, table: str, rows: pa.Table, batch_id: str) -> int:
        """Append a batch with its ``batch_id`` column; returns the table's Delta version.

        The same ``batch_id`` again writes nothing. Raises ``ValueError`` for a batch without
        rows: a table that was never filled is absent, not empty.
        """
        if not rows.num_rows:
            raise ValueError(f"batch {batch_id} has no rows for {table}")
        path = self._path(table)
        if self.exists(table):
            delta = DeltaTable(path)
            if delta.transaction_version(batch_id) is not None:
                return int(delta.version())
        stamped = rows.append_column("batch_id", pa.repeat(batch_id, rows.num_rows))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_deltalake(
            path,
            stamped,
            mode="append",
            schema_mode="merge" if table in _GROWING else None,
            commit_properties=CommitProperties(app_transactions=[Transaction(batch_id, 1)]),
        )
        return int(DeltaTable(path).version())

    def exists(self, table: str) -> bool:
        """Whether the table has ever been written."""
        return bool(DeltaTable.is_deltatable(str(self._path(table))))

    def versions(self, tables: Iterable[str] | None = None) -> dict[str, int]:
        """The current Delta version of each table that there is, or of those named, by name."""
        there = tables if tables is not None else self._names()
        names = sorted(name for name in there if self.exists(name))
        return {name: int(DeltaTable(self._path(name)).version()) for name in names}

    def version_before(self, table: str, batch_id: str) -> int | None:
        """The version that the batch was appended to; None where it was the table's first.

        Raises :class:`DataMissing` where the table has no such batch.
        """
        first, last = 0, int(self._delta(table, None).version())
        if self._delta(table, None).transaction_version(batch_id) is None:
            raise DataMissing(f"the table {table} of the lake has no batch {batch_id}")
        while first < last:  # the batch is in `last` and in no version below `first`
            middle = (first + last) // 2
            if self._delta(table, middle).transaction_version(batch_id) is None:
                first = middle + 1
            else:
                last = middle
        return first - 1 if first else None

    def read(
        self, table: str, *, version: int | None = None, batch_id: str | None = None
    ) -> pa.Table:
        """All rows of a table, of one version or of one batch.

        Raises :class:`DataMissing` where there is no such table.
        """
        where = " WHERE batch_id = ?" if batch_id is not None else ""
        with duckdb.connect() as connection:
            self._configure(connection)
            return connection.sql(
                f"SELECT * FROM {self._files(table, version)}{where}",
                params=[batch_id] if batch_id is not None else [],
            ).to_arrow_table()

    def connect(
        self,
        versions: Mapping[str, int] | None = None,
        *,
        known_at: date | None = None,
        tables: Iterable[str] | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """A DuckDB connection in memory with a view a table.

        ``versions`` pins Delta versions (the current ones by default), ``tables`` names the
        views wanted (all that there are by default). With ``known_at`` a view holds what was
        known at the end of that day: of each key and event time the latest row created by then;
        a table that has no facts, such as the quarantine, has no view then.
        """
        names = None if tables is None else list(tables)
        pinned = self.versions(names) if versions is None else versions
        wanted = {t: pinned[t] for t in (pinned if names is None else names) if t in pinned}
        connection = duckdb.connect()
        self._configure(connection)
        for table, version in wanted.items():
            if known_at is not None and table not in _KEYS:
                continue
            connection.execute(
                f"CREATE VIEW {table} AS {self._select(connection, table, version, known_at)}"
            )
        return connection

    def latest_knowledge(self) -> date:
        """The last day on which anything of statements, outcomes or accounts became known.

        Raises :class:`DataMissing` where nothing was ingested yet.
        """
        present = [table for table in _KNOWLEDGE_TABLES if self.exists(table)]
        if not present:
            raise DataMissing(
                f"the lake at {self.root} is empty; ingest a batch first: tidegate ingest PATH"
            )
        days = [self._latest_of(table, self._delta(table, None).version()) for table in present]
        if not (known := [day for day in days if day is not None]):
            raise DataMissing(f"the lake at {self.root} holds no rows; ingest a batch first")
        return max(known)

    def _latest_of(self, table: str, version: int) -> date | None:
        """The last day on which a row became known; a version of a table is read once."""
        if (table, version) not in self._latest:
            asked = f"SELECT max(created_timestamp) FROM {self._files(table, version)}"
            with duckdb.connect() as connection:
                self._configure(connection)
                ((latest,),) = connection.execute(asked).fetchall()
            self._latest[table, version] = latest and latest.date()
        return self._latest[table, version]

    def _names(self) -> list[str]:
        roots = [root for root in (self.root, self.protected_root) if root.is_dir()]
        return [path.name for root in roots for path in root.iterdir()]

    def _path(self, table: str) -> Path:
        return (self.protected_root if table in _PROTECTED else self.root) / table

    def _delta(self, table: str, version: int | None) -> DeltaTable:
        if not self.exists(table):
            raise DataMissing(f"the lake at {self.root} has no table {table!r}")
        try:
            return DeltaTable(self._path(table), version=version)
        except DeltaError as error:
            raise DataMissing(
                f"the table {table} of the lake at {self.root} has no version {version}: {error}"
            ) from error

    def _files(self, table: str, version: int | None) -> str:
        """What DuckDB reads of a version, by default the current one; its files never change."""
        if version is None or (table, version) not in self._listed:
            delta = self._delta(table, version)
            version = int(delta.version())
            # Delta writes a local path as an address, in which a blank is %20
            listed = ", ".join(map(literal, sorted(map(unquote, delta.file_uris()))))
            by_name = ", union_by_name = true" if table in _GROWING else ""
            self._listed[table, version] = f"read_parquet([{listed}]{by_name})"
        return self._listed[table, version]

    def _configure(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"SET TimeZone = 'UTC'; SET threads = {self.threads}")
        connection.execute("SET enable_progress_bar = false")
        # what does not fit into memory is spilled beside the data, not into the working folder
        connection.execute(f"SET temp_directory = {literal(str(self.root / '.spill'))}")

    def _select(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        version: int,
        known_at: date | None,
    ) -> str:
        rows = f"SELECT * FROM {self._files(table, version)}"
        if later := _LATER_COLUMNS.get(table):
            rows = f"SELECT * FROM ({rows} UNION ALL BY NAME SELECT {later} WHERE false)"
        if known_at is None:
            return rows
        known = f"{rows} WHERE created_timestamp <= '{end_of_day(known_at).isoformat()}'"
        fact = (*_KEYS[table], "event_timestamp")
        if not self._has_corrections(connection, table, version, fact):
            return known
        return (
            f"{known} QUALIFY row_number() OVER (PARTITION BY {', '.join(fact)} "
            "ORDER BY created_timestamp DESC, batch_id DESC) = 1"
        )

    def _has_corrections(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        version: int,
        fact: tuple[str, ...],
    ) -> bool:
        """Whether any fact has more than one row; if none has, reading needs no window."""
        if (table, version) not in self._corrected:
            twice = connection.execute(
                f"SELECT 1 FROM {self._files(table, version)} "
                f"GROUP BY hash({', '.join(fact)}) HAVING count(*) > 1 LIMIT 1"
            ).fetchall()
            self._corrected[table, version] = bool(twice)
        return self._corrected[table, version]

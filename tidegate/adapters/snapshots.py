"""Snapshots: a view computed over the lake as it was known at a date, kept as one Parquet file.

A snapshot carries the key of what it was made from. Where the key still holds it is kept: a later
batch leaves an old snapshot alone unless it brought rows that were already known back then.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing, FeatureStoreError
from credit_limits.domain.features import View
from credit_limits.domain.periods import end_of_day
from feature_repo.queries import query_digest, view_columns, view_query, view_spec
from feature_repo.snapshots import snapshot_path, snapshot_pattern

_KEY, _QUERY = b"tidegate.key", b"tidegate.query"
_EPOCH = date(1970, 1, 1)
_SHARED = frozenset({"accounts", "customers"})
_INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """When the lake's rows became known: rows by table, by batch, by day."""

    arrivals: Mapping[str, Mapping[str, Mapping[date, int]]]

    def known(self, table: str, as_of: date) -> dict[str, int]:
        """Rows of ``table`` known at ``as_of``, by batch; batches without any are left out."""
        counts = {
            batch: sum(rows for day, rows in days.items() if day <= as_of)
            for batch, days in self.arrivals.get(table, {}).items()
        }
        return {batch: rows for batch, rows in counts.items() if rows}

    def snapshot_key(self, view: View, as_of: date) -> str:
        """Digest of all that a snapshot follows from: its query, its date, what was known."""
        return digest_of(
            {
                "view": view,
                "as_of": as_of,
                "query": query_digest(view_query(view)),
                "known": {table: self.known(table, as_of) for table in view_spec(view).tables},
            }
        )


def read_knowledge(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> Knowledge:
    """Count the arrivals in ``tables`` of a connection to the lake that shows raw rows."""
    return Knowledge({table: _arrivals(connection, table) for table in tables})


def hold_shared_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Read what every view asks for once, instead of from the files again for each view."""
    shown = {
        name for (name,) in connection.execute("SELECT view_name FROM duckdb_views").fetchall()
    }
    for table in shown & _SHARED:
        connection.execute(f"CREATE TEMP TABLE {table} AS FROM main.{table}")


def compute_view(connection: duckdb.DuckDBPyConnection, view: View, as_of: date) -> pa.Table:
    """One row per account open at ``as_of``, in order of account, with the view's features.

    ``connection`` shows the lake as it was known at ``as_of``. Raises :class:`FeatureStoreError`
    where the query yields other columns than the catalogue declares, or an account twice.
    """
    instant = end_of_day(as_of)
    rows = connection.sql(
        f"SELECT * FROM ({view_query(view)}) ORDER BY account_id", params={"as_of": instant}
    ).to_arrow_table()
    _check(rows, view)
    instants = pa.repeat(pa.scalar(instant, _INSTANT), rows.num_rows)
    return rows.append_column("event_timestamp", instants).append_column(
        "created_timestamp", instants
    )


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshot files under ``features_dir``."""

    features_dir: Path

    def exists(self, view: View, as_of: date) -> bool:
        """Whether there is a snapshot of ``view`` at ``as_of``."""
        return snapshot_path(self.features_dir, view, as_of).exists()

    def key(self, view: View, as_of: date) -> str | None:
        """The key of the snapshot that is there, if one is."""
        path = snapshot_path(self.features_dir, view, as_of)
        return _tag(path, _KEY) if path.exists() else None

    def write(self, view: View, as_of: date, rows: pa.Table, key: str) -> None:
        """Put a snapshot in its place at once, or not at all."""
        path = snapshot_path(self.features_dir, view, as_of)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.unfinished")
        pq.write_table(
            rows.replace_schema_metadata({_KEY: key, _QUERY: query_digest(view_query(view))}),
            unfinished,
            compression="zstd",
            compression_level=1,
        )
        unfinished.replace(path)

    def discard_outdated(self, view: View) -> None:
        """Remove snapshots that another query made: they cannot stand beside today's."""
        current = query_digest(view_query(view))
        for day in self.dates(view):
            path = snapshot_path(self.features_dir, view, day)
            if _tag(path, _QUERY) != current:
                path.unlink()

    def row_count(self, view: View, as_of: date) -> int:
        """Rows of a snapshot. Raises :class:`DataMissing` where there is none."""
        return int(pq.read_metadata(self._existing(view, as_of)).num_rows)

    def account_ids(self, view: View, as_of: date) -> pa.ChunkedArray:
        """Accounts of a snapshot, in order. Raises :class:`DataMissing` where there is none."""
        return pq.read_table(self._existing(view, as_of), columns=["account_id"])["account_id"]

    def read(self, view: View, as_of: date, account_ids: Sequence[str] | None = None) -> pa.Table:
        """A snapshot: ``account_id`` and the view's features, of these accounts or of all.

        Raises :class:`DataMissing` where there is none.
        """
        wanted = None if account_ids is None else [("account_id", "in", list(account_ids))]
        columns = ["account_id", *view_columns(view)]
        return pq.read_table(self._existing(view, as_of), columns=columns, filters=wanted)

    def dates(self, view: View) -> tuple[date, ...]:
        """The dates of which there is a snapshot, in order."""
        pattern = snapshot_pattern(self.features_dir, view)
        return tuple(
            sorted(
                date.fromisoformat(path.stem.removeprefix("as_of="))
                for path in pattern.parent.glob(pattern.name)
            )
        )

    def _existing(self, view: View, as_of: date) -> Path:
        path = snapshot_path(self.features_dir, view, as_of)
        if not path.exists():
            raise missing_snapshot(view, as_of)
        return path


def missing_snapshot(view: View, as_of: date) -> DataMissing:
    """The error that there is no snapshot of ``view`` at ``as_of``, and what to do about it."""
    return DataMissing(
        f"features of the view {view} were not computed for {as_of}; "
        f"run: tidegate materialize --as-of {as_of}"
    )


def _tag(path: Path, name: bytes) -> str:
    tags: dict[bytes, bytes] = pq.read_schema(path).metadata or {}
    return tags.get(name, b"").decode()


def _arrivals(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, dict[date, int]]:
    days: dict[str, dict[date, int]] = {}
    # whole days since 1970 by division: a cast to a date would look up the time zone of each row
    counted = connection.execute(
        f"SELECT batch_id, epoch_us(created_timestamp) // 86_400_000_000 AS day, count(*) "
        f"FROM {table} GROUP BY ALL ORDER BY ALL"
    )
    for batch, day, rows in counted.fetchall():
        days.setdefault(batch, {})[_EPOCH + timedelta(days=day)] = rows
    return days


def _check(rows: pa.Table, view: View) -> None:
    declared = pa.schema(
        [("account_id", pa.string()), *((name, pa.float64()) for name in view_columns(view))]
    )
    if rows.schema != declared:
        raise FeatureStoreError(
            f"the query of the view {view} yields {rows.schema.to_string()}; "
            f"the catalogue declares {declared.to_string()}"
        )
    if len(rows["account_id"].unique()) != rows.num_rows:
        raise FeatureStoreError(f"the query of the view {view} yields an account twice")

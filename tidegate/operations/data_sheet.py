"""Fills a version's data sheet from the lake, at the table versions that the model saw."""

from collections.abc import Iterator, Mapping

import duckdb

from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.data_sheet import ColumnSheet, DataSheet, LabelSheet, TableSheet
from tidegate.operations.candidate import Candidate
from tidegate.operations.fairness_evidence import ATTRIBUTES, PROTECTED
from tidegate.operations.platform import Platform
from tidegate.operations.scored_rows import label_window_months

_DEFAULT = "90 days past due or more, or charged off"
_AS_TOLD = "a default as the lender's own outcomes say"


def data_sheet(candidate: Candidate) -> DataSheet:
    """What the version was trained on, counted again.

    Raises:
        ModelError: the version does not say on which data it was trained, or its rows are lost.
        DataMissing: the lake no longer holds a table at that version.
    """
    platform, loaded = candidate.platform, candidate.loaded
    rows = candidate.training_rows
    source = loaded.tags.get("label_source", "outcomes")
    quarantined = _quarantined(platform)
    with platform.lake.connect(candidate.lineage, tables=candidate.lineage) as connection:
        tables = tuple(
            _table(connection, table, version, quarantined.get(table, 0))
            for table, version in candidate.lineage.items()
        )
    days = sorted({day.date() if hasattr(day, "date") else day for day in rows["as_of"].unique()})
    return DataSheet(
        model_name=loaded.model_name,
        version=loaded.version,
        trained_on=candidate.trained_on,
        tables=tables,
        label=LabelSheet(
            definition=_AS_TOLD if source == "outcomes" else _DEFAULT,
            source=source,
            window_months=label_window_months(loaded),
            cohorts=tuple(days),
            rows=len(rows),
            base_rate=float(rows["label"].astype(float).mean()),
        ),
        protected=tuple(_protected(platform)),
        limits=tuple(_limits(platform, candidate.lineage)),
    )


def _table(
    connection: duckdb.DuckDBPyConnection, table: str, version: int, quarantined: int
) -> TableSheet:
    names = [str(row[0]) for row in connection.execute(f"DESCRIBE {table}").fetchall()]
    counts = ", ".join(f'count("{name}")' for name in names)
    dated = "event_timestamp" in names
    period = "min(event_timestamp), max(event_timestamp)" if dated else "NULL, NULL"
    found = connection.execute(f"SELECT count(*), {period}, {counts} FROM {table}").fetchone()
    assert found is not None
    rows, first, last, *known = found
    nulls = [
        ColumnSheet(name, 1 - count / rows)
        for name, count in zip(names, known, strict=True)
        if rows and count < rows
    ]
    return TableSheet(
        table=table,
        version=version,
        rows=rows,
        first=first.date() if first else None,
        last=last.date() if last else None,
        quarantined=quarantined,
        columns=tuple(sorted(nulls, key=lambda column: (-column.null_share, column.name))),
    )


def _quarantined(platform: Platform) -> dict[str, int]:
    """Rows set aside of each table, over all accepted batches."""
    found: dict[str, int] = {}
    for entry in platform.ledger.entries(EntryKind.BATCH_ACCEPTED):
        tables = entry.payload.get("tables")
        for name, counted in tables.items() if isinstance(tables, Mapping) else ():
            found[name] = found.get(name, 0) + int(counted["quarantined"])
    return found


def _protected(platform: Platform) -> Iterator[str]:
    """Which attributes are known, and for how many; they stand in a table no model reads."""
    if not platform.lake.exists(PROTECTED):
        return
    with platform.lake.connect(tables=[PROTECTED]) as connection:
        names = {str(row[0]) for row in connection.execute(f"DESCRIBE {PROTECTED}").fetchall()}
        for name in ATTRIBUTES:
            if name not in names:
                continue
            query = f"SELECT count(DISTINCT customer_id) FROM {PROTECTED} WHERE {name} IS NOT NULL"
            counted = connection.execute(query).fetchone()
            if counted and counted[0]:
                yield (
                    f"{name.replace('_', ' ')}: known of {counted[0]:,} customers; read by the "
                    "fairness check alone, never by a model"
                )


def _limits(platform: Platform, lineage: Mapping[str, int]) -> Iterator[str]:
    """What the data cannot tell, from what the mappings assume and what is not delivered."""
    seen: dict[str, None] = {}
    for entry in platform.ledger.entries(EntryKind.BATCH_ACCEPTED):
        assumed = entry.payload.get("assumptions")
        seen |= dict.fromkeys(map(str, assumed)) if isinstance(assumed, list) else {}
    yield from (f"assumed of the source: {text}" for text in seen)
    absent = [table for table in ("bureau", "links", "macro") if table not in lineage]
    if absent:
        yield f"not delivered, so nothing was learnt from it: {', '.join(absent)}"
    yield (
        "outcomes are known only of customers who were given a line, at the limit that they were "
        "given; of anyone else nothing was learnt"
    )

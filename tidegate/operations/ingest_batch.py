"""Ingest a batch: a lender's files, mapped, validated, into the lake or into quarantine.

Everything is checked before anything is written. What is then written can be written again: a
batch is appended to a table once, Data Docs are replaced, and the ledger's entry comes last, so a
run that was killed is started again and ends the same.
"""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import duckdb
import pyarrow as pa
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.ingestion.batch import Refused, batch_id_of
from credit_limits.ingestion.incoming import Incoming, LineCounts
from credit_limits.ingestion.mapping import SourceMapping
from credit_limits.ingestion.profile import Profile
from credit_limits.ingestion.quarantine import QUARANTINE, quarantine_rows
from credit_limits.ingestion.reading import ReadFile
from credit_limits.ingestion.validation import BatchValidation, Checked, Validation
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.sources import (
    FoundFile,
    find_files,
    load_mapping,
    read_file,
    recognise_source,
    source_rows,
)
from tidegate.operations.platform import Platform

_SHOWN = 20
_log = structlog.get_logger(__name__)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IngestBatchRequest(_Value):
    """What to ingest."""

    path: Path = Field(description="file or folder of files that a lender handed in")
    source: str | None = Field(
        None,
        description="name of a mapping in policies/sources; recognised by the columns if not given",
    )


class TableCount(_Value):
    """Rows of one table."""

    read: int = Field(description="rows derived from the files")
    accepted: int = Field(description="rows in the lake")
    quarantined: int = Field(description="rows set aside with their source lines")


class QuarantineExample(_Value):
    """One finding: where it is, what was found, why it is wrong."""

    source_file: str = Field(description="name of the file")
    source_line: int = Field(description="line in a CSV, header included; row in a Parquet file")
    record: str | None = Field(None, description="what names the row in the file, such as ID=3")
    table: str | None = Field(description="table of the lake, none if the line could not be read")
    column: str = Field(description="column or columns at fault")
    value: str | None = Field(description="what stands in the file")
    rule: str = Field(description="rule that is broken")
    message: str = Field(description="what is wrong")


class QualityCheck(_Value):
    """One expectation on the accepted rows."""

    table: str = Field(description="table or file")
    expectation: str = Field(description="rule and the columns it is about")
    passed: bool = Field(description="whether it holds for what was accepted")
    offending: int = Field(description="rows that broke it, as they were read")
    observed: str = Field(description="what was seen, where it is about the whole")


class BatchProfile(_Value):
    """Figures that later batches are held against."""

    file_lines: dict[str, list[int]] = Field(description="lines of each file, by kind of file")
    medians_minor: dict[str, float] = Field(description="medians of amounts, by table.column")


class IngestBatchOutcome(_Value):
    """What became of the batch."""

    batch_id: str = Field(description="name of the batch, from its content and mapping")
    source: str = Field(description="mapping that was used")
    rows_read: int = Field(description="lines in the files")
    rows_accepted: int = Field(description="lines of which every row is in the lake")
    rows_quarantined: int = Field(description="lines set aside whole")
    tables: dict[str, TableCount] = Field(description="rows by table")
    quarantine_examples: list[QuarantineExample] = Field(description="the first findings")
    checks: list[QualityCheck] = Field(description="every expectation")
    assumptions: list[str] = Field([], description="what the mapping assumes of the source")
    profile: BatchProfile = Field(description="figures for later batches")
    data_docs: str = Field(description="index page of Great Expectations' Data Docs")
    data_versions: dict[str, int] = Field(description="Delta versions of the tables written")
    recognised: bool = Field(False, description="whether this content had been ingested before")


def ingest_batch(platform: Platform, request: IngestBatchRequest) -> IngestBatchOutcome:
    """Ingest the files at ``request.path``; the same content again does nothing.

    Raises:
        InputError: nothing is there.
        MappingError: no mapping fits, or it does not hold together.
        BatchRefused: the batch as a whole is not fit; the ledger keeps why.
    """
    folder = platform.policies("sources")
    mapping = (
        load_mapping(folder, request.source)
        if request.source
        else recognise_source(folder, request.path)
    )
    files = find_files(mapping, request.path)
    batch_id = batch_id_of(mapping, [(file.kind.name, file.content_digest()) for file in files])
    if entry := platform.ledger.find(EntryKind.BATCH_ACCEPTED, batch_id):
        _log.info("batch_recognised", batch_id=batch_id, source=mapping.name)
        return IngestBatchOutcome.model_validate({**entry.payload, "recognised": True})
    try:
        outcome = _ingest(platform, mapping, files, batch_id)
    except Refused as refused:
        _record_refusal(platform, mapping, batch_id, refused)
        raise
    platform.record(EntryKind.BATCH_ACCEPTED, outcome, key=batch_id)
    _log.info("batch_accepted", batch_id=batch_id, lines=outcome.rows_accepted)
    return outcome


def _record_refusal(
    platform: Platform, mapping: SourceMapping, batch_id: str, refused: Refused
) -> None:
    reasons = [str(refusal) for refusal in refused.refusals]
    platform.ledger.append(
        EntryKind.BATCH_REFUSED,
        platform.settings.actor,
        {"batch_id": batch_id, "source": mapping.name, "reasons": reasons},
        key=digest_of([batch_id, reasons]),
    )
    _log.warning("batch_refused", batch_id=batch_id, reasons=len(reasons))


def _ingest(
    platform: Platform, mapping: SourceMapping, files: Sequence[FoundFile], batch_id: str
) -> IngestBatchOutcome:
    with platform.lake.connect(tables=_tables_to_compare(mapping)) as connection:
        incoming = Incoming(connection, mapping, _read(connection, files))
        validation, docs = _validate(platform, mapping, incoming, batch_id)
        quarantine = _quarantine_table(connection, incoming, files)
        lines = incoming.lines()
        return IngestBatchOutcome(
            batch_id=batch_id,
            source=mapping.name,
            rows_read=lines.read,
            rows_accepted=lines.accepted,
            rows_quarantined=lines.quarantined,
            tables={table.name: _counted(incoming.rows(table)) for table in incoming.tables},
            quarantine_examples=_examples(quarantine),
            checks=[_check(each) for each in validation.checked],
            assumptions=list(mapping.assumptions),
            profile=_profile(validation.profile),
            data_docs=str(docs),
            data_versions=_write(platform, incoming, quarantine, batch_id),
        )


def _tables_to_compare(mapping: SourceMapping) -> list[str]:
    own = {table.name for table in mapping.tables}
    targets = {each.target_table for table in mapping.tables for each in table.references}
    return sorted(own | targets)


def _read(connection: duckdb.DuckDBPyConnection, files: Sequence[FoundFile]) -> list[ReadFile]:
    read = []
    for number, file in enumerate(files):
        start = perf_counter()
        read.append(read_file(connection, file, f"file_{number}"))
        _log.info("file_read", file=file.name, lines=read[-1].lines, seconds=_seconds_since(start))
    return read


def _validate(
    platform: Platform, mapping: SourceMapping, incoming: Incoming, batch_id: str
) -> tuple[Validation, Path]:
    from tidegate.adapters.quality import open_quality_run

    docs = platform.settings.quality_dir / batch_id
    now = platform.clock.now()
    with open_quality_run(incoming.connection, batch_id, now, docs) as quality:
        try:
            validation = BatchValidation(
                incoming,
                quality,
                mapping.limits,
                batch_id,
                _earlier_profiles(platform, mapping),
                _Progress().validated,
            ).run()
        finally:
            index = quality.write_docs()
    return validation, index


class _Progress:
    """Tells of each step how long it took since the one before."""

    def __init__(self) -> None:
        self._last = perf_counter()

    def validated(self, table: str, rows: int) -> None:
        _log.info("table_validated", table=table, rows=rows, seconds=_seconds_since(self._last))
        self._last = perf_counter()


def _earlier_profiles(platform: Platform, mapping: SourceMapping) -> list[Profile]:
    entries = platform.ledger.entries(EntryKind.BATCH_ACCEPTED)
    outcomes = [IngestBatchOutcome.model_validate(entry.payload) for entry in entries]
    return [
        Profile(outcome.profile.file_lines, outcome.profile.medians_minor)
        for outcome in outcomes
        if outcome.source == mapping.name
    ]


def _quarantine_table(
    connection: duckdb.DuckDBPyConnection, incoming: Incoming, files: Sequence[FoundFile]
) -> pa.Table:
    kept = [
        source_rows(connection, file, lines)
        for file, read in zip(files, incoming.files, strict=True)
        if (lines := incoming.lines_set_aside(read))
    ]
    if not kept:
        return QUARANTINE.empty_table()
    return quarantine_rows(connection, incoming.files, pa.concat_tables(kept))


def _write(
    platform: Platform, incoming: Incoming, quarantine: pa.Table, batch_id: str
) -> dict[str, int]:
    versions = {}
    for table in incoming.tables:
        start, rows = perf_counter(), incoming.accepted(table)
        if rows.num_rows:
            versions[table.name] = platform.lake.append(table.name, rows, batch_id)
        _log.info(
            "table_appended", table=table.name, rows=rows.num_rows, seconds=_seconds_since(start)
        )
    if quarantine.num_rows:
        versions["quarantine"] = platform.lake.append("quarantine", quarantine, batch_id)
    return versions


def _seconds_since(start: float) -> float:
    return round(perf_counter() - start, 2)


def _counted(counts: LineCounts) -> TableCount:
    return TableCount(read=counts.read, accepted=counts.accepted, quarantined=counts.quarantined)


def _examples(quarantine: pa.Table) -> list[QuarantineExample]:
    shown = quarantine.slice(0, _SHOWN).to_pylist()
    return [
        QuarantineExample(**{name: row[name] for name in QuarantineExample.model_fields})
        for row in shown
    ]


def _check(checked: Checked) -> QualityCheck:
    return QualityCheck(
        table=checked.subject,
        expectation=" ".join((checked.rule.name, ", ".join(checked.rule.columns))).strip(),
        passed=checked.passed,
        offending=checked.offending,
        observed=checked.observed,
    )


def _profile(profile: Profile) -> BatchProfile:
    return BatchProfile(
        file_lines={name: list(lines) for name, lines in profile.file_lines.items()},
        medians_minor=dict(profile.medians_minor),
    )

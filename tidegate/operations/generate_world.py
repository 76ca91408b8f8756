"""Write a simulated portfolio as files: what ``make run`` starts from where no data is given."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import InputError
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import (
    MODEL_VERSION,
    TABLE_NAMES,
    simulate_months,
)

MANIFEST = "world.json"

_log = structlog.get_logger(__name__)


class GenerateWorldRequest(BaseModel):
    """What world to write, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customers: int = Field(20_000, ge=1, le=9_999_999, description="How many customers there are")
    months: int = Field(24, ge=1, le=600, description="How many months of statements they get")
    seed: int = Field(7, ge=0, description="Seed of all chance: the same seed gives the same bytes")
    out: Path = Field(description="Folder to write to, one Parquet file for each table")


class GenerateWorldOutcome(BaseModel):
    """Which files were written, with the rows of each table."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Folder of the files")
    rows: dict[str, int] = Field(description="Rows of each table")
    recognised: bool = Field(
        False, description="Whether this very world was there already and nothing was written"
    )


def generate_world(request: GenerateWorldRequest) -> GenerateWorldOutcome:
    """Write the world's tables as ``<table>.parquet`` into ``request.out``.

    Each file appears whole or not at all, and ``world.json`` comes last: it names the parameters
    and each file's digest, by which the same request recognises its world. Raises
    :class:`InputError` where the folder cannot be one.
    """
    out = request.out
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; name a folder for the world's tables")
    parameters = WorldParameters(
        customers=request.customers, months=request.months, seed=request.seed
    )
    identity = {
        "model_version": MODEL_VERSION,
        "parameters": asdict(parameters),
        "parameters_digest": digest_of(asdict(parameters)),
    }
    if (rows := _rows_if_present(out, identity)) is not None:
        _log.info("world_recognised", path=str(out), rows=sum(rows.values()))
        return GenerateWorldOutcome(path=str(out), rows=rows, recognised=True)
    out.mkdir(parents=True, exist_ok=True)
    rows = _write_tables(out, parameters)
    _write_manifest(out, identity, rows)
    _log.info("world_generated", path=str(out), rows=sum(rows.values()))
    return GenerateWorldOutcome(path=str(out), rows=rows)


def _rows_if_present(out: Path, identity: dict[str, object]) -> dict[str, int] | None:
    """Rows of each table if ``out`` holds this world undamaged, otherwise nothing."""
    manifest = out / MANIFEST
    if not manifest.is_file():
        return None
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
        same = all(found[key] == identity[key] for key in ("model_version", "parameters_digest"))
        tables = found["tables"]
        intact = same and all(
            _file(out, name).is_file() and _sha256(_file(out, name)) == tables[name]["sha256"]
            for name in tables
        )
        return {name: int(tables[name]["rows"]) for name in tables} if intact else None
    except (ValueError, KeyError, TypeError):  # not a manifest of ours, or a torn one
        return None


def _write_tables(out: Path, parameters: WorldParameters) -> dict[str, int]:
    """Write all tables month by month beside their places, then put each in its place."""
    (out / MANIFEST).unlink(missing_ok=True)
    rows: dict[str, int] = {}
    with ExitStack() as files:
        writers: dict[str, pq.ParquetWriter] = {}
        for name, table in _month_tables(parameters):
            if name not in writers:
                writer = pq.ParquetWriter(_partial(out, name), table.schema, compression="zstd")
                writers[name] = files.enter_context(writer)
            writers[name].write_table(table)
            rows[name] = rows.get(name, 0) + table.num_rows
    for name in TABLE_NAMES:
        if name in rows:
            _partial(out, name).replace(_file(out, name))
        else:
            _partial(out, name).unlink(missing_ok=True)
            _file(out, name).unlink(missing_ok=True)
    return dict(sorted(rows.items()))


def _month_tables(parameters: WorldParameters) -> Iterator[tuple[str, pa.Table]]:
    for batch in simulate_months(parameters):
        yield from batch.tables.items()


def _write_manifest(out: Path, identity: dict[str, object], rows: dict[str, int]) -> None:
    tables = {
        name: {"rows": count, "sha256": _sha256(_file(out, name))} for name, count in rows.items()
    }
    partial = out / f".{MANIFEST}.partial"
    text = json.dumps({**identity, "tables": tables}, indent=2, default=str)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(out / MANIFEST)


def _file(out: Path, table: str) -> Path:
    return out / f"{table}.parquet"


def _partial(out: Path, table: str) -> Path:
    return out / f".{table}.parquet.partial"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

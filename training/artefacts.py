"""A training run as files: what the registry keeps and the gate reads back."""

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from credit_limits.domain.digest import canonical_json
from training.card import model_card
from training.observed_limit import ObservedLimit, observed_section
from training.run import TrainingRun


def artefacts_of(run: TrainingRun, observed: ObservedLimit | None = None) -> dict[str, bytes]:
    """Content of each file by name, the model's own files apart.

    ``model_card.md``, ``figures.json``, ``importance.json``, ``lineage.json``, ``golden.parquet``,
    ``scored_sample.parquet``, ``training_rows.parquet``, and ``cross_validation.json`` where there
    was one. What was observed of limits is a section of the card and ``observed_limit.json``.
    """
    files = {
        "model_card.md": model_card(run).encode(),
        "figures.json": canonical_json(run.figures.as_plain()),
        "importance.json": canonical_json(dict(run.importances)),
        "lineage.json": canonical_json(run.lineage.as_plain()),
        "golden.parquet": parquet(run.golden),
        "scored_sample.parquet": parquet(run.sample),
        "training_rows.parquet": parquet(run.assignments),
    }
    if run.cross_validation is not None:
        files["cross_validation.json"] = canonical_json(run.cross_validation.as_plain())
    if observed is not None:
        files["model_card.md"] += f"\n{observed_section(observed)}\n".encode()
        files["observed_limit.json"] = canonical_json(observed.as_plain())
    return files


def parquet(frame: pd.DataFrame) -> bytes:
    """The frame as one Parquet file, without its index."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), sink, compression="zstd")
    return sink.getvalue()

"""Rows with the features that were served and the score that was given, now or in training."""

import io
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from credit_limits.domain.errors import DataMissing, ModelError
from monitoring.drift import SCORE
from monitoring.reference import Reference, from_json
from tidegate.operations.platform import Platform

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion

_SAMPLE_FILE = "scored_sample.parquet"
_REFERENCE_FILE = "reference.json"
_ROWS_FILE = "training_rows.parquet"
_LABELLED_COLUMNS = ("account_id", "as_of", "label")


def read_parquet(platform: Platform, loaded: "LoadedVersion", name: str) -> pd.DataFrame:
    """A Parquet artefact of a model version; :class:`ModelError` where it is none."""
    content = platform.registry.artefact(loaded.model_name, loaded.version, name)
    try:
        rows: pd.DataFrame = pq.read_table(io.BytesIO(content)).to_pandas()
    except pa.ArrowInvalid as error:
        raise ModelError(
            f"{name} of version {loaded.version} is no Parquet file: {error}"
        ) from error
    return rows


def read_scored_sample(platform: Platform, loaded: "LoadedVersion") -> pd.DataFrame:
    """The out-of-time rows as training scored them.

    Columns: ``account_id``, ``as_of``, ``label`` (bool) and ``score`` (float64). Raises
    :class:`ModelError` where a column is absent, a label is null or there are no rows.
    """
    sample = _labelled(platform, loaded, _SAMPLE_FILE, (*_LABELLED_COLUMNS, SCORE))
    return sample.assign(**{SCORE: sample[SCORE].astype(np.float64)})


def read_training_rows(platform: Platform, loaded: "LoadedVersion") -> pd.DataFrame:
    """All rows of the training, test included: ``account_id``, ``as_of``, ``label``, ``part``.

    ``part`` names what a row was used for. Raises :class:`ModelError` as
    :func:`read_scored_sample` does.
    """
    return _labelled(platform, loaded, _ROWS_FILE, (*_LABELLED_COLUMNS, "part"))


def with_features(platform: Platform, rows: pd.DataFrame, service: str) -> pd.DataFrame:
    """``rows`` with the service's features as they were known at each row's ``as_of``."""
    features = platform.feature_store.historical(rows[["account_id", "as_of"]], service)
    return pd.concat([rows, features.drop(columns=["account_id", "as_of"])], axis="columns")


def label_window_months(loaded: "LoadedVersion") -> int:
    """The window of the version's default probability; :class:`ModelError` where it says none."""
    stated = loaded.tags.get("label_window_months", "")
    if not stated.isdecimal():
        raise ModelError(
            f"version {loaded.version} of {loaded.model_name} does not say its label window; train "
            "it again: tidegate retrain"
        )
    return int(stated)


def portfolio_scored(platform: Platform, loaded: "LoadedVersion", as_of: date) -> pd.DataFrame:
    """Every account open at ``as_of`` with its features and the model's score.

    Raises:
        DataMissing: the features of that day were not computed, or no account is open.
    """
    accounts = platform.feature_store.accounts_at(as_of)
    if accounts.empty:
        raise DataMissing(f"no account is open at {as_of}")
    rows = with_features(platform, accounts.assign(as_of=as_of), loaded.feature_service)
    score = loaded.model.score(rows, threads=platform.settings.threads)
    return rows.assign(**{SCORE: score})


def read_reference(platform: Platform, loaded: "LoadedVersion") -> Reference:
    """The distributions that the model was trained on; :class:`ModelError` where they are none."""
    content = platform.registry.artefact(loaded.model_name, loaded.version, _REFERENCE_FILE)
    try:
        return from_json(content)
    except ValueError as error:
        raise ModelError(f"{_REFERENCE_FILE} of version {loaded.version}: {error}") from error


def _labelled(
    platform: Platform, loaded: "LoadedVersion", name: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    rows = read_parquet(platform, loaded, name)
    absent = [column for column in columns if column not in rows]
    if absent or rows.empty or rows["label"].isna().any():
        raise ModelError(
            f"{name} of version {loaded.version} has {len(rows)} rows, lacks {absent} or has rows "
            "without a label"
        )
    return rows.assign(label=rows["label"].astype(bool)).reset_index(drop=True)

"""Feast: features as they were known, offline for many rows, online for one.

Feast reads the snapshots of :mod:`tidegate.adapters.snapshots` through DuckDB. It keeps neither
the order nor, in all of its stores, the number of the rows it is given; so every row carries its
number, and what comes back is put in order and counted. Feast 0.67 sends no telemetry; its
lineage and tracking hooks stay unset.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd

from credit_limits.domain.digest import digest_bytes
from credit_limits.domain.errors import DataMissing, FeatureStoreError
from credit_limits.domain.features import ServiceSpec, View
from credit_limits.domain.periods import end_of_day
from credit_limits.ingestion.derivation import literal
from feature_repo.entities import account
from feature_repo.queries import schema_hash, service_of, view_columns
from feature_repo.services import feature_services
from feature_repo.unchecked import (
    Entity,
    FeastObject,
    FeastStore,
    FeatureService,
    FeatureView,
    Project,
    RepoConfig,
)
from feature_repo.views import FRESH_FOR, feature_views
from tidegate.adapters.settings import Settings
from tidegate.adapters.snapshots import Snapshots, missing_snapshot

_Floats: TypeAlias = npt.NDArray[np.float64]
_Definition: TypeAlias = Entity | FeatureView | FeatureService

_PROJECT = "tidegate"
_DIGEST_TAG = "definitions"
_ONLINE_CHUNK = 5_000
_DAYS_END = timedelta(days=1) - timedelta(microseconds=1)


def repo_config(features_dir: Path) -> RepoConfig:
    """Feast's configuration: everything it writes lies in ``features_dir``, an absolute path."""
    return RepoConfig(
        project=_PROJECT,
        provider="local",
        registry={"registry_type": "sql", "path": f"sqlite:///{features_dir / 'registry.db'}"},
        offline_store={"type": "duckdb"},
        online_store={"type": "sqlite", "path": str(features_dir / "online.db")},
        materialization={"pull_latest_features": True, "online_write_batch_size": 10_000},
        entity_key_serialization_version=3,
        repo_path=features_dir,
    )


@dataclass(frozen=True)
class FeatureStore:
    """The feature store of an installation. Nothing is opened or written before it is needed."""

    settings: Settings

    def apply(self) -> None:
        """Make the registry hold the catalogue's definitions, and those alone.

        Does nothing where it holds them already.
        """
        definitions = self._definitions()
        digest = digest_bytes(b"".join(_definition_bytes(item) for item in definitions))
        if self._registered_digest() == digest:
            return
        names = {item.name for item in definitions}
        registered: list[FeastObject] = [
            *self._store.list_feature_views(),
            *self._store.list_feature_services(),
        ]
        self._store.apply(
            list(definitions),
            objects_to_delete=[item for item in registered if item.name not in names],
            partial=False,
        )
        # last, so that an apply that was cut short is done again
        self._store.registry.apply_project(
            Project(name=_PROJECT, tags={_DIGEST_TAG: digest}), commit=True
        )
        self._store.registry.refresh(_PROJECT)

    def schema_hash(self, service: str) -> str:
        """Digest of what the service's features are; a model's must equal the store's."""
        return schema_hash(service_of(service))

    def accounts_at(self, as_of: date) -> pd.DataFrame:
        """The accounts open at ``as_of``: one column, ``account_id``, in order.

        Raises :class:`DataMissing` where features were not computed for that date.
        """
        return pd.DataFrame(
            {"account_id": self._snapshots.account_ids(View.PROFILE, as_of).to_pandas()}
        )

    def historical(self, entities: pd.DataFrame, service: str) -> pd.DataFrame:
        """Features of each row as they were known at its time; rows, order and index kept.

        ``entities`` has ``account_id`` and ``as_of``: a date, which means the end of that day in
        UTC, or an instant with its zone. Returns both with the service's features, float64, null
        where not known. Values older than 27 days are not known.

        Raises :class:`DataMissing` where a date has no snapshot that is fresh enough, and
        :class:`FeatureStoreError` where Feast loses or repeats a row.
        """
        spec = service_of(service)
        frame = self.historical_views(entities, spec.views)
        return frame[["account_id", "as_of", *spec.feature_names]]

    def historical_views(self, entities: pd.DataFrame, views: Sequence[View]) -> pd.DataFrame:
        """As :meth:`historical`, for the features of ``views``."""
        instants = _instants(entities["as_of"])
        columns: dict[str, pd.Series | _Floats] = {
            "account_id": entities["account_id"],
            "as_of": entities["as_of"],
        }
        asked = pd.DataFrame(
            {
                # Arrow strings reach DuckDB without a copy, once for every view
                "account_id": entities["account_id"].astype("string[pyarrow]").array,
                "event_timestamp": instants.array,
                "row": np.arange(len(entities)),
            }
        )
        # view by view: a join of all views at once takes twice the memory and is no faster
        for view in views:
            self._require_snapshots(view, instants)
            columns |= self._joined(asked, view)
        return pd.DataFrame(columns, index=entities.index)

    def materialize_online(self, service: str, as_of: date) -> None:
        """Fill the online store with the service's features of ``as_of``.

        Raises :class:`DataMissing` where they were not computed, :class:`FeatureStoreError` where
        the store already holds those of a later date, which it would overwrite.
        """
        spec = service_of(service)
        for view in spec.views:
            if not self._snapshots.exists(view, as_of):
                raise missing_snapshot(view, as_of)
        instant = end_of_day(as_of)
        later = [end for end in self._online_ends(spec) if end is not None and end > instant]
        if later:
            raise FeatureStoreError(
                f"the online store holds features of {max(later).date()}; those of {as_of} are "
                "older and would replace them. Materialize without --online, or a later date"
            )
        with _silence(), _renamed_api_allowed():
            self._applied.materialize(instant, instant, [str(view) for view in spec.views])
        self._applied.registry.refresh(_PROJECT)
        self._oldest_kept.clear()

    def online(self, account_ids: Sequence[str], service: str) -> pd.DataFrame:
        """Features from the online store, a row for each id, in order.

        Columns: ``account_id``, ``as_of`` (the date of the row's oldest view, null for an account
        that the store does not know) and the service's features, float64. A value 27 days older
        than the store's newest is not known, as offline.

        Raises :class:`DataMissing` where the store was never filled for this service.
        """
        spec = service_of(service)
        oldest = self._oldest_online(spec)
        chunks = [
            self._read_online(account_ids[start : start + _ONLINE_CHUNK], spec, oldest)
            for start in range(0, len(account_ids), _ONLINE_CHUNK)
        ]
        return pd.concat(chunks or [_online_frame([], spec, {}, oldest)], ignore_index=True)

    @property
    def _snapshots(self) -> Snapshots:
        return Snapshots(self.settings.features_dir)

    @cached_property
    def _store(self) -> FeastStore:
        features_dir = self.settings.features_dir
        features_dir.mkdir(parents=True, exist_ok=True)
        # Feast queries through Ibis' own DuckDB, which would spill into the working directory
        # and draw a progress bar into the caller's answer
        ibis.get_backend().raw_sql(
            f"SET temp_directory = {literal(str(features_dir / 'spill'))}; "
            f"SET threads = {self.settings.threads}; SET enable_progress_bar = false"
        )
        return FeastStore(config=repo_config(features_dir))

    @cached_property
    def _applied(self) -> FeastStore:
        self.apply()
        return self._store

    @cached_property
    def _services(self) -> dict[str, FeatureService]:
        return {service.name: service for service in self._applied.list_feature_services()}

    @cached_property
    def _oldest_kept(self) -> dict[str, int]:
        return {}

    def _definitions(self) -> tuple[_Definition, ...]:
        features_dir = self.settings.features_dir
        views, services = feature_views(features_dir), feature_services(features_dir)
        return (account(), *views.values(), *services.values())

    def _registered_digest(self) -> str | None:
        projects = {item.name: item for item in self._store.list_projects()}
        return projects[_PROJECT].tags.get(_DIGEST_TAG) if _PROJECT in projects else None

    def _require_snapshots(self, view: View, instants: pd.Series) -> None:
        asked = pd.DatetimeIndex(instants.unique()).sort_values()
        taken = [end_of_day(day) for day in self._snapshots.dates(view)]
        latest = pd.merge_asof(
            pd.DataFrame({"asked": asked}),
            pd.DataFrame({"taken": pd.DatetimeIndex(taken, tz=UTC).as_unit(asked.unit)}),
            left_on="asked",
            right_on="taken",
            tolerance=FRESH_FOR,
        )
        if latest["taken"].isna().any():
            raise missing_snapshot(view, asked[latest["taken"].isna()][0].date())

    def _joined(self, asked: pd.DataFrame, view: View) -> dict[str, _Floats]:
        names = view_columns(view)
        if asked.empty:
            return {name: np.empty(0) for name in names}
        with _renamed_api_allowed():
            rows = self._applied.get_historical_features(
                asked, [f"{view}:{name}" for name in names], filter_by_created_timestamp=True
            ).to_arrow()
        order = in_order(rows["row"].to_numpy(), len(asked), view)
        return {name: rows[name].to_numpy()[order] for name in names}

    def _online_ends(self, spec: ServiceSpec) -> list[datetime | None]:
        views = (
            self._applied.registry.get_feature_view(str(view), _PROJECT, allow_cache=True)
            for view in spec.views
        )
        return [view.most_recent_end_time for view in views]

    def _oldest_online(self, spec: ServiceSpec) -> int:
        """Seconds since 1970 before which a value of the service is too old; kept, being slow."""
        if spec.name not in self._oldest_kept:
            ends = self._online_ends(spec)
            known = [end for end in ends if end is not None]
            if len(known) < len(ends):
                raise DataMissing(
                    f"the online store has no features of {spec.name}; "
                    "run: tidegate materialize --online"
                )
            self._oldest_kept[spec.name] = int((max(known) - FRESH_FOR).timestamp())
        return self._oldest_kept[spec.name]

    def _read_online(
        self, account_ids: Sequence[str], spec: ServiceSpec, oldest: int
    ) -> pd.DataFrame:
        answer = self._applied.get_online_features(
            features=self._services[spec.name],
            entity_rows=[{"account_id": account_id} for account_id in account_ids],
        ).to_dict(include_event_timestamps=True)
        if answer["account_id"] != list(account_ids):
            raise FeatureStoreError("the online store answered other accounts than it was asked")
        return _online_frame(account_ids, spec, answer, oldest)


def _definition_bytes(definition: _Definition) -> bytes:
    """A definition without the times at which this process made its data source."""
    message = definition.to_proto()
    if isinstance(definition, FeatureView):
        message.spec.batch_source.ClearField("meta")
    if isinstance(definition, FeatureService):
        for projection in message.spec.features:
            projection.batch_source.ClearField("meta")
    return bytes(message.SerializeToString(deterministic=True))


def in_order(found: npt.NDArray[np.int64], count: int, view: View) -> npt.NDArray[np.intp]:
    """Where to take each row from, for rows numbered ``found`` to come out as 0 to ``count``.

    Raises :class:`FeatureStoreError` where a row is missing, repeated or was never asked for.

    >>> in_order(np.array([2, 0, 1]), 3, View.MACRO).tolist()
    [1, 2, 0]
    """
    order = np.argsort(found)
    if not np.array_equal(found[order], np.arange(count)):
        raise FeatureStoreError(
            f"the feature view {view} was asked for {count} rows and answered {len(found)}, "
            f"which are {len(np.intersect1d(found, np.arange(count)))} of those"
        )
    return order


def _online_frame(
    account_ids: Sequence[str],
    spec: ServiceSpec,
    answer: dict[str, list[float | None]],
    oldest: int,
) -> pd.DataFrame:
    values = np.array([answer.get(name, []) for name in spec.feature_names], dtype=np.float64)
    # Feast gives a time for each feature; those of one view were written together
    stamps = [answer.get(f"{view_columns(view)[0]}__ts", []) for view in spec.views]
    times = np.array(stamps, dtype=np.float64)
    times[times < oldest] = np.nan
    view_of = [spec.views.index(feature.view) for feature in spec.features]
    values[np.isnan(times)[view_of]] = np.nan
    frame = pd.DataFrame(values.T, columns=list(spec.feature_names))
    frame.insert(0, "account_id", pd.Series(account_ids, dtype=object))
    dates = pd.to_datetime(pd.DataFrame(times).min(), unit="s").dt.date
    frame.insert(1, "as_of", dates.astype(object))
    return frame


def _instants(as_of: pd.Series) -> pd.Series:
    """``as_of`` as instants in UTC; a date is the end of its day."""
    times = pd.to_datetime(as_of)
    if times.isna().any():
        raise FeatureStoreError("a row without as_of: features are known at a time or not at all")
    if times.dt.tz is not None:
        return times.dt.tz_convert("UTC").dt.as_unit("us")
    if not times.dt.normalize().equals(times):
        raise FeatureStoreError("as_of is neither a date nor an instant with its zone")
    return (times.dt.as_unit("us") + _DAYS_END).dt.tz_localize(UTC)


@contextmanager
def _renamed_api_allowed() -> Iterator[None]:
    """Ibis 12, which Feast drives DuckDB with, calls a method that DuckDB 2.0 has renamed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning)
        yield


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Feast's progress out of the caller's answer, which is what standard output is for."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield

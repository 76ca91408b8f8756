"""Materialize features: snapshots of the service's views at past month ends and at ``as_of``."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing
from credit_limits.domain.features import SERVICES, ServiceSpec, View
from credit_limits.domain.periods import month_ends_back
from credit_limits.ledger.entry import EntryKind
from feature_repo.queries import schema_hash, service_of, tables_of, view_spec
from tidegate.adapters.snapshots import (
    Knowledge,
    Snapshots,
    compute_view,
    hold_shared_tables,
    read_knowledge,
)
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)


class MaterializeFeaturesRequest(BaseModel):
    """What to compute, for which dates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(
        None, description="date of the newest features; the lake's last day of knowledge if empty"
    )
    feature_service: str = Field(
        "default_risk_v1", description="feature service whose views are computed"
    )
    history_months: int = Field(
        19, ge=0, le=240, description="month ends back from as_of that are computed as well"
    )
    online: bool = Field(
        False, description="also fill the online store, which single decisions read"
    )


class MaterializeFeaturesOutcome(BaseModel):
    """What is there now.

    ``snapshots`` counts files, one a view and date, of which ``snapshots_computed`` were made by
    this run and the others kept. ``rows`` counts feature rows in all of them, ``views`` those of
    each view. ``data_versions`` are the Delta versions of the tables that were read.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    feature_service: str
    schema_hash: str
    snapshots: int
    snapshots_computed: int
    rows: int
    views: dict[str, int]
    data_versions: dict[str, int]
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which snapshots there must be: the key of each, by date and view."""

    service: ServiceSpec
    as_of: date
    versions: dict[str, int]
    keys: dict[date, dict[View, str]]

    def ledger_key(self, online: bool) -> str:
        return digest_of(
            {
                "service": self.service.name,
                "schema_hash": schema_hash(self.service),
                "as_of": self.as_of,
                "snapshots": {day.isoformat(): keys for day, keys in self.keys.items()},
                "online": online,
            }
        )

    def __iter__(self) -> Iterator[tuple[View, date]]:
        return ((view, day) for day, keys in self.keys.items() for view in keys)


def materialize_features(
    platform: Platform, request: MaterializeFeaturesRequest
) -> MaterializeFeaturesOutcome:
    """Compute what is missing of the service's snapshots, register them with Feast, note it.

    A snapshot is taken at each of the last ``history_months`` month ends by which statements
    were known, and at ``as_of`` itself. Those already there are kept where nothing of what they
    follow from has changed.

    Raises :class:`DataMissing` where the lake lacks a table that the service reads or knows no
    account at ``as_of``, and :class:`FeatureStoreError` for an unknown service.
    """
    plan = _plan(platform, request)
    snapshots = Snapshots(platform.settings.features_dir)
    computed = _compute(platform, plan, snapshots)
    key = plan.ledger_key(request.online)
    if entry := platform.ledger.find(EntryKind.FEATURES_MATERIALIZED, key):
        stored = MaterializeFeaturesOutcome.model_validate(entry.payload)
        return stored.model_copy(update={"recognised": True})
    platform.feature_store.apply()
    if request.online:
        platform.feature_store.materialize_online(plan.service.name, plan.as_of)
    outcome = _outcome(plan, snapshots, computed)
    platform.record(EntryKind.FEATURES_MATERIALIZED, outcome, key=key)
    _log.info(
        "features_materialized",
        as_of=str(plan.as_of),
        feature_service=plan.service.name,
        snapshots=outcome.snapshots,
        snapshots_computed=computed,
        rows=outcome.rows,
    )
    return outcome


def _plan(platform: Platform, request: MaterializeFeaturesRequest) -> _Plan:
    service = service_of(request.feature_service)
    as_of = request.as_of or platform.lake.latest_knowledge()
    versions = platform.lake.versions()
    _require_tables(service, versions)
    read = {table: versions[table] for table in tables_of(service)}
    with platform.lake.connect(read) as connection:
        knowledge = read_knowledge(connection, read)
    if not knowledge.known("accounts", as_of):
        raise DataMissing(
            f"no account was known at {as_of}; choose a later date or ingest earlier data"
        )
    keys = {
        day: {view: knowledge.snapshot_key(view, day) for view in service.views}
        for day in _dates(knowledge, as_of, request.history_months)
    }
    return _Plan(service, as_of, read, keys)


def _dates(knowledge: Knowledge, as_of: date, history_months: int) -> list[date]:
    past = {
        day for day in month_ends_back(as_of, history_months) if knowledge.known("statements", day)
    }
    return sorted(past | {as_of})


def _require_tables(service: ServiceSpec, present: dict[str, int]) -> None:
    missing = [table for table in tables_of(service) if table not in present]
    if not missing:
        return
    able = [other.name for other in SERVICES if set(tables_of(other)) <= set(present)]
    advice = (
        f"use the feature service {' or '.join(able)}, which does without"
        if able
        else "ingest them first: tidegate ingest PATH"
    )
    views = [view for view in service.views if set(view_spec(view).tables) & set(missing)]
    raise DataMissing(
        f"the lake has no table {', '.join(missing)}, which {service.name} needs for its views "
        f"{', '.join(views)}; {advice}"
    )


def _compute(platform: Platform, plan: _Plan, snapshots: Snapshots) -> int:
    for view in plan.service.views:
        snapshots.discard_outdated(view)
    computed = 0
    for day, keys in plan.keys.items():
        stale = {view: key for view, key in keys.items() if snapshots.key(view, day) != key}
        if not stale:
            continue
        with platform.lake.connect(plan.versions, known_at=day) as connection:
            hold_shared_tables(connection)
            for view, key in stale.items():
                snapshots.write(view, day, compute_view(connection, view, day), key)
        computed += len(stale)
    return computed


def _outcome(plan: _Plan, snapshots: Snapshots, computed: int) -> MaterializeFeaturesOutcome:
    views = {str(view): 0 for view in plan.service.views}
    for view, day in plan:
        views[view] += snapshots.row_count(view, day)
    return MaterializeFeaturesOutcome(
        as_of=plan.as_of,
        feature_service=plan.service.name,
        schema_hash=schema_hash(plan.service),
        snapshots=sum(len(keys) for keys in plan.keys.values()),
        snapshots_computed=computed,
        rows=sum(views.values()),
        views=views,
        data_versions=plan.versions,
    )

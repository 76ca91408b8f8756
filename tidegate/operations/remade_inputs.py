"""The inputs of a recorded batch, gathered again from what was recorded of them.

Nothing is taken from an alias, from the newest version of a table or from today's brakes: tables
are read at the versions that the batch names, the model is the version that it names, brakes are
those of the ledger as it stood, and features are computed again from the tables.
"""

from collections.abc import Callable, Mapping
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from credit_limits.domain.errors import DataMissing
from credit_limits.domain.features import View
from credit_limits.policy.portfolio import Portfolio
from feature_repo.queries import service_of, tables_of
from monitoring.drift import SCORE
from tidegate.adapters.snapshots import Snapshots, compute_view, hold_shared_tables
from tidegate.operations.brakes import Brake, open_brakes
from tidegate.operations.decision_rows import feature_row_digests
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.past_due_links import feature_versions
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import RecordedBatch

_MADE_WITH_ROW = ["event_timestamp", "created_timestamp"]


def tables_read(platform: Platform, batch: RecordedBatch) -> dict[str, int]:
    """The versions of the tables that the batch read; earlier decisions among them.

    Raises:
        DataMissing: the lake has no decisions.
    """
    versions = dict(batch.outcome.data_versions)
    earlier = platform.lake.version_before("decisions", batch.outcome.batch_id)
    return versions if earlier is None else versions | {"decisions": earlier}


def features_from_lake(platform: Platform, batch: RecordedBatch) -> pd.DataFrame:
    """``account_id`` and the features of the batch's service, computed from the tables again.

    Raises:
        DataMissing: the lake has no longer the versions of the tables that were read.
        FeatureStoreError: the service is none of today's.
    """
    service, as_of = service_of(batch.outcome.feature_service), batch.outcome.as_of
    versions = feature_versions_of(platform, batch)
    read = {table: versions[table] for table in tables_of(service) if table in versions}
    with platform.lake.connect(read, known_at=as_of) as connection:
        hold_shared_tables(connection)
        views = {
            view: compute_view(connection, view, as_of).drop_columns(_MADE_WITH_ROW).to_pandas()
            for view in service.views
        }
    return _joined(views)


def features_from_snapshot(
    platform: Platform, service: str, as_of: date, account_ids: list[str] | None = None
) -> pd.DataFrame:
    """The same from the snapshots that are there, of these accounts or of all.

    Raises:
        DataMissing: a snapshot is not there.
    """
    snapshots = Snapshots(platform.settings.features_dir)
    views = {
        view: snapshots.read(view, as_of, account_ids).to_pandas()
        for view in service_of(service).views
    }
    return _joined(views)


def brakes_as_of(platform: Platform, batch: RecordedBatch) -> tuple[Brake, ...]:
    """The brakes naming a product of the batch that the ledger says were open as it was decided."""
    held = {group.name for group in batch.outcome.by_product}
    past = platform.at_entry(batch.entry.sequence)
    return tuple(
        brake
        for brake in open_brakes(past, batch.outcome.as_of)
        if held & {str(product) for product in brake.order.products}
    )


def feature_versions_of(platform: Platform, batch: RecordedBatch) -> Mapping[str, int]:
    """The Delta versions that the features of a batch were computed from, by the ledger then."""
    outcome = batch.outcome
    past = platform.ledger.up_to(batch.entry.sequence)
    return feature_versions(past, outcome.feature_service, outcome.as_of, outcome.data_versions)


def _joined(views: Mapping[View, pd.DataFrame]) -> pd.DataFrame:
    """Views side by side, a row for each account of the profile; absent ones are not known."""
    joined = views[View.PROFILE]
    for view, frame in views.items():
        if view is not View.PROFILE:
            joined = joined.merge(frame, on="account_id", how="left", validate="one_to_one")
    return joined


def portfolio_as_decided(
    platform: Platform, batch: RecordedBatch, account_ids: list[str] | None = None
) -> Portfolio:
    """Accounts of the batch, or all of them, as they were when it was decided.

    Features come from the snapshot of the day, and where that is not what was decided from, out
    of the tables; what is handed back has the digests that were recorded.

    Raises:
        DataMissing: neither has the inputs that were recorded.
    """
    rows = batch.rows
    if account_ids is not None:
        rows = rows.filter(pc.is_in(rows["account_id"], pa.array(account_ids)))
    service, as_of = batch.outcome.feature_service, batch.outcome.as_of
    reads: tuple[Callable[[], pd.DataFrame], ...] = (
        lambda: features_from_snapshot(platform, service, as_of, account_ids),
        lambda: features_from_lake(platform, batch),
    )
    for read in reads:
        try:
            found = _portfolio_of(platform, batch, read(), rows)
        except (DataMissing, duckdb.Error):
            continue
        if found is not None:
            return found
    raise DataMissing(
        f"the inputs of batch {batch.outcome.batch_id} are not there unchanged; tidegate replay "
        f"--batch {batch.outcome.batch_id} says which of them changed"
    )


def _portfolio_of(
    platform: Platform, batch: RecordedBatch, features: pd.DataFrame, rows: pa.Table
) -> Portfolio | None:
    """The accounts of ``rows`` with these features; None where the digests are others."""
    scores = rows.select(["account_id", "default_probability"]).to_pandas()
    scored = features.merge(scores, on="account_id").rename(columns={"default_probability": SCORE})
    versions = tables_read(platform, batch)
    portfolio = read_portfolio(platform.lake, batch.outcome.as_of, scored, SCORE, versions=versions)
    names = service_of(batch.outcome.feature_service).feature_names
    order = pd.Index(scored["account_id"]).get_indexer(portfolio.account_id.tolist())
    inputs = scored[list(names)].to_numpy(np.float64, na_value=np.nan)[order]
    recorded = rows.sort_by("account_id")["feature_row_digest"].to_pylist()
    return portfolio if feature_row_digests(portfolio, inputs) == recorded else None

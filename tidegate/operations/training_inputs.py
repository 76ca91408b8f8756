"""What a training follows from: cohorts, labels, features and the lineage that names them all."""

from datetime import date
from importlib.metadata import version as installed_version
from importlib.resources import files

import pandas as pd
import pyarrow as pa

from credit_limits.domain.digest import digest_bytes, digest_of
from credit_limits.domain.errors import DataMissing
from credit_limits.domain.features import ServiceSpec
from credit_limits.domain.periods import add_months, month_end
from feature_repo.queries import tables_of
from tidegate.adapters.snapshots import Snapshots
from tidegate.operations.platform import Platform
from training.labels import Labels, labels_from_outcomes, labels_from_statements
from training.limit_response import ResponseLineage
from training.policy import TrainingPolicy
from training.response_policy import ResponsePolicy
from training.response_rows import TABLES as RESPONSE_TABLES
from training.rows import LabelledRows
from training.run import Lineage

_LABEL_TABLES = ("accounts", "outcomes", "statements")
_READ_BESIDE = (*_LABEL_TABLES, *RESPONSE_TABLES)
_LIBRARIES = ("lightgbm", "numpy", "pandas", "scipy", "duckdb")


def lineage_of(
    platform: Platform,
    service: ServiceSpec,
    policy: TrainingPolicy,
    *,
    as_of: date,
    label_window_months: int,
    seed: int,
    response_key: str,
) -> Lineage:
    """What a training at ``as_of`` would follow from, as things stand.

    ``response_key`` is the run key of the limit response that is trained beside it.

    Raises:
        DataMissing: no features of a cohort whose window is over.
    """
    versions = platform.lake.versions()
    read = sorted({*tables_of(service), *_READ_BESIDE} & set(versions))
    return Lineage(
        as_of=as_of,
        feature_service=service.name,
        schema_hash=platform.feature_store.schema_hash(service.name),
        label_window_months=label_window_months,
        cohorts=_cohorts(
            platform, service, as_of, label_window_months, policy.split.cohorts_ceiling
        ),
        data_versions={table: versions[table] for table in read},
        policy_version=policy.version,
        policy_digest=policy.digest,
        code_digest=code_digest(),
        seed=seed,
        response_key=response_key,
    )


def response_lineage_of(platform: Platform, policy: ResponsePolicy, as_of: date) -> ResponseLineage:
    """What a limit response estimated at ``as_of`` would follow from, as things stand."""
    return ResponseLineage(
        as_of=as_of,
        data_versions=platform.lake.versions(RESPONSE_TABLES),
        policy_version=policy.version,
        policy_digest=policy.digest,
        code_digest=code_digest(),
    )


def read_labels(platform: Platform, policy: TrainingPolicy, lineage: Lineage) -> Labels:
    """Labels of the accounts of the lineage's cohorts: from ``outcomes`` where there is that table.

    Raises:
        NotEnoughOutcomes: no cohort is mature.
    """
    entities = pa.concat_tables(_entities(platform, cohort) for cohort in lineage.cohorts)
    tables = [table for table in _LABEL_TABLES if table in lineage.data_versions]
    label = labels_from_outcomes if "outcomes" in tables else labels_from_statements
    with platform.lake.connect(
        lineage.data_versions, known_at=lineage.as_of, tables=tables
    ) as connection:
        return label(
            connection,
            entities,
            retrain_as_of=lineage.as_of,
            label_window_months=lineage.label_window_months,
            resolved_share_floor=policy.split.resolved_share_floor,
        )


def with_service(platform: Platform, labelled: LabelledRows, service: ServiceSpec) -> LabelledRows:
    """The rows with the service's features as they were known at each row's cohort."""
    entities = labelled.frame[["account_id", "as_of"]]
    features = platform.feature_store.historical(entities, service.name)
    frame = pd.concat([labelled.frame, features[list(service.feature_names)]], axis="columns")
    return LabelledRows(frame, service.feature_names)


def code_digest() -> str:
    """Digest of the training code and of the versions of what it computes with."""
    sources = {
        source.name: digest_bytes(source.read_bytes())
        for source in files("training").iterdir()
        if source.name.endswith(".py")
    }
    libraries = {name: installed_version(name) for name in _LIBRARIES}
    return digest_of({"sources": sources, "libraries": libraries})


def _cohorts(
    platform: Platform, service: ServiceSpec, as_of: date, label_window_months: int, ceiling: int
) -> tuple[date, ...]:
    """The latest month ends with a snapshot of every view, whose window is over at ``as_of``.

    Decisions leave a snapshot of any day on which they are made; those are no cohorts, or a
    lender who decides daily would train on the same account thirty times a month.
    """
    snapshots = Snapshots(platform.settings.features_dir)
    there = set.intersection(*(set(snapshots.dates(view)) for view in service.views))
    over = sorted(
        day
        for day in there
        if day == month_end(day) and add_months(day, label_window_months) <= as_of
    )
    if over:
        return tuple(over[-ceiling:])
    found = f"{len(there)}, from {min(there)} to {max(there)}" if there else "none"
    raise DataMissing(
        f"no features of {service.name} from {label_window_months} months before {as_of} or "
        f"earlier (dates with features: {found}); run materialize-features with more history, or "
        "name a shorter label window"
    )


def _entities(platform: Platform, cohort: date) -> pa.Table:
    accounts = platform.feature_store.accounts_at(cohort)["account_id"]
    return pa.table(
        {
            "account_id": pa.array(accounts, pa.string()),
            "as_of": pa.array([cohort] * len(accounts), pa.date32()),
        }
    )

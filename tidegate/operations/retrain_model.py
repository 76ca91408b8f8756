"""Retrain: labels from what became of past cohorts, a new model version, alias ``challenger``.

Everything that a training follows from makes its key. The same key again is recognised; a run
that was killed is done again from the last thing it finished.
"""

import json
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version as installed_version
from importlib.resources import files
from time import perf_counter
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import canonical_json, digest_bytes, digest_of
from credit_limits.domain.errors import DataMissing
from credit_limits.domain.features import ServiceSpec
from credit_limits.domain.periods import add_months
from credit_limits.ledger.entry import EntryKind
from feature_repo.queries import service_of, tables_of
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.snapshots import Snapshots
from tidegate.operations.champion import CHALLENGER
from tidegate.operations.platform import Platform

if TYPE_CHECKING:
    from tidegate.adapters.registry import RegisteredVersion
    from training.labels import Labels
    from training.policy import TrainingPolicy
    from training.rows import LabelledRows
    from training.run import Lineage, TrainingRun

_log = structlog.get_logger(__name__)

MODEL_NAME = "default_risk"
_LABEL_TABLES = ("accounts", "outcomes", "statements")
_OUTCOME_FILE = "outcome.json"
_LIBRARIES = ("lightgbm", "numpy", "pandas", "scipy", "duckdb")


class RetrainModelRequest(BaseModel):
    """What to learn from, and up to which day's knowledge."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(
        None, description="last day of knowledge to learn from; the lake's last day if empty"
    )
    feature_service: str = Field(
        "default_risk_v1", description="feature service that the model reads"
    )
    label_window_months: int = Field(
        6, ge=1, le=60, description="months after a cohort's date in which a default counts"
    )
    seed: int = Field(7, ge=0, le=2**31 - 1, description="seed of everything drawn at random")


class FigureInterval(BaseModel):
    """A figure with its 95 % interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    low: float
    high: float


class CrossValidationFigures(BaseModel):
    """Figures over folds, where there is one cohort; ``ece`` of all rows, each out of fold."""

    model_config = ConfigDict(frozen=True)

    folds: int
    rows: int
    auc: FigureInterval
    ks: FigureInterval
    ece: FigureInterval


class RetrainModelOutcome(BaseModel):
    """The new version. ``figures`` are of the test rows, by name; ``default_rate`` of all rows."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    run_id: str
    run_key: str
    as_of: date
    feature_service: str
    schema_hash: str
    label_source: str
    cohorts: list[date]
    split: str
    rows_train: int
    rows_test: int
    default_rate: float
    figures: dict[str, FigureInterval]
    cross_validation: CrossValidationFigures | None
    artefact_digest: str
    policy_version: str
    data_versions: dict[str, int]
    recognised: bool = False


def retrain_model(platform: Platform, request: RetrainModelRequest) -> RetrainModelOutcome:
    """Train on every mature cohort whose features are there, and register the version.

    Raises:
        DataMissing: the lake or the features of past month ends are not there.
        NotEnoughOutcomes: no cohort's outcomes are known by then, or they are of one kind.
        PolicyError: no training policy is in force on that day, or it does not hold together.
    """
    from training.policy import parse_training_policy

    as_of = request.as_of or platform.lake.latest_knowledge()
    service = service_of(request.feature_service)
    file = load_dated(platform.policies("training", MODEL_NAME), as_of)
    policy = parse_training_policy(file.version, file.digest, file.content)
    lineage = _lineage(platform, request, as_of, service, policy)
    if entry := platform.ledger.find(EntryKind.MODEL_TRAINED, lineage.run_key):
        stored = RetrainModelOutcome.model_validate(entry.payload)
        _log.info("training_recognised", model=MODEL_NAME, version=stored.version)
        return stored.model_copy(update={"recognised": True})
    registered = platform.registry.find_by_run_key(MODEL_NAME, lineage.run_key)
    if registered is None:
        registered = _train_and_register(platform, service, policy, lineage)
    outcome = _outcome(platform, registered)
    platform.registry.set_alias(MODEL_NAME, CHALLENGER, outcome.version)
    platform.ledger.append(
        EntryKind.MODEL_TRAINED,
        platform.settings.actor,
        outcome.model_dump(mode="json"),
        key=lineage.run_key,
    )
    _log.info(
        "model_trained",
        model=MODEL_NAME,
        version=outcome.version,
        auc=round(outcome.figures["auc"].value, 4),
        rows_train=outcome.rows_train,
        rows_test=outcome.rows_test,
    )
    return outcome


def _lineage(
    platform: Platform,
    request: RetrainModelRequest,
    as_of: date,
    service: ServiceSpec,
    policy: "TrainingPolicy",
) -> "Lineage":
    from training.run import Lineage

    versions = platform.lake.versions()
    read = sorted({*tables_of(service), *_LABEL_TABLES} & set(versions))
    return Lineage(
        as_of=as_of,
        feature_service=service.name,
        schema_hash=platform.feature_store.schema_hash(service.name),
        label_window_months=request.label_window_months,
        cohorts=_cohorts(platform, service, as_of, request.label_window_months),
        data_versions={table: versions[table] for table in read},
        policy_version=policy.version,
        policy_digest=policy.digest,
        code_digest=_code_digest(),
        seed=request.seed,
    )


def _cohorts(
    platform: Platform, service: ServiceSpec, as_of: date, label_window_months: int
) -> tuple[date, ...]:
    """Dates with a snapshot of every view, whose window is over at ``as_of``."""
    snapshots = Snapshots(platform.settings.features_dir)
    there = set.intersection(*(set(snapshots.dates(view)) for view in service.views))
    over = sorted(day for day in there if add_months(day, label_window_months) <= as_of)
    if over:
        return tuple(over)
    found = f"{len(there)}, from {min(there)} to {max(there)}" if there else "none"
    raise DataMissing(
        f"no features of {service.name} from {label_window_months} months before {as_of} or "
        f"earlier (dates with features: {found}); run materialize-features with more history, or "
        "name a shorter label window"
    )


def _train_and_register(
    platform: Platform, service: ServiceSpec, policy: "TrainingPolicy", lineage: "Lineage"
) -> "RegisteredVersion":
    from tidegate.adapters.plots import training_plots
    from training.artefacts import artefacts_of
    from training.run import train

    start = perf_counter()
    labels = _labels(platform, policy, lineage)
    _log.info("labels_read", rows=len(labels.frame), seconds=_seconds_since(start))
    rows = _rows(platform, labels, service)
    _log.info("features_read", inputs=len(rows.feature_names), seconds=_seconds_since(start))
    run = train(
        rows,
        service,
        policy,
        lineage,
        label_source=labels.source,
        cohorts=labels.cohorts,
        threads=platform.settings.threads,
    )
    _log.info("model_fitted", trees=run.model.booster.num_trees(), seconds=_seconds_since(start))
    registered = platform.registry.register(
        MODEL_NAME,
        run,
        run_key=lineage.run_key,
        artefacts={
            **artefacts_of(run),
            "reference.json": _reference(rows, run),
            _OUTCOME_FILE: canonical_json(_payload(run)),
        },
        figures=training_plots(
            run.sample["label"].to_numpy(bool), run.sample["score"].to_numpy(float), run.importances
        ),
        tags=_tags(run),
    )
    _log.info("model_registered", version=registered.version, seconds=_seconds_since(start))
    return registered


def _labels(platform: Platform, policy: "TrainingPolicy", lineage: "Lineage") -> "Labels":
    from training.labels import labels_from_outcomes, labels_from_statements

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


def _entities(platform: Platform, cohort: date) -> pa.Table:
    accounts = platform.feature_store.accounts_at(cohort)["account_id"]
    return pa.table(
        {
            "account_id": pa.array(accounts, pa.string()),
            "as_of": pa.array([cohort] * len(accounts), pa.date32()),
        }
    )


def _rows(platform: Platform, labels: "Labels", service: ServiceSpec) -> "LabelledRows":
    from training.rows import LabelledRows

    entities = labels.frame[["account_id", "as_of"]]
    features = platform.feature_store.historical(entities, service.name)
    frame = pd.concat([labels.frame, features[list(service.feature_names)]], axis="columns")
    return LabelledRows(frame, service.feature_names)


def _reference(rows: "LabelledRows", run: "TrainingRun") -> bytes:
    """How inputs and score were distributed where the model learnt."""
    from monitoring.reference import build_reference
    from training.split import Part

    learnt = rows.take(run.split.rows(Part.FIT)).frame
    columns = ["score", *run.model.feature_names]
    return build_reference(learnt.assign(score=run.model.score(learnt)), columns).to_json().encode()


def _payload(run: "TrainingRun") -> dict[str, object]:
    """What the outcome says of the run itself; the registry adds version and run."""
    validation = run.cross_validation.as_plain() if run.cross_validation else None
    return {
        "model_name": MODEL_NAME,
        "run_key": run.lineage.run_key,
        "as_of": run.lineage.as_of,
        "feature_service": run.lineage.feature_service,
        "schema_hash": run.lineage.schema_hash,
        "label_source": run.label_source,
        "cohorts": [count.as_of for count in run.cohorts if count.mature],
        "split": run.split.method,
        "rows_train": run.rows_train,
        "rows_test": run.rows_test,
        "default_rate": run.default_rate,
        "figures": run.figures.as_plain(),
        "cross_validation": validation,
        "artefact_digest": run.model.artefact_digest,
        "policy_version": run.lineage.policy_version,
        "data_versions": dict(run.lineage.data_versions),
    }


def _outcome(platform: Platform, registered: "RegisteredVersion") -> RetrainModelOutcome:
    stored = json.loads(platform.registry.artefact(MODEL_NAME, registered.version, _OUTCOME_FILE))
    return RetrainModelOutcome.model_validate(
        {**stored, "version": registered.version, "run_id": registered.run_id}
    )


def _tags(run: "TrainingRun") -> Mapping[str, str]:
    lineage = run.lineage
    return {
        "feature_service": lineage.feature_service,
        "schema_hash": lineage.schema_hash,
        "data_versions": json.dumps(dict(lineage.data_versions), sort_keys=True),
        "as_of": lineage.as_of.isoformat(),
        "label_window_months": str(lineage.label_window_months),
        "label_source": run.label_source,
        "policy_version": lineage.policy_version,
        "policy_digest": lineage.policy_digest,
        "code_digest": lineage.code_digest,
        "seed": str(lineage.seed),
        "artefact_digest": run.model.artefact_digest,
    }


def _code_digest() -> str:
    """Digest of the training code and of the versions of what it computes with."""
    sources = {
        source.name: digest_bytes(source.read_bytes())
        for source in files("training").iterdir()
        if source.name.endswith(".py")
    }
    libraries = {name: installed_version(name) for name in _LIBRARIES}
    return digest_of({"sources": sources, "libraries": libraries})


def _seconds_since(start: float) -> float:
    return round(perf_counter() - start, 2)

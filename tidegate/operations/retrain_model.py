"""Retrain: labels from what became of past cohorts, a new model version, alias ``challenger``.

The limit response is trained first, where there are limits drawn at random, and the version names
it.
Everything that a training follows from makes its key. The same key again is recognised; a run
that was killed is done again from the last thing it finished.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.features import ServiceSpec
from credit_limits.domain.limit_response import RESPONSE_TAG
from credit_limits.ledger.entry import EntryKind
from feature_repo.queries import service_of
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.champion import CHALLENGER, DEFAULT_RISK
from tidegate.operations.platform import Platform
from tidegate.operations.train_response import (
    FigureInterval,
    LimitResponseOutcome,
    response_policy_at,
    train_response,
)

if TYPE_CHECKING:
    from tidegate.adapters.registry import RegisteredVersion
    from training.policy import TrainingPolicy
    from training.response_policy import ObservationPolicy
    from training.rows import LabelledRows
    from training.run import Lineage, TrainingRun

_log = structlog.get_logger(__name__)

_OUTCOME_FILE = "outcome.json"


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


class CrossValidationFigures(BaseModel):
    """Figures over folds, where there is one cohort; ``ece`` of all rows, each out of fold."""

    model_config = ConfigDict(frozen=True)

    folds: int
    rows: int
    auc: FigureInterval
    ks: FigureInterval
    ece: FigureInterval


class RetrainModelOutcome(BaseModel):
    """The new version. ``figures`` are of the test rows, by name; ``default_rate`` of all rows.

    ``limit_response``: what was trained beside it; None of a version older than such a thing.
    """

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
    limit_response: LimitResponseOutcome | None = None
    recognised: bool = False


def retrain_model(platform: Platform, request: RetrainModelRequest) -> RetrainModelOutcome:
    """Train on every mature cohort whose features are there, and register the version.

    Raises:
        DataMissing: the lake or the features of past month ends are not there.
        NotEnoughOutcomes: no cohort's outcomes are known by then, or they are of one kind.
        PolicyError: no training policy is in force on that day for one of the two models, or it
            does not hold together.
    """
    from tidegate.operations.training_inputs import lineage_of, response_lineage_of
    from training.policy import parse_training_policy

    as_of = request.as_of or platform.lake.latest_knowledge()
    service = service_of(request.feature_service)
    file = load_dated(platform.policies("training", DEFAULT_RISK), as_of)
    policy = parse_training_policy(file.version, file.digest, file.content)
    response_policy = response_policy_at(platform, as_of)
    of_response = response_lineage_of(platform, response_policy, as_of)
    lineage = lineage_of(
        platform,
        service,
        policy,
        as_of=as_of,
        label_window_months=request.label_window_months,
        seed=request.seed,
        response_key=of_response.run_key,
    )
    if entry := platform.ledger.find(EntryKind.MODEL_TRAINED, lineage.run_key):
        stored = RetrainModelOutcome.model_validate(entry.payload)
        _log.info("training_recognised", model=DEFAULT_RISK, version=stored.version)
        return stored.model_copy(update={"recognised": True})
    registered = platform.registry.find_by_run_key(DEFAULT_RISK, lineage.run_key)
    if registered is None:
        response = train_response(platform, response_policy, of_response)
        made = _Beside(response, response_policy.observation)
        registered = _train_and_register(platform, service, policy, lineage, made)
    outcome = _outcome(platform, registered)
    platform.registry.set_alias(DEFAULT_RISK, CHALLENGER, outcome.version)
    platform.record(EntryKind.MODEL_TRAINED, outcome, key=lineage.run_key)
    _log.info(
        "model_trained",
        model=DEFAULT_RISK,
        version=outcome.version,
        auc=round(outcome.figures["auc"].value, 4),
        rows_train=outcome.rows_train,
        rows_test=outcome.rows_test,
    )
    return outcome


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is made beside the model: its limit response, and what observation says of limits."""

    response: LimitResponseOutcome
    observation: "ObservationPolicy"


def _train_and_register(
    platform: Platform,
    service: ServiceSpec,
    policy: "TrainingPolicy",
    lineage: "Lineage",
    beside: "_Beside",
) -> "RegisteredVersion":
    from tidegate.adapters.plots import training_plots
    from tidegate.operations.training_inputs import read_labels, with_service
    from training.artefacts import artefacts_of
    from training.observed_limit import observe_limit
    from training.rows import LabelledRows
    from training.run import train
    from training.split import split_rows

    start = perf_counter()
    labels = read_labels(platform, policy, lineage)
    _log.info("labels_read", rows=len(labels.frame), seconds=_seconds_since(start))
    labelled = LabelledRows(labels.frame, ())
    split = split_rows(
        labelled,
        policy.split,
        label_window_months=lineage.label_window_months,
        seed=lineage.seed,
    )
    rows = with_service(platform, labelled.take(split.used), service)
    _log.info("features_read", rows=len(rows), seconds=_seconds_since(start))
    run = train(
        rows,
        split.of_used(),
        service,
        policy,
        lineage,
        label_source=labels.source,
        cohorts=labels.cohorts,
        threads=platform.settings.threads,
    )
    _log.info("model_fitted", trees=run.model.booster.num_trees(), seconds=_seconds_since(start))
    observed = observe_limit(
        rows, beside.observation, seed=lineage.seed, threads=platform.settings.threads
    )
    registered = platform.registry.register(
        DEFAULT_RISK,
        run,
        run_key=lineage.run_key,
        artefacts={
            **artefacts_of(run, observed),
            "reference.json": _reference(rows, run),
            _OUTCOME_FILE: canonical_json(_payload(run, beside.response)),
        },
        figures=training_plots(
            run.sample["label"].to_numpy(bool), run.sample["score"].to_numpy(float), run.importances
        ),
        tags={**_tags(run), RESPONSE_TAG: beside.response.version},
    )
    _log.info("model_registered", version=registered.version, seconds=_seconds_since(start))
    return registered


def _reference(rows: "LabelledRows", run: "TrainingRun") -> bytes:
    """How inputs and score were distributed where the model learnt."""
    from monitoring.reference import build_reference
    from training.split import Part

    learnt = rows.take(run.split.rows(Part.FIT)).frame
    columns = ["score", *run.model.feature_names]
    return build_reference(learnt.assign(score=run.model.score(learnt)), columns).to_json().encode()


def _payload(run: "TrainingRun", response: LimitResponseOutcome) -> dict[str, object]:
    """What the outcome says of the run itself; the registry adds version and run."""
    validation = run.cross_validation.as_plain() if run.cross_validation else None
    return {
        "model_name": DEFAULT_RISK,
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
        "limit_response": response.model_dump(mode="json", exclude={"recognised"}),
    }


def _outcome(platform: Platform, registered: "RegisteredVersion") -> RetrainModelOutcome:
    stored = json.loads(platform.registry.artefact(DEFAULT_RISK, registered.version, _OUTCOME_FILE))
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


def _seconds_since(start: float) -> float:
    return round(perf_counter() - start, 2)

"""A training run: one immutable value with all that a registry, a gate and a card need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np
import pandas as pd

from credit_limits.domain.digest import digest_of
from credit_limits.domain.features import Direction, ServiceSpec
from credit_limits.gates.directions import try_directions
from credit_limits.gates.evidence import BehaviourEvidence
from training.cross_validate import CrossValidation, cross_validate
from training.evaluate import Figures, evaluate
from training.fit import Inputs, fit_model
from training.labels import CohortCount
from training.model import DefaultRiskModel
from training.policy import TrainingPolicy
from training.rows import KEYS, Indices, LabelledRows
from training.split import Part, Split, SplitMethod

SCORE = "score"
_BEHAVIOUR_ROWS = 1_000
_IMPORTANCE_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Lineage:
    """All that a training follows from: the same lineage gives the same model, to the byte.

    ``data_versions``: Delta version of each table that was read. ``cohorts``: dates whose features
    were there. ``code_digest``: of the training code and of the libraries it computes with.
    ``response_key``: run key of the limit response that is trained beside it.
    """

    as_of: date
    feature_service: str
    schema_hash: str
    label_window_months: int
    cohorts: tuple[date, ...]
    data_versions: Mapping[str, int]
    policy_version: str
    policy_digest: str
    code_digest: str
    seed: int
    response_key: str

    def as_plain(self) -> dict[str, object]:
        """Everything by name, JSON-able."""
        return {
            "as_of": self.as_of.isoformat(),
            "feature_service": self.feature_service,
            "schema_hash": self.schema_hash,
            "label_window_months": self.label_window_months,
            "cohorts": [cohort.isoformat() for cohort in self.cohorts],
            "data_versions": dict(self.data_versions),
            "policy_version": self.policy_version,
            "policy_digest": self.policy_digest,
            "code_digest": self.code_digest,
            "seed": self.seed,
            "response_key": self.response_key,
        }

    @property
    def run_key(self) -> str:
        """SHA-256 of the lineage: what a repeated training is recognised by."""
        return digest_of(self.as_plain())


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A trained model and everything that was measured of it.

    ``sample``: the test rows with :data:`~training.rows.KEYS` and ``score``. ``assignments``: all
    rows with these keys and the ``part`` (its name) each served. ``golden``: some rows of every
    cohort with account, date, features and ``score``, to be scored again bit for bit.
    ``importances``: mean absolute contribution of each input to the log-odds of test rows,
    largest first. ``cross_validation``: only where there is one cohort.
    """

    model: DefaultRiskModel
    lineage: Lineage
    policy: TrainingPolicy
    split: Split
    label_source: str
    cohorts: tuple[CohortCount, ...]
    figures: Figures
    cross_validation: CrossValidation | None
    behaviour: BehaviourEvidence
    importances: Mapping[str, float]
    sample: pd.DataFrame
    assignments: pd.DataFrame
    golden: pd.DataFrame

    @property
    def rows_train(self) -> int:
        """Rows that fitted, stopped or calibrated."""
        return sum(self.split.sizes.values()) - self.rows_test

    @property
    def rows_test(self) -> int:
        """Rows of the test."""
        return len(self.sample)

    @property
    def default_rate(self) -> float:
        """Share of defaults over all rows, 0 to 1."""
        return float(self.assignments["label"].mean())


def train(
    rows: LabelledRows,
    split: Split,
    service: ServiceSpec,
    policy: TrainingPolicy,
    lineage: Lineage,
    *,
    label_source: str,
    cohorts: tuple[CohortCount, ...],
    threads: int,
) -> TrainingRun:
    """Fit, stop, calibrate and measure.

    Args:
        rows: labelled rows with the features of ``service``.
        split: the part of each of ``rows``.
        service: names the inputs and their declared directions.
        policy: how to train.
        lineage: what the rows came from; its seed is the seed of everything.
        label_source: table that the labels came from.
        cohorts: what was found of each cohort, used or not.
        threads: bound on CPU use; no result depends on it.

    Raises:
        NotEnoughOutcomes: a part has too few rows or one kind only.
        ModelError: the rows have other features than the service.
    """
    inputs = Inputs(service.feature_names, tuple(feature.direction for feature in service.features))
    seed = lineage.seed
    features, label = rows.features, rows.labels
    model = fit_model(features, label, split.parts, inputs, policy, seed=seed, threads=threads)
    score = model.score(features, threads=threads)
    test = split.rows(Part.TEST)
    return TrainingRun(
        model=model,
        lineage=lineage,
        policy=policy,
        split=split,
        label_source=label_source,
        cohorts=cohorts,
        figures=evaluate(
            label[test],
            score[test],
            rows.take(test).customers,
            resamples=policy.evaluation.resamples,
            seed=seed,
        ),
        cross_validation=cross_validate(
            features, label, rows.customers, inputs, policy, seed=seed, threads=threads
        )
        if split.method is SplitMethod.ONE_COHORT
        else None,
        behaviour=_behaviour(model, rows, test, service, seed),
        importances=_importances(model, rows, test, seed),
        sample=_keys(rows).assign(**{SCORE: score}).iloc[test].reset_index(drop=True),
        assignments=_keys(rows).assign(
            part=[Part(part).name.lower() for part in split.parts.tolist()]
        ),
        golden=_golden(rows, score, policy.evaluation.golden_rows),
    )


def _keys(rows: LabelledRows) -> pd.DataFrame:
    return rows.frame[list(KEYS)].copy()


def _drawn(test: Indices, count: int, seed: int) -> Indices:
    random = np.random.default_rng(seed)
    return np.sort(random.permutation(test)[:count])


def _behaviour(
    model: DefaultRiskModel, rows: LabelledRows, test: Indices, service: ServiceSpec, seed: int
) -> BehaviourEvidence:
    """The gate's own trial, so that the card and the gate speak of the same thing."""
    drawn = rows.frame[list(rows.feature_names)].iloc[_drawn(test, _BEHAVIOUR_ROWS, seed)]
    directions = {
        feature.name: int(feature.direction)
        for feature in service.features
        if feature.direction is not Direction.UNKNOWN
    }
    return try_directions(model.score, drawn, directions)


def _importances(
    model: DefaultRiskModel, rows: LabelledRows, test: Indices, seed: int
) -> Mapping[str, float]:
    drawn = rows.frame.iloc[_drawn(test, _IMPORTANCE_ROWS, seed)]
    means = np.abs(model.contributions(drawn)).mean(axis=0)
    order = np.argsort(-means, kind="stable")
    return MappingProxyType({model.feature_names[i]: float(means[i]) for i in order})


def _golden(rows: LabelledRows, score: np.ndarray, count: int) -> pd.DataFrame:
    """Evenly spaced in the order of cohort and score: every cohort, and from lowest to highest."""
    columns = ["account_id", "as_of", *rows.feature_names]
    frame = rows.frame[columns].assign(**{SCORE: score})
    ordered = frame.sort_values(["as_of", SCORE], kind="stable", ignore_index=True)
    places = np.unique(np.linspace(0, len(ordered) - 1, count).astype(np.intp))
    return ordered.iloc[places].reset_index(drop=True)

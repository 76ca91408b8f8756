"""Cross-validation, for data of one cohort: every row scored by a model that never saw it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from training.evaluate import Figure, auc, calibration_error, calibration_noise, evaluate, ks
from training.fit import Inputs, fit_model
from training.policy import TrainingPolicy
from training.rows import Flags, Floats, Indices
from training.split import Part, customers_with_default, stratified_parts


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Figures over the folds.

    ``auc`` and ``ks``: mean over the folds, with the interval of Student's t. ``ece``: of the
    scores of all rows together, each given by the fold's model that did not see the row, with its
    bootstrap interval. A single fold's calibration error is mostly sampling:
    ``ece_by_fold`` has them, and ``ece_noise_by_fold`` what perfect scores would show in a fold.
    """

    folds: int
    rows: int
    auc: Figure
    ks: Figure
    ece: Figure
    auc_by_fold: tuple[float, ...]
    ks_by_fold: tuple[float, ...]
    ece_by_fold: tuple[float, ...]
    ece_noise_by_fold: float

    def as_plain(self) -> dict[str, object]:
        """Everything by name, figures as ``value``, ``low`` and ``high``."""
        return {
            "folds": self.folds,
            "rows": self.rows,
            "auc": self.auc.as_plain(),
            "ks": self.ks.as_plain(),
            "ece": self.ece.as_plain(),
            "auc_by_fold": list(self.auc_by_fold),
            "ks_by_fold": list(self.ks_by_fold),
            "ece_by_fold": list(self.ece_by_fold),
            "ece_noise_by_fold": self.ece_noise_by_fold,
        }


def cross_validate(
    features: Floats,
    label: Flags,
    customers: Indices,
    inputs: Inputs,
    policy: TrainingPolicy,
    *,
    seed: int,
    threads: int,
) -> CrossValidation:
    """Stratified folds of customers; each fold's model stops and calibrates on its own rows.

    Those rows are taken from the fold's training part with the policy's shares, never from the
    rows that it is judged on.

    ``threads`` folds are worked on at once, one thread each; the figures do not depend on it.

    Raises:
        NotEnoughOutcomes: a part of a fold lacks defaults or good rows.
    """
    score = np.empty(len(label), dtype=np.float64)

    def judge(parts: npt.NDArray[np.int8]) -> Indices:
        test = np.flatnonzero(parts == Part.TEST)
        model = fit_model(features, label, parts, inputs, policy, seed=seed, threads=1)
        score[test] = model.score(features[test], threads=1)
        return test

    with ThreadPoolExecutor(threads) as pool:
        tests = list(pool.map(judge, fold_parts(label, customers, policy, seed=seed)))
    together = evaluate(label, score, customers, resamples=policy.evaluation.resamples, seed=seed)
    aucs = tuple(auc(label[test], score[test]) for test in tests)
    distances = tuple(ks(label[test], score[test]) for test in tests)
    return CrossValidation(
        folds=len(tests),
        rows=len(label),
        auc=_mean(aucs),
        ks=_mean(distances),
        ece=together.ece,
        auc_by_fold=aucs,
        ks_by_fold=distances,
        ece_by_fold=tuple(calibration_error(label[test], score[test]) for test in tests),
        ece_noise_by_fold=float(np.mean([calibration_noise(score[test]) for test in tests])),
    )


def fold_parts(
    label: Flags, customers: Indices, policy: TrainingPolicy, *, seed: int
) -> Iterator[npt.NDArray[np.int8]]:
    """For each fold the :class:`Part` of every row; each row is a test row exactly once."""
    strata = customers_with_default(customers, label)
    folds = policy.evaluation.folds
    fold = stratified_parts(strata, (1.0 / folds,) * (folds - 1), seed)
    shares = (policy.split.early_stopping_share, policy.split.calibration_share)
    for number in range(folds):
        parts = np.full(len(strata), Part.TEST, dtype=np.int8)
        rest = np.flatnonzero(fold != number)
        parts[rest] = stratified_parts(strata[rest], shares, seed + 1 + number)
        yield parts[customers]


def _mean(values: tuple[float, ...]) -> Figure:
    """Mean over folds; the folds share training rows, so the interval is a little narrow."""
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    half = float(t.ppf(0.975, len(values) - 1)) * error
    return Figure(mean, float(max(0.0, mean - half)), float(min(1.0, mean + half)))

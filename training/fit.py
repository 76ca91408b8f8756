"""From labelled rows to a model: boosted trees, stopped early, then calibrated.

Each step has rows of its own; the test's are seen by none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import lightgbm
import numpy as np
import numpy.typing as npt

from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from credit_limits.domain.features import Direction
from training.behaviour import splits_against
from training.calibration import Calibration, fit_calibration
from training.model import DefaultRiskModel
from training.policy import BoosterPolicy, TrainingPolicy
from training.rows import Flags, Floats, Indices
from training.split import Part

# Threads wait for each other at every level of every tree, spinning. Below so many cells a second
# one gains little on an idle machine, and on a busy one it has cost nine times the time.
_CELLS_A_THREAD = 10_000_000
_THREADS_IN_TEXT = re.compile(r"^\[num_threads: -?\d+\]\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the columns of a feature array are: their names and declared directions, in order."""

    names: tuple[str, ...]
    directions: tuple[Direction, ...]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.directions):
            raise ValueError(f"{len(self.names)} names, {len(self.directions)} directions")


def fit_model(
    features: Floats,
    label: Flags,
    parts: npt.NDArray[np.int8],
    inputs: Inputs,
    policy: TrainingPolicy,
    *,
    seed: int,
    threads: int,
) -> DefaultRiskModel:
    """Fit, stop and calibrate on the rows of these parts; rows of any other part are not read.

    Args:
        features: float64 ``[rows, features]``, NaN for "not known".
        label: true for a default.
        parts: a :class:`Part` a row.
        inputs: what the columns are.
        policy: how to train.
        seed: of everything drawn at random. The same seed gives the same bytes.
        threads: at most so many; the bytes do not depend on it.

    Raises:
        NotEnoughOutcomes: a part lacks one of the two kinds.
    """
    rows = {part: np.flatnonzero(parts == part) for part in Part if part is not Part.TEST}
    for part, indices in rows.items():
        _both_kinds(part, label[indices])
    text = fit_booster(
        features,
        label,
        fit=rows[Part.FIT],
        early_stopping=rows[Part.EARLY_STOPPING],
        inputs=inputs,
        policy=policy.booster,
        seed=seed,
        threads=threads,
    )
    calibrating = rows[Part.CALIBRATION]
    uncalibrated = DefaultRiskModel(text, inputs.names, Calibration(1.0, 0.0))
    calibration = fit_calibration(
        uncalibrated.log_odds(features[calibrating], threads=threads),
        label[calibrating],
        slope_prior_rows=policy.calibration.slope_prior_rows,
    )
    return replace(uncalibrated, calibration=calibration)


def fit_booster(
    features: Floats,
    label: Flags,
    *,
    fit: Indices,
    early_stopping: Indices,
    inputs: Inputs,
    policy: BoosterPolicy,
    seed: int,
    threads: int,
) -> str:
    """LightGBM's text of the trees up to the best round on the early-stopping rows.

    Inputs that are constant or wholly null keep their place, so that the schema is the same in
    every training.

    Raises:
        ModelError: a tree goes against a declared direction, as LightGBM's do with some settings
            (its path smoothing, its advanced constraints).
    """
    learnt = lightgbm.Dataset(
        features[fit], label[fit].astype(np.float64), feature_name=list(inputs.names)
    )
    watched = learnt.create_valid(
        features[early_stopping], label[early_stopping].astype(np.float64)
    )
    worthwhile = max(1, len(fit) * len(inputs.names) // _CELLS_A_THREAD)
    booster = lightgbm.train(
        _parameters(policy, inputs.directions, seed, min(threads, worthwhile)),
        learnt,
        num_boost_round=policy.rounds_ceiling,
        valid_sets=[watched],
        callbacks=[lightgbm.early_stopping(policy.patience_rounds, verbose=False)],
    )
    text: str = booster.model_to_string(num_iteration=booster.best_iteration)
    if against := splits_against(text, inputs.directions):
        raise ModelError(
            f"{against} splits go against a declared direction: a setting of the training policy "
            "breaks LightGBM's monotone constraints; take back its last change"
        )
    return _THREADS_IN_TEXT.sub("", text)


def _parameters(
    policy: BoosterPolicy, directions: Sequence[Direction], seed: int, threads: int
) -> dict[str, object]:
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": policy.learning_rate,
        "num_leaves": policy.leaves,
        "min_data_in_leaf": policy.rows_in_leaf_floor,
        "max_bin": policy.bins,
        "feature_fraction": policy.feature_share,
        "bagging_fraction": policy.row_share,
        "bagging_freq": 1,
        "lambda_l2": policy.leaf_penalty,
        "monotone_constraints": [int(direction) for direction in directions],
        "feature_pre_filter": False,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads,
        "verbosity": -1,
    }


def _both_kinds(part: Part, label: Flags) -> None:
    defaults = int(label.sum())
    if not 0 < defaults < len(label):
        raise NotEnoughOutcomes(
            f"{defaults} defaults in {len(label)} rows for {part.name.lower()}: both kinds are "
            "needed; use more cohorts, or wait for more outcomes"
        )

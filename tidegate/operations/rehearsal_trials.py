"""Was a better model promoted? Old and new champion against what the world knows of default."""

from dataclasses import replace

import numpy as np

from credit_limits.rehearsal.judging import ModelTrial, TrueRisk, trial_of
from credit_limits.simulation.columns import Floats
from monitoring.drift import SCORE
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import PromoteModelOutcome
from tidegate.operations.scored_rows import portfolio_scored


def trial_of_promotion(
    platform: Platform, promoted: PromoteModelOutcome, risk: TrueRisk
) -> ModelTrial:
    """The new champion and the one before, each on its own features, on the day of the promotion.

    ``risk`` is the truth of that day; an account of which no features were computed is left out.
    """
    new = _predictions(platform, promoted, promoted.version, risk)
    before = promoted.previous_champion
    old = _predictions(platform, promoted, before, risk) if before is not None else new
    known = ~(np.isnan(new) | np.isnan(old))
    seen = replace(risk, account_id=risk.account_id[known], probability=risk.probability[known])
    return trial_of(
        seen,
        (promoted.version, new[known]),
        (before, old[known]) if before is not None else None,
    )


def _predictions(
    platform: Platform, promoted: PromoteModelOutcome, version: str, risk: TrueRisk
) -> Floats:
    loaded = platform.registry.load(promoted.model_name, version)
    scored = portfolio_scored(platform, loaded, promoted.as_of).set_index("account_id")[SCORE]
    return scored.reindex(risk.account_id.tolist()).to_numpy(np.float64)

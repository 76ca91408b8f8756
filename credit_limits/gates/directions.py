"""Raising one input on real rows, to see which way a model's probability moves."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from credit_limits.gates.evidence import BehaviourEvidence, DirectionTried

Predict = Callable[[pd.DataFrame], NDArray[np.float64]]

DAYS_PAST_DUE_LEVELS = (0.0, 30.0, 60.0, 90.0, 180.0)
_QUANTILES = np.linspace(0.0, 1.0, 9)
_TOLERANCE = 1e-9


def try_directions(
    predict: Predict, rows: pd.DataFrame, directions: Mapping[str, int]
) -> BehaviourEvidence:
    """Raise each declared input, and all days past due together, on every row.

    Args:
        predict: default probabilities, 0 to 1, of a frame with the columns of ``rows``.
        rows: real feature rows, float64; the model's inputs and no other column.
        directions: for an input, 1 where a higher value raises the risk, -1 where it lowers it.

    A violation is a row whose probability moves against the direction by more than 1e-9
    somewhere on the way. An input that is null in every row cannot be tried and is left out.
    """
    tried = [
        _count(
            name, direction, predict, [rows.assign(**{name: value}) for value in _grid(rows[name])]
        )
        for name, direction in directions.items()
        if rows[name].notna().any()
    ]
    return BehaviourEvidence(tuple(tried), _days_past_due(predict, rows))


def _grid(column: "pd.Series[float]") -> NDArray[np.float64]:
    """Nine quantiles of what the input really takes, and 10 % beyond the greatest."""
    values = column.to_numpy(np.float64)
    inside = np.unique(np.quantile(values[np.isfinite(values)], _QUANTILES))
    return np.append(inside, inside[-1] + max(0.1 * abs(inside[-1]), 1.0))


def _days_past_due(predict: Predict, rows: pd.DataFrame) -> DirectionTried | None:
    """All days past due raised to each level, never lowered; None where there is no such input."""
    names = [name for name in rows.columns if name.startswith("days_past_due")]
    if not names:
        return None
    levels = [
        rows.assign(**{name: np.maximum(rows[name], level) for name in names})
        for level in DAYS_PAST_DUE_LEVELS
    ]
    return _count("days_past_due_*", 1, predict, levels)


def _count(
    name: str, direction: int, predict: Predict, raised: list[pd.DataFrame]
) -> DirectionTried:
    """Rows that move against the direction somewhere on the way through ``raised``."""
    risk = predict(pd.concat(raised, ignore_index=True)).reshape(len(raised), -1)
    against = -direction * np.diff(risk, axis=0)
    if not np.isfinite(against).all():
        return DirectionTried(name, risk.shape[1], risk.shape[1], float("nan"))
    worst = np.max(against, axis=0, initial=0.0)
    return DirectionTried(name, len(worst), int((worst > _TOLERANCE).sum()), float(worst.max()))

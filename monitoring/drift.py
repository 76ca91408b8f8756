"""The verdict on drift: none, notice or alarm, by effect size beyond the noise of sampling."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.psi import population_stability_index, sampling_noise
from monitoring.reference import ColumnKind, ColumnReference, Reference, numbers
from monitoring.thresholds import DriftLevel, DriftThresholds

SCORE = "score"


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """One column now, against the reference.

    ``psi`` is the plain index and ``noise`` what sampling alone gives of it; the level comes from
    their difference, from the rise of nulls and from values never seen. Shares are 0 to 1. Null
    is a bin like any other where there are more of them than in the reference; where there are
    fewer, the index is over the filled rows alone. Training reaches back to months in which the
    record was too short for some inputs: that they are known by now is no drift.
    ``broken``: the column is absent or has turned null; ``psi`` is None where it is absent.
    ``finding`` says in words what was found, empty where nothing was.
    """

    name: str
    level: DriftLevel
    psi: float | None
    noise: float
    null_share_reference: float
    null_share_now: float
    unseen_share: float
    broken: bool
    finding: str


@dataclass(frozen=True, slots=True)
class DriftVerdict:
    """The level of the worst column, the columns in the reference's order, and the rows now."""

    level: DriftLevel
    columns: tuple[ColumnDrift, ...]
    rows: int
    finding: str = ""


def drift_verdict(
    reference: Reference, frame: pd.DataFrame, thresholds: DriftThresholds
) -> DriftVerdict:
    """Hold a frame against a reference.

    Args:
        reference: stored with the model.
        frame: the same columns now, numeric, any number of rows; other columns are ignored.
        thresholds: of the policy in force.

    Too few rows is an alarm: what cannot be watched is not well.

    Raises:
        ValueError: a column of the reference is there and not numeric.
    """
    rows = len(frame)
    columns = tuple(_column(column, frame, thresholds) for column in reference)
    if rows < thresholds.rows_floor:
        finding = f"{rows} rows, fewer than the {thresholds.rows_floor} that say anything"
        return DriftVerdict(DriftLevel.ALARM, columns, rows, finding)
    return DriftVerdict(max(column.level for column in columns), columns, rows)


def _column(
    reference: ColumnReference, frame: pd.DataFrame, thresholds: DriftThresholds
) -> ColumnDrift:
    if reference.name not in frame or frame.empty:
        return _absent(reference, "no rows" if reference.name in frame else "the column is absent")
    counts = reference.count(numbers(frame, reference.name))
    then, now = _compared(np.asarray(reference.counts), counts)
    psi = population_stability_index(then, now)
    noise = _noise(then, now)
    null_share = float(counts[-1] / counts.sum())
    unseen = float(counts[-2] / counts.sum()) if reference.kind is ColumnKind.DISCRETE else 0.0
    nulls = thresholds.null_rise.level(null_share - reference.null_share)
    found = [
        *_distribution(reference.name, psi - noise, unseen, thresholds),
        (nulls, f"{null_share:.1%} null, {reference.null_share:.1%} in the reference"),
    ]
    return ColumnDrift(
        name=reference.name,
        level=max(level for level, _ in found),
        psi=psi,
        noise=noise,
        null_share_reference=reference.null_share,
        null_share_now=null_share,
        unseen_share=unseen,
        broken=nulls is DriftLevel.ALARM,
        finding="; ".join(text for level, text in found if level is not DriftLevel.NONE),
    )


def _absent(reference: ColumnReference, finding: str) -> ColumnDrift:
    return ColumnDrift(
        name=reference.name,
        level=DriftLevel.ALARM,
        psi=None,
        noise=0.0,
        null_share_reference=reference.null_share,
        null_share_now=1.0,
        unseen_share=0.0,
        broken=True,
        finding=finding,
    )


def _compared(
    then: NDArray[np.int64], now: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The bins that the index is over: without null, the last, where it has become rarer."""
    rarer = now[-1] / now.sum() < then[-1] / then.sum()
    if rarer and then[:-1].any():
        return then[:-1], now[:-1]
    return then, now


def _noise(then: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    used = int(((then > 0) | (now > 0)).sum())
    return sampling_noise(used, int(then.sum()), int(now.sum()))


def _distribution(
    name: str, effect: float, unseen: float, thresholds: DriftThresholds
) -> list[tuple[DriftLevel, str]]:
    if name in thresholds.not_judged:
        return []
    steps = thresholds.score_psi if name == SCORE else thresholds.input_psi
    return [
        (steps.level(effect), f"PSI {effect:.3f} beyond the noise of sampling"),
        (thresholds.unseen_share.level(unseen), f"{unseen:.1%} values never seen before"),
    ]

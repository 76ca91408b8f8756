"""The verdict on drift: none, notice or alarm; a shift must be certain and it must be large."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.psi import population_stability_index, sampling_noise
from monitoring.reference import ColumnKind, ColumnReference, Reference, numbers
from monitoring.shift_test import holm, shift_p_value
from monitoring.thresholds import DriftLevel, DriftThresholds

SCORE = "score"

_Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """One column now, against the reference.

    ``psi`` is the plain index and ``noise`` what sampling alone gives of it. A level is reached
    where a size reaches it (the difference of these two, the rise of nulls, or values never seen)
    and ``p_corrected`` as well: ``p_value``, the chance of a shift like this where nothing has
    changed, corrected for the number of columns. Shares are 0 to 1. Null is a bin like any other
    where there are more of them than in the reference; where there are fewer, the index is over
    the filled rows alone. Training reaches back to months in which the record was too short for
    some inputs: that they are known by now is no drift.
    ``broken``: the column is absent, no number or has turned null; ``psi`` and the p-values are
    None where there is nothing to measure. ``measured`` is the level of this watch by itself,
    ``level`` what counts: they differ where an input must alarm more than once.
    ``finding`` says in words what was found, empty where nothing was.
    """

    name: str
    level: DriftLevel
    measured: DriftLevel
    psi: float | None
    noise: float
    p_value: float | None
    p_corrected: float | None
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

    def most_moved(self, count: int) -> tuple[str, ...]:
        """The names of ``count`` columns: those with a level first, then by the index."""
        worst_first = sorted(self.columns, key=lambda each: (-each.level, -(each.psi or 0.0)))
        return tuple(column.name for column in worst_first[:count])


@dataclass(frozen=True, slots=True)
class Histogram:
    """A column's rows now, in the bins of its reference, the null bin last.

    ``infinite`` of the rows that count as null are infinite.
    """

    counts: tuple[int, ...]
    infinite: int = 0

    def __post_init__(self) -> None:
        if min(self.counts) < 0 or not 0 <= self.infinite <= self.counts[-1]:
            raise ValueError(f"no histogram: {self.counts}, {self.infinite} of them infinite")


@dataclass(frozen=True, slots=True)
class _Measured:
    """A column's histogram beside its reference, before it is known how many were tested."""

    reference: ColumnReference
    counts: _Counts
    infinite: int
    p_value: float

    @property
    def null_share(self) -> float:
        return float(self.counts[-1] / self.counts.sum())

    @property
    def null_rise(self) -> float:
        return self.null_share - self.reference.null_share

    @property
    def unseen_share(self) -> float:
        if self.reference.kind is not ColumnKind.DISCRETE:
            return 0.0
        return float(self.counts[-2] / self.counts.sum())


def drift_verdict(
    reference: Reference, frame: pd.DataFrame, thresholds: DriftThresholds
) -> DriftVerdict:
    """Hold a frame against a reference, whatever the frame looks like.

    Args:
        reference: stored with the model.
        frame: the same columns now, any number of rows; other columns are ignored.
        thresholds: of the policy in force.
    """
    return histogram_verdict(reference, histograms_of(reference, frame), len(frame), thresholds)


def histograms_of(reference: Reference, frame: pd.DataFrame) -> dict[str, Histogram | str]:
    """The histogram of each column of the reference, or in words why there is none."""
    return {column.name: _histogram(column, frame) for column in reference}


def histogram_verdict(
    reference: Reference,
    histograms: Mapping[str, Histogram | str],
    rows: int,
    thresholds: DriftThresholds,
) -> DriftVerdict:
    """Hold the histograms of ``rows`` rows against a reference.

    The chance that independent rows of the reference's own distribution reach a level in even
    one column is at most ``thresholds.false_alarms``, at any number of rows. Too few rows are an
    alarm: what cannot be watched is not well. So is a column that could not be counted.

    Args:
        reference: stored with the model.
        histograms: for each column of the reference its histogram, or why there is none.
        rows: how many were counted.
        thresholds: of the policy in force.

    Raises:
        ValueError: a histogram has other bins than the reference.
    """
    found = [_measured(column, histograms[column.name], thresholds) for column in reference]
    corrected = iter(holm([each.p_value for each in found if isinstance(each, _Measured)]))
    columns = tuple(
        _judged(each, next(corrected), thresholds) if isinstance(each, _Measured) else each
        for each in found
    )
    if rows < thresholds.rows_floor:
        finding = f"{rows} rows, fewer than the {thresholds.rows_floor} that say anything"
        return DriftVerdict(DriftLevel.ALARM, columns, rows, finding)
    return DriftVerdict(max(column.level for column in columns), columns, rows)


def _histogram(reference: ColumnReference, frame: pd.DataFrame) -> Histogram | str:
    if reference.name not in frame:
        return "the column is absent"
    if frame.empty:
        return "no rows"
    try:
        values = numbers(frame, reference.name)
    except ValueError as error:
        return str(error)
    counts = tuple(reference.count(values).tolist())
    return Histogram(counts, int(np.count_nonzero(np.isinf(values))))


def _measured(
    reference: ColumnReference, histogram: Histogram | str, thresholds: DriftThresholds
) -> _Measured | ColumnDrift:
    if isinstance(histogram, str):
        return _unmeasured(reference, histogram)
    counts = np.array(histogram.counts, dtype=np.int64)
    p_value = _tested(reference, counts, thresholds)
    return _Measured(reference, counts, histogram.infinite, p_value)


def _unmeasured(reference: ColumnReference, finding: str) -> ColumnDrift:
    return ColumnDrift(
        name=reference.name,
        level=DriftLevel.ALARM,
        measured=DriftLevel.ALARM,
        psi=None,
        noise=0.0,
        p_value=None,
        p_corrected=None,
        null_share_reference=reference.null_share,
        null_share_now=1.0,
        unseen_share=0.0,
        broken=True,
        finding=finding,
    )


def _judged(measured: _Measured, p_corrected: float, thresholds: DriftThresholds) -> ColumnDrift:
    reference = measured.reference
    then, now = _compared(np.asarray(reference.counts, dtype=np.int64), measured.counts)
    psi, noise = population_stability_index(then, now), _noise(then, now)
    certain = thresholds.false_alarms.level(p_corrected)
    nulls = min(certain, thresholds.null_rise.level(measured.null_rise))
    found = [
        *(
            (min(certain, level), text)
            for level, text in _distribution(measured, psi - noise, thresholds)
        ),
        (nulls, f"{measured.null_share:.1%} null, {reference.null_share:.1%} in the reference"),
        *_infinite(measured),
    ]
    level = max(level for level, _ in found)
    return ColumnDrift(
        name=reference.name,
        level=level,
        measured=level,
        psi=psi,
        noise=noise,
        p_value=measured.p_value,
        p_corrected=p_corrected,
        null_share_reference=reference.null_share,
        null_share_now=measured.null_share,
        unseen_share=measured.unseen_share,
        broken=nulls is DriftLevel.ALARM,
        finding="; ".join(text for level, text in found if level is not DriftLevel.NONE),
    )


def _tested(reference: ColumnReference, now: _Counts, thresholds: DriftThresholds) -> float:
    """The p-value of what is judged of the column: its histogram, or its nulls alone."""
    then = np.asarray(reference.counts, dtype=np.int64)
    if reference.name in thresholds.not_judged:
        return shift_p_value(_filled_and_null(then), _filled_and_null(now))
    return shift_p_value(*_compared(then, now))


def _filled_and_null(counts: _Counts) -> _Counts:
    return np.array([counts[:-1].sum(), counts[-1]])


def _compared(then: _Counts, now: _Counts) -> tuple[_Counts, _Counts]:
    """The bins that the index is over: without null, the last, where it has become rarer."""
    rarer = now[-1] / now.sum() < then[-1] / then.sum()
    if rarer and then[:-1].any():
        return then[:-1], now[:-1]
    return then, now


def _noise(then: _Counts, now: _Counts) -> float:
    used = int(((then > 0) | (now > 0)).sum())
    return sampling_noise(used, int(then.sum()), int(now.sum()))


def _distribution(
    measured: _Measured, effect: float, thresholds: DriftThresholds
) -> list[tuple[DriftLevel, str]]:
    name, unseen = measured.reference.name, measured.unseen_share
    if name in thresholds.not_judged:
        return []
    steps = thresholds.score_psi if name == SCORE else thresholds.input_psi
    return [
        (steps.level(effect), f"PSI {effect:.3f} beyond the noise of sampling"),
        (thresholds.unseen_share.level(unseen), f"{unseen:.1%} values never seen before"),
    ]


def _infinite(measured: _Measured) -> list[tuple[DriftLevel, str]]:
    """An infinite value is worth a word however few there are: no sound feed has one."""
    if not measured.infinite:
        return []
    share = measured.infinite / measured.counts.sum()
    return [(DriftLevel.NOTICE, f"{share:.2%} infinite, counted as null")]

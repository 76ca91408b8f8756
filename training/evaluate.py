"""How good scores are, each figure with a 95 % interval.

The interval is ``value -+ 1.96 x bootstrap standard error``, cut to the figure's range. Customers
are resampled, not rows: each customer gets a Poisson(1) weight, which all of their rows share
(Field and Welsh, 2007, on resampling clusters). Weights instead of copied rows let every resample
work on rows that are sorted once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from training.rows import Flags, Floats, Indices

BINS = 10
_Z95 = 1.959963984540054
_LOGIT_CLIP = 1e-9
_WEIGHTS_AT_ONCE = 2_000_000
_STEPS = 200
_SETTLED = 1e-10


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def as_plain(self) -> dict[str, float]:
        """``value``, ``low`` and ``high`` by name."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a scored sample.

    ``auc``: share of (default, good) pairs ranked rightly, ties half. ``ks``: largest distance of
    the two distribution functions, 0 to 1. ``ece``: mean distance of predicted from observed over
    ten bins of equal numbers of rows. ``brier``: mean squared distance. ``slope`` and
    ``intercept``: of the logistic regression of the outcome on the score's log-odds, 1 and 0 where
    right. ``predicted_over_observed``: predicted defaults over defaults, 1 where right.
    """

    auc: Figure
    ks: Figure
    ece: Figure
    brier: Figure
    slope: Figure
    intercept: Figure
    predicted_over_observed: Figure

    def as_plain(self) -> dict[str, dict[str, float]]:
        """Each figure by name, as :meth:`Figure.as_plain` has it."""
        return {item.name: getattr(self, item.name).as_plain() for item in fields(self)}


_RANGES = {"auc": (0.0, 1.0), "ks": (0.0, 1.0), "ece": (0.0, 1.0), "brier": (0.0, 1.0)}
_NAMES = tuple(item.name for item in fields(Figures))


def evaluate(
    label: Flags, score: Floats, customers: Indices, *, resamples: int, seed: int
) -> Figures:
    """All figures of a sample.

    Args:
        label: true for a default.
        score: predicted probability, 0 to 1, same length.
        customers: a number for each customer from 0 on; rows of one are resampled together.
        resamples: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        NotEnoughOutcomes: fewer than two defaults or two good rows.
        ModelError: the scores separate the two kinds completely.
        ValueError: a score outside 0 to 1, or not a number.
    """
    prepared = _prepare(label, score)
    values = _measure(prepared, np.ones((1, len(label))))[0]
    groups = customers[prepared.order]
    drawn = np.concatenate(
        [_measure(prepared, weights) for weights in _resampled(groups, resamples, seed)]
    )
    errors = [_spread(column) for column in drawn.T]
    return Figures(
        **{
            name: figure(values[i], errors[i], *_RANGES.get(name, (-np.inf, np.inf)))
            for i, name in enumerate(_NAMES)
        }
    )


def figure(value: float, error: float, lowest: float, highest: float) -> Figure:
    """A figure with the interval that its standard error gives, cut to its range.

    >>> high = figure(0.9, 0.1, 0.0, 1.0)
    >>> round(high.low, 3), high.high
    (0.704, 1.0)
    """
    half = _Z95 * error
    return Figure(float(value), float(max(lowest, value - half)), float(min(highest, value + half)))


def _spread(drawn: Floats) -> float:
    """Standard deviation of the resamples in which the figure could be computed."""
    found = drawn[np.isfinite(drawn)]
    return float(found.std(ddof=1)) if len(found) > 1 else float("nan")


def auc(label: Flags, score: Floats) -> float:
    """Share of (default, good) pairs ranked rightly, ties half.

    >>> auc(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]))
    0.75
    """
    return float(_ranking(_prepare(label, score), np.ones((1, len(label))))[0][0])


def ks(label: Flags, score: Floats) -> float:
    """Largest distance of the distribution functions of the scores of defaults and good rows.

    >>> ks(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]))
    0.5
    """
    return float(_ranking(_prepare(label, score), np.ones((1, len(label))))[1][0])


def calibration_error(label: Flags, score: Floats) -> float:
    """Expected calibration error over ten bins of equal numbers of rows; tied scores stay together.

    Twenty rows at 0.1 with three defaults in one tied bin: |2 - 3| / 20 = 0.05.

    >>> round(calibration_error(np.arange(20) < 3, np.full(20, 0.1)), 4)
    0.05
    """
    return float(_bin_error(_prepare(label, score), np.ones((1, len(label))))[0])


def calibration_noise(score: Floats) -> float:
    """The calibration error that sampling alone gives where every score is right.

    ``sum over bins of sqrt(2 / pi) x sqrt(sum p (1 - p)) / rows``. 1,000 rows at 0.1 in one tied
    bin: 0.798 x sqrt(90) / 1000 = 0.0076.

    >>> round(calibration_noise(np.full(1000, 0.1)), 4)
    0.0076
    """
    variance = np.bincount(_bins(score), weights=score * (1.0 - score), minlength=BINS)
    return float(np.sqrt(2.0 / np.pi) * np.sqrt(variance).sum() / len(score))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A sample sorted by score; ``starts`` is where each different score begins."""

    order: Indices
    label: Floats
    score: Floats
    starts: Indices
    bins: Indices


def _prepare(label: Flags, score: Floats) -> _Prepared:
    if not (np.isfinite(score).all() and score.min() >= 0.0 and score.max() <= 1.0):
        raise ValueError("scores must be probabilities, 0 to 1")
    if min(int(label.sum()), int((~label).sum())) < 2:
        raise NotEnoughOutcomes(f"{int(label.sum())} defaults in {len(label)} rows: two needed")
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.append(True, np.diff(ranked) > 0))
    return _Prepared(order, label[order].astype(np.float64), ranked, starts, _bins(ranked))


def _bins(score: Floats) -> Indices:
    bins = np.minimum((rankdata(score) - 0.5) * BINS // len(score), BINS - 1)
    return np.asarray(bins, dtype=np.intp)


def _resampled(customers: Indices, resamples: int, seed: int) -> Iterator[Floats]:
    """Weights ``[some resamples, rows]``, as many at once as stay small in memory."""
    random = np.random.default_rng(seed)
    at_once = max(1, _WEIGHTS_AT_ONCE // len(customers))
    for done in range(0, resamples, at_once):
        count = min(at_once, resamples - done)
        drawn = random.poisson(1.0, (count, int(customers.max()) + 1)).astype(np.float64)
        yield drawn[:, customers]


@np.errstate(invalid="ignore", divide="ignore")
def _measure(sample: _Prepared, weights: Floats) -> Floats:
    """All figures, in the order of ``Figures``, for each row of ``weights``; NaN for no figure."""
    total = weights.sum(axis=1)
    pair = _ranking(sample, weights)
    slope, intercept = _logistic(sample, weights)
    brier = weights @ (sample.score - sample.label) ** 2 / total
    ratio = weights @ sample.score / (weights @ sample.label)
    return np.column_stack(
        [pair[0], pair[1], _bin_error(sample, weights), brier, slope, intercept, ratio]
    )


def _ranking(sample: _Prepared, weights: Floats) -> tuple[Floats, Floats]:
    """AUC and KS for each row of ``weights``."""
    defaults = np.add.reduceat(weights * sample.label, sample.starts, axis=1)
    goods = np.add.reduceat(weights, sample.starts, axis=1) - defaults
    defaults_up_to, goods_up_to = np.cumsum(defaults, axis=1), np.cumsum(goods, axis=1)
    all_defaults, all_goods = defaults_up_to[:, -1], goods_up_to[:, -1]
    won = (defaults * (goods_up_to - goods / 2)).sum(axis=1) / (all_defaults * all_goods)
    gaps = goods_up_to / all_goods[:, None] - defaults_up_to / all_defaults[:, None]
    return won, np.abs(gaps).max(axis=1)


def _bin_error(sample: _Prepared, weights: Floats) -> Floats:
    members: npt.NDArray[np.float64] = np.zeros((len(sample.bins), BINS))
    members[np.arange(len(sample.bins)), sample.bins] = sample.score - sample.label
    return np.asarray(np.abs(weights @ members).sum(axis=1) / weights.sum(axis=1))


def _logistic(sample: _Prepared, weights: Floats) -> tuple[Floats, Floats]:
    """Slope and intercept by Newton's method; weights of ones get all steps, resamples one.

    One step from the sample's own solution is the one-step bootstrap (Davison and Hinkley, 1997,
    2.7.4): its error is of the second order.
    """
    clipped = np.clip(sample.score, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP)
    log_odds = np.log(clipped / (1.0 - clipped))
    start = _solution(log_odds, sample.label)
    return _newton_step(log_odds, sample.label, weights, start)


def _solution(log_odds: Floats, label: Floats) -> tuple[float, float]:
    """Slope and intercept of the sample itself.

    Raises:
        ModelError: the scores separate the two kinds, so that no slope is steep enough.
    """
    here = np.array([1.0, 0.0])
    ones = np.ones((1, len(label)))
    for _ in range(_STEPS):
        found = np.concatenate(_newton_step(log_odds, label, ones, (here[0], here[1])))
        step = np.clip(found - here, -1.0, 1.0)  # from afar a whole step can overshoot
        if not np.isfinite(step).all():
            break
        here = here + step
        if np.abs(step).max() < _SETTLED:
            return float(here[0]), float(here[1])
    raise ModelError(
        "the scores tell defaults from good accounts without a doubt, as they do where an input "
        "knows the label; look for a feature that is computed after its date"
    )


def _newton_step(
    log_odds: Floats, label: Floats, weights: Floats, start: tuple[float, float]
) -> tuple[Floats, Floats]:
    exponent = np.clip(start[0] * log_odds + start[1], -500.0, 500.0)
    fitted = 1.0 / (1.0 + np.exp(-exponent))
    spread = fitted * (1.0 - fitted)
    terms = [label - fitted, (label - fitted) * log_odds, spread]
    sums = weights @ np.column_stack([*terms, spread * log_odds, spread * log_odds**2])
    level, tilt, here, cross, wide = sums.T
    determinant = here * wide - cross**2
    slope = start[0] + (here * tilt - cross * level) / determinant
    intercept = start[1] + (wide * level - cross * tilt) / determinant
    return slope, intercept

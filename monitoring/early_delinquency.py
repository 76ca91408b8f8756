"""Early delinquency: of the accounts current a month ago, how many are past due now.

A default takes months to show, and by then the limits were raised. The first missed payment shows
within a month. Its rate this month is held against the months before by a test of two
proportions. Months differ by more than chance alone, through the season and the economy, so the
variance is that of the binomial times the dispersion found among the reference months
(quasi-likelihood: McCullagh and Nelder, Generalized Linear Models, 1989, section 4.5), and the
tail that of Student's t with as many degrees of freedom as went into the dispersion. A rise that
is certain and small is no alarm: it must also reach a ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from scipy import special

from credit_limits.domain.periods import add_months
from monitoring.thresholds import DriftLevel, EarlyThresholds


@dataclass(frozen=True, slots=True)
class RollMonth:
    """One month's first missed payments.

    ``current`` accounts owed something and were not past due at the end of the month before and
    have a statement now; ``rolled`` of them are past due at ``month_end``.
    """

    month_end: date
    current: int
    rolled: int

    def __post_init__(self) -> None:
        if not 0 <= self.rolled <= self.current:
            raise ValueError(f"{self.month_end}: {self.rolled} of {self.current} accounts rolled")

    @property
    def share(self) -> float:
        """The roll rate, 0 to 1; 0 where nobody was current."""
        return self.rolled / self.current if self.current else 0.0


@dataclass(frozen=True, slots=True)
class RateTest:
    """One month against reference months.

    ``ratio`` is the month's rate over that of the reference together (infinite where that is 0
    and the month's is not, 1 where both are), ``dispersion`` the variance among the reference
    months over that of the binomial, at least 1, and ``p_value`` the chance of a rate this high
    or higher where nothing has changed.
    """

    share: float
    reference_share: float
    ratio: float
    dispersion: float
    p_value: float


@dataclass(frozen=True, slots=True)
class EarlyVerdict:
    """The verdict on the newest month, by itself or together with the one before it.

    ``months`` are those that were held against ``reference``, both oldest first. ``test`` is None
    where it could not be made, and ``finding`` says why; that is no alarm: a portfolio that is
    young, or a source with few statements, has no months to hold anything against.
    """

    level: DriftLevel
    months: tuple[RollMonth, ...]
    reference: tuple[RollMonth, ...]
    test: RateTest | None
    finding: str


def early_verdict(months: Sequence[RollMonth], thresholds: EarlyThresholds) -> EarlyVerdict:
    """Judge the last of ``months`` against those before it.

    There are two looks: the month by itself, and with the month before it, since in a small
    portfolio one month has too few misses to tell; the worse of them counts. Months that were an
    alarm, against the months before them, are no reference for later ones: otherwise a shock
    would become the measure of itself and be over while it lasts. Once the whole reference is
    gone in this way, what is left counts as usual again.

    Args:
        months: oldest first, each once; twice the reference months or more, so that the first
            reference months can be judged as well. Gaps are allowed.
        thresholds: of the policy in force.

    Raises:
        ValueError: the months are not in order.
    """
    if any(later.month_end <= earlier.month_end for earlier, later in pairwise(months)):
        raise ValueError("the months are not in order, each once")
    verdict = _unjudged((), (), "no month with statements at its end and a month before")
    usual: list[RollMonth] = []
    for month in months:
        verdict = _judge(month, usual, thresholds)
        usual.append(month)
        if verdict.level is DriftLevel.ALARM:
            usual = [each for each in usual if each not in verdict.months]
    return verdict


def rate_test(month: RollMonth, reference: Sequence[RollMonth]) -> RateTest:
    """Hold one month against at least two others, each with accounts that were current.

    Worked: 30 of 1,000 now; 10, 10, 14 and 6 of 1,000 before. The reference rate is 1 %, the
    dispersion ``(0 + 0 + 16 + 16) / (1,000 x 0.01 x 0.99) / 3 = 1.08``, the pooled rate 1.4 %,
    and ``(0.02 - 0.000625) / sqrt(1.08 x 0.014 x 0.986 x (1/1,000 + 1/4,000)) = 4.49`` with three
    degrees of freedom.

    >>> days = [date(2024, month, 28) for month in range(1, 6)]
    >>> before = [RollMonth(d, 1000, n) for d, n in zip(days, (10, 10, 14, 6))]
    >>> found = rate_test(RollMonth(days[-1], 1000, 30), before)
    >>> found.ratio, round(found.dispersion, 2), round(found.p_value, 4)
    (3.0, 1.08, 0.0103)
    """
    counts = np.array([each.current for each in reference], dtype=np.float64)
    rolled = np.array([each.rolled for each in reference], dtype=np.float64)
    total = float(counts.sum())
    before = float(rolled.sum()) / total
    dispersion = _dispersion(counts, rolled, before)
    pooled = (rolled.sum() + month.rolled) / (total + month.current)
    weight = 1.0 / month.current + 1.0 / total
    spread = np.sqrt(dispersion * pooled * (1.0 - pooled) * weight)
    rise = month.share - before - 0.5 * weight
    p_value = float(special.stdtr(len(reference) - 1, -rise / spread)) if spread > 0.0 else 1.0
    return RateTest(month.share, before, _ratio(month.share, before), dispersion, p_value)


def _dispersion(
    counts: np.ndarray[tuple[int], np.dtype[np.float64]],
    rolled: np.ndarray[tuple[int], np.dtype[np.float64]],
    rate: float,
) -> float:
    """Pearson's chi-square of the reference months over its degrees of freedom, at least 1."""
    variance = counts * rate * (1.0 - rate)
    if not variance.all():
        return 1.0
    chi_square = float(((rolled - counts * rate) ** 2 / variance).sum())
    return max(1.0, chi_square / (len(counts) - 1))


def _ratio(now: float, before: float) -> float:
    if before > 0.0:
        return now / before
    return float("inf") if now > 0.0 else 1.0


def _judge(
    month: RollMonth, usual: Sequence[RollMonth], thresholds: EarlyThresholds
) -> EarlyVerdict:
    """The worse of the two looks; where they are alike, that at the month by itself."""
    looks: list[tuple[RollMonth, ...]] = [(month,)]
    if usual and usual[-1].month_end == add_months(month.month_end, -1):
        looks.append((usual[-1], month))
    return max((_look(look, usual, thresholds) for look in looks), key=lambda found: found.level)


def _look(
    months: tuple[RollMonth, ...], usual: Sequence[RollMonth], thresholds: EarlyThresholds
) -> EarlyVerdict:
    together = _together(months)
    reference = tuple(
        each
        for each in usual
        if thresholds.refers(each.month_end, months[0].month_end)
        and each.current >= thresholds.accounts_floor
    )
    if len(reference) < thresholds.months_floor:
        told = f"{len(reference)} of the {thresholds.months_floor} months needed before this one"
        return _unjudged(months, reference, f"not enough months: {told}")
    if together.current < thresholds.accounts_floor:
        told = f"{together.current} of the {thresholds.accounts_floor} needed were current before"
        return _unjudged(months, reference, f"not enough accounts: {told}")
    test = rate_test(together, reference)
    level = min(
        thresholds.rise.level(test.ratio - 1.0), thresholds.false_alarms.level(test.p_value)
    )
    finding = ""
    if level is not DriftLevel.NONE:
        finding = (
            f"{test.share:.2%} of accounts current a month before are past due"
            f"{', over two months' if len(months) > 1 else ''}; {test.reference_share:.2%} in the "
            f"{len(reference)} months before"
        )
    return EarlyVerdict(level, months, reference, test, finding)


def _together(months: tuple[RollMonth, ...]) -> RollMonth:
    current, rolled = sum(m.current for m in months), sum(m.rolled for m in months)
    return RollMonth(months[-1].month_end, current, rolled)


def _unjudged(
    months: tuple[RollMonth, ...], reference: tuple[RollMonth, ...], finding: str
) -> EarlyVerdict:
    return EarlyVerdict(DriftLevel.NONE, months, reference, None, finding)

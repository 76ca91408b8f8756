"""AUC, its standard error, and the paired difference of two, by DeLong in O(n log n).

DeLong, DeLong and Clarke-Pearson (Biometrics, 1988) give the variance of an AUC from how each
defaulter ranks among those who paid and the other way round. Sun and Xu (IEEE Signal Processing
Letters, 2014) get these placements from midranks, by sorting instead of comparing all pairs.
Obuchowski (Biometrics, 1997) adds up the placements of rows that belong together: the cohorts
and accounts of one customer default together, and counting them as independent would narrow the
interval.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.gates.evidence import Interval

_Z95 = float(norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class Placements:
    """Where each row stands in the other class, as a share, 0 to 1.

    ``of_defaults``: for each default, the share of good rows that it scores above (ties half).
    ``of_goods``: for each good row, the share of defaults that score above it. The mean of either
    is the AUC.
    """

    of_defaults: NDArray[np.float64]
    of_goods: NDArray[np.float64]

    @property
    def auc(self) -> float:
        """Probability that a default scores above a good row, ties counted half."""
        return float(self.of_defaults.mean())


def placements(label: NDArray[np.bool_], score: NDArray[np.float64]) -> Placements:
    """Placements of every row.

    Args:
        label: true for a default; at least two rows of each kind.
        score: higher is riskier, same length. NaN anywhere makes every placement NaN.

    Raises:
        NotEnoughOutcomes: fewer than two defaults, or fewer than two good rows.

    >>> label = np.array([True, False, True, False])
    >>> placements(label, np.array([0.9, 0.1, 0.4, 0.6])).auc
    0.75
    """
    defaults, goods = int(label.sum()), int((~label).sum())
    if min(defaults, goods) < 2:
        raise NotEnoughOutcomes(
            f"{defaults} defaults and {goods} good rows: an AUC needs two of each at least"
        )
    overall = rankdata(score)
    above = (overall[label] - rankdata(score[label])) / goods
    below = 1.0 - (overall[~label] - rankdata(score[~label])) / defaults
    return Placements(above, below)


def auc_interval(
    label: NDArray[np.bool_], score: NDArray[np.float64], customer: NDArray[np.intp]
) -> Interval:
    """AUC with its 95 % interval, cut to 0 to 1.

    ``customer`` is a number for each row's customer, from 0 on. ``NotEnoughOutcomes`` as in
    :func:`placements`, and where all defaults or all good rows are of one customer.
    """
    found = placements(label, score)
    half = _Z95 * _standard_error(label, customer, found)
    low, high = np.clip([found.auc - half, found.auc + half], 0.0, 1.0)
    return Interval(found.auc, float(low), float(high))


def paired_difference(
    label: NDArray[np.bool_],
    score: NDArray[np.float64],
    other: NDArray[np.float64],
    customer: NDArray[np.intp],
) -> Interval:
    """AUC of ``score`` less AUC of ``other`` on the same rows, with its 95 % interval.

    Pairing matters: two good models rank mostly the same rows, and the interval of the
    difference is far narrower than those of the two. Equal rankings give exactly 0 to 0.

    Raises:
        NotEnoughOutcomes: as in :func:`auc_interval`.
    """
    mine, theirs = placements(label, score), placements(label, other)
    difference = Placements(mine.of_defaults - theirs.of_defaults, mine.of_goods - theirs.of_goods)
    half = _Z95 * _standard_error(label, customer, difference)
    return Interval(difference.auc, difference.auc - half, difference.auc + half)


def _standard_error(
    label: NDArray[np.bool_], customer: NDArray[np.intp], found: Placements
) -> float:
    """Obuchowski's; DeLong's own where every row is of another customer."""
    of_defaults = _by_customer(customer, label, found.of_defaults)
    of_goods = _by_customer(customer, ~label, found.of_goods)
    groups = int((np.bincount(customer) > 0).sum())
    both = 2.0 * float(of_defaults @ of_goods) * groups / (groups - 1)
    variance = _squares(of_defaults, customer[label]) + _squares(of_goods, customer[~label]) + both
    return float(np.sqrt(np.maximum(variance, 0.0)))


def _by_customer(
    customer: NDArray[np.intp], rows: NDArray[np.bool_], placed: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What each customer's rows of a class add to the mean, centred."""
    centred = (placed - placed.mean()) / len(placed)
    groups = int(customer.max()) + 1
    return np.bincount(customer[rows], weights=centred, minlength=groups).astype(np.float64)


def _squares(added: NDArray[np.float64], customer: NDArray[np.intp]) -> float:
    groups = len(np.unique(customer))
    if groups < 2:
        raise NotEnoughOutcomes("all defaults, or all good rows, are of one customer")
    return float(added @ added) * groups / (groups - 1)

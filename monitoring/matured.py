"""Matured performance: what became of the accounts that the champion has decided on.

Only cohorts count whose label window is over and of whose accounts almost all are resolved.
Defaults become known before good ends; an account of which nothing is known yet is neither, and
is counted apart as waiting. So the figures come late and are never flattered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.gates.delong import auc_interval
from monitoring.matured_thresholds import MaturedThresholds
from monitoring.shift_test import holm
from monitoring.thresholds import DriftLevel

EVERYONE = "all"
_Z95 = 1.959963984540054
_MOST_GROUPS = 50


@dataclass(frozen=True, slots=True)
class MaturedGroup:
    """Observed against expected defaults of a group of accounts.

    ``ratio`` is observed over expected with its 95 % interval, None where nothing was expected.
    ``dispersion`` is how much more the difference varies than for independent accounts, at least
    1: the cohorts and accounts of one customer default together. ``p_value`` is the chance of so
    many defaults or more where the probabilities are right, ``p_corrected`` the same corrected for
    the number of groups; both None where too few were expected to judge.
    """

    name: str
    accounts: int
    defaults: int
    expected: float
    ratio: float | None
    low: float | None
    high: float | None
    dispersion: float
    p_value: float | None
    p_corrected: float | None
    level: DriftLevel


@dataclass(frozen=True, slots=True)
class MaturedVerdict:
    """The verdict over the matured ``cohorts``; all accounts first, then group by group.

    ``auc`` is value, low and high, None where one kind of outcome is missing. ``waiting`` are
    accounts of these cohorts of which nothing is known, left out of every figure.
    """

    level: DriftLevel
    cohorts: tuple[date, ...]
    waiting: int
    auc: tuple[float, float, float] | None
    groups: tuple[MaturedGroup, ...]
    finding: str


def not_judged(finding: str) -> MaturedVerdict:
    """Nothing has matured, and why; that is no alarm: a young champion has no past."""
    return MaturedVerdict(DriftLevel.NONE, (), 0, None, (), finding)


def matured_verdict(
    rows: pd.DataFrame,
    by: Sequence[str],
    thresholds: MaturedThresholds,
    *,
    cohorts: Sequence[date],
    waiting: int,
) -> MaturedVerdict:
    """Judge the decisions of matured cohorts.

    Args:
        rows: ``customer_id``, ``label`` (bool, true for a default), ``score`` (the default
            probability that was decided by) and the columns of ``by``; one row an account and
            cohort, none without a label.
        by: columns whose values are groups, such as product and segment; null is a group.
        thresholds: of the policy in force.
        cohorts: the matured cohorts that the rows are of.
        waiting: accounts of these cohorts without a label.

    Raises:
        ValueError: no rows, a score outside 0 to 1, or a column with more than 50 groups.
    """
    if rows.empty or not rows["score"].between(0.0, 1.0).all():
        raise ValueError(f"{len(rows)} rows, or a score that is no probability")
    customer = pd.factorize(rows["customer_id"])[0].astype(np.intp)
    measured = [
        _measured(name, rows[inside], customer[inside], thresholds)
        for name, inside in _groups(rows, by)
    ]
    tested = [group for group in measured if group.p_value is not None]
    corrected = dict(
        zip(
            [group.name for group in tested],
            holm([group.p_value for group in tested if group.p_value is not None]),
            strict=True,
        )
    )
    groups = tuple(_judged(group, corrected.get(group.name), thresholds) for group in measured)
    auc = _auc(rows, customer)
    ranking = DriftLevel.NONE if auc is None else thresholds.auc_level(auc[2])
    level = max(ranking, *(group.level for group in groups))
    return MaturedVerdict(
        level, tuple(cohorts), waiting, auc, groups, _finding(groups, auc, ranking)
    )


def _groups(rows: pd.DataFrame, by: Sequence[str]) -> list[tuple[str, NDArray[np.bool_]]]:
    found = [(EVERYONE, np.ones(len(rows), dtype=np.bool_))]
    for column in by:
        values = rows[column].astype("object").where(rows[column].notna(), "unknown")
        names = sorted(map(str, values.unique()))
        if len(names) > _MOST_GROUPS:
            raise ValueError(f"{column} has {len(names)} groups, more than {_MOST_GROUPS}")
        if len(names) > 1:
            found += [
                (f"{column} {name}", (values.astype(str) == name).to_numpy()) for name in names
            ]
    return found


def _measured(
    name: str, rows: pd.DataFrame, customer: NDArray[np.intp], thresholds: MaturedThresholds
) -> MaturedGroup:
    label, score = rows["label"].to_numpy(np.float64), rows["score"].to_numpy(np.float64)
    defaults, expected = int(label.sum()), float(score.sum())
    independent = float((score * (1.0 - score)).sum())
    together = np.bincount(customer, weights=label - score)
    spread = float((together**2).sum())
    dispersion = max(1.0, spread / independent) if independent > 0.0 else 1.0
    ratio = low = high = None
    if expected > 0.0:
        half = _Z95 * float(np.sqrt(max(spread, independent))) / expected
        ratio = defaults / expected
        low, high = max(0.0, ratio - half), ratio + half
    p_value = None
    if expected >= thresholds.expected_floor:
        p_value = excess_p_value(defaults, expected, dispersion)
    return MaturedGroup(
        name,
        len(rows),
        defaults,
        expected,
        ratio,
        low,
        high,
        dispersion,
        p_value,
        None,
        DriftLevel.NONE,
    )


def excess_p_value(defaults: int, expected: float, dispersion: float) -> float:
    """The chance of as many defaults or more where ``expected`` of them were right.

    That of Poisson, with both counts divided by the dispersion (quasi-likelihood: McCullagh and
    Nelder, Generalized Linear Models, 1989, section 6.2). Worked: 30 where 20 were expected and
    none hang together: ``1 - sum over k < 30 of 20^k e^-20 / k! = 0.0218``.

    >>> round(excess_p_value(30, 20.0, 1.0), 4)
    0.0218
    """
    if defaults == 0:
        return 1.0
    return float(special.gammainc(defaults / dispersion, expected / dispersion))


def _judged(
    group: MaturedGroup, p_corrected: float | None, thresholds: MaturedThresholds
) -> MaturedGroup:
    if p_corrected is None or group.ratio is None:
        return group
    level = min(
        thresholds.rise.level(group.ratio - 1.0), thresholds.false_alarms.level(p_corrected)
    )
    return replace(group, p_corrected=p_corrected, level=level)


def _auc(rows: pd.DataFrame, customer: NDArray[np.intp]) -> tuple[float, float, float] | None:
    label, score = rows["label"].to_numpy(np.bool_), rows["score"].to_numpy(np.float64)
    try:
        found = auc_interval(label, score, customer)
    except NotEnoughOutcomes:
        return None
    return found.value, found.low, found.high


def _finding(
    groups: Sequence[MaturedGroup],
    auc: tuple[float, float, float] | None,
    ranking: DriftLevel,
) -> str:
    moved = [
        f"{group.defaults:,} of {group.accounts:,} accounts ({group.name}) have defaulted, "
        f"{group.expected:.1f} were expected"
        for group in groups
        if group.level is not DriftLevel.NONE
    ]
    if auc is not None and ranking is not DriftLevel.NONE:
        moved.append(f"AUC {auc[0]:.3f} ({auc[1]:.3f} to {auc[2]:.3f}) on matured decisions")
    return "; ".join(moved)

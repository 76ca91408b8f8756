"""Which rows fit, stop, calibrate and test; each row in one part at most.

Where there are dates the parts follow each other in time. Nothing is drawn at random between fit
and test, because tomorrow's customers are not a random draw from today's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.domain.periods import add_months
from training.policy import SplitPolicy
from training.rows import Flags, Indices, LabelledRows


class Part(IntEnum):
    """What a row is used for."""

    FIT = 0
    EARLY_STOPPING = 1
    CALIBRATION = 2
    TEST = 3


class SplitMethod(StrEnum):
    """How the parts were told apart; chosen by the number of cohorts."""

    EMBARGOED = "embargoed_cohorts"
    ORDERED = "ordered_cohorts"
    LAST_COHORT = "last_cohort"
    ONE_COHORT = "one_cohort"


PURGED: Mapping[SplitMethod, str] = {
    SplitMethod.EMBARGOED: (
        "Cohorts in order: fit, early stopping, calibration, test. The label window of every fit "
        "cohort is over when the first test cohort begins, so no outcome is both learnt and "
        "tested. Customers of the fit neither stop nor calibrate. Not purged: customers of the fit "
        "are tested too, later, as they are scored in use; the windows of the early-stopping and "
        "calibration cohorts, which settle the number of trees and two coefficients, may reach "
        "into the test's."
    ),
    SplitMethod.ORDERED: (
        "Cohorts in order: fit, early stopping, calibration, test. There are too few of them to "
        "keep the label windows of fit and test apart, so customers of the fit are kept out of all "
        "other parts: no outcome is both learnt and tested. Not purged: early stopping, "
        "calibration and test share customers and label windows."
    ),
    SplitMethod.LAST_COHORT: (
        "The last cohort is the test. Customers are divided by seed, stratified by label, into "
        "those of the fit, of early stopping and of calibration; customers of the fit are in no "
        "other part, so no outcome is both learnt and tested. Not purged: those who stop and "
        "calibrate in the earlier cohorts are tested in the last."
    ),
    SplitMethod.ONE_COHORT: (
        "One cohort: customers are divided by seed, stratified by label; no customer is in two "
        "parts. The test is not later than the fit, so it says nothing about change over time."
    ),
}

UNUSED = -1


@dataclass(frozen=True, slots=True)
class Split:
    """``parts``: for each row its :class:`Part`, -1 where it is in none; no part is empty."""

    method: SplitMethod
    parts: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        if empty := [part.name.lower() for part in Part if not (self.parts == part).any()]:
            raise NotEnoughOutcomes(f"no rows for {', '.join(empty)}; more cohorts are needed")

    @property
    def purged(self) -> str:
        """What is kept apart between the parts, and what is not."""
        return PURGED[self.method]

    def rows(self, part: Part) -> Indices:
        """Indices of the rows of a part, in order."""
        return np.flatnonzero(self.parts == part)

    @property
    def used(self) -> Indices:
        """Indices of the rows that are in a part, in order."""
        return np.flatnonzero(self.parts != UNUSED)

    def of_used(self) -> "Split":
        """The same split of the :attr:`used` rows alone."""
        return Split(self.method, self.parts[self.used])

    @property
    def sizes(self) -> dict[str, int]:
        """Rows of each part, by name."""
        return {part.name.lower(): int((self.parts == part).sum()) for part in Part}


def split_rows(
    rows: LabelledRows, policy: SplitPolicy, *, label_window_months: int, seed: int
) -> Split:
    """Assign each row to its part; the rows' features are not looked at and may be absent.

    With four cohorts or more the latest ``test_share`` are the test. The fit has the cohorts whose
    label window is over by the first test cohort; those between, whose windows are still open,
    stop and calibrate. Where no cohort is that old, the same order without the gap. With two or
    three cohorts, and with one, the fallbacks that :data:`PURGED` states.

    Where there are several cohorts ``tuning_customers_share`` of the customers are kept from the
    fit. Rows of other customers in the cohorts that stop and calibrate, and of these customers in
    the fit's, are in no part: a customer looks much the same from month to month, and would tell
    early stopping that what was learnt of them by heart is true. Where the parts together exceed
    ``rows_ceiling``, customers are drawn.

    Raises:
        NotEnoughOutcomes: a part would have no row.
    """
    count = len(rows.cohorts)
    if count == 1:
        shares = (policy.early_stopping_share, policy.calibration_share, policy.test_share)
        method, parts = SplitMethod.ONE_COHORT, _divided(rows, shares, seed)
    elif count < len(Part):
        method, parts = SplitMethod.LAST_COHORT, _last_cohort(rows, policy, seed)
    else:
        method, parts = _cohorts_in_order(rows, policy, label_window_months, seed)
    share = policy.rows_ceiling / (parts != UNUSED).sum()
    if share < 1.0:
        parts[_divided(rows, (share,), seed + 1) == 0] = UNUSED
    return Split(method, parts)


def _last_cohort(rows: LabelledRows, policy: SplitPolicy, seed: int) -> npt.NDArray[np.int8]:
    parts = _divided(rows, (policy.tuning_customers_share / 2,) * 2, seed)
    last = rows.in_cohorts(rows.cohorts[-1:])
    parts[last] = np.where(parts[last] == Part.FIT, UNUSED, Part.TEST)
    return parts


def _cohorts_in_order(
    rows: LabelledRows, policy: SplitPolicy, label_window_months: int, seed: int
) -> tuple[SplitMethod, npt.NDArray[np.int8]]:
    method, assigned = _in_order(rows.cohorts, policy, label_window_months)
    tuning = _divided(rows, (policy.tuning_customers_share,), seed) == 1
    parts = np.full(len(rows), UNUSED, dtype=np.int8)
    for part, members in assigned.items():
        parts[rows.in_cohorts(members) & _may_serve(part, tuning, method)] = part
    return method, parts


def _may_serve(part: Part, tuning: Flags, method: SplitMethod) -> Flags:
    """Which rows a part may have, by their customer."""
    if part is Part.FIT:
        return ~tuning
    if part is Part.TEST and method is SplitMethod.EMBARGOED:
        return np.ones_like(tuning)
    return tuning


def stratified_parts(strata: Flags, shares: Sequence[float], seed: int) -> npt.NDArray[np.int8]:
    """Part numbers drawn within each stratum: 1, 2, ... with these shares, 0 for the rest.

    With shares (0.5, 0.25) eight rows of a stratum give four of part 1, two of part 2 and two of
    part 0.

    >>> np.bincount(stratified_parts(np.zeros(8, dtype=bool), (0.5, 0.25), seed=1)).tolist()
    [2, 4, 2]
    """
    random = np.random.default_rng(seed)
    parts = np.zeros(len(strata), dtype=np.int8)
    bounds = np.cumsum((0.0, *shares))
    for stratum in (False, True):
        members = random.permutation(np.flatnonzero(strata == stratum))
        edges = np.rint(bounds * len(members)).astype(np.intp)
        for number in range(len(shares)):
            parts[members[edges[number] : edges[number + 1]]] = number + 1
    return parts


def customers_with_default(customers: Indices, label: Flags) -> Flags:
    """For each customer number whether any of their rows is a default."""
    return np.bincount(customers, weights=label) > 0


def _divided(rows: LabelledRows, shares: Sequence[float], seed: int) -> npt.NDArray[np.int8]:
    """All rows of a customer in one part."""
    customers = rows.customers
    return stratified_parts(customers_with_default(customers, rows.labels), shares, seed)[customers]


def _in_order(
    cohorts: Sequence[date], policy: SplitPolicy, label_window_months: int
) -> tuple[SplitMethod, dict[Part, Sequence[date]]]:
    counts = {
        part: max(1, round(share * len(cohorts)))
        for part, share in (
            (Part.TEST, policy.test_share),
            (Part.EARLY_STOPPING, policy.early_stopping_share),
            (Part.CALIBRATION, policy.calibration_share),
        )
    }
    between = counts[Part.EARLY_STOPPING] + counts[Part.CALIBRATION]
    first_test = len(cohorts) - counts[Part.TEST]
    over = sum(add_months(c, label_window_months) <= cohorts[first_test] for c in cohorts)
    fit_end = min(over, first_test - between) or first_test - between
    middle = fit_end + (first_test - fit_end) * counts[Part.EARLY_STOPPING] // between
    return SplitMethod.EMBARGOED if over else SplitMethod.ORDERED, {
        Part.FIT: cohorts[:fit_end],
        Part.EARLY_STOPPING: cohorts[fit_end:middle],
        Part.CALIBRATION: cohorts[middle:first_test],
        Part.TEST: cohorts[first_test:],
    }

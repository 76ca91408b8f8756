"""Rows of ``bureau``: what other lenders report, each quarter, of customers with a file."""

import numpy as np
import pyarrow as pa

from credit_limits.domain.account import BureauStatus
from credit_limits.simulation.calendar import DAY_US
from credit_limits.simulation.columns import Floats, Ints, Table, chosen, instants, labels, whole
from credit_limits.simulation.portfolio import Scene, Standing
from credit_limits.simulation.streams import Concern

_STATUSES = tuple(BureauStatus)
# Where the mildest status ends on a scale on which the mean customer has 0 and spread 1.
_THRESHOLDS = (0.8, 1.4, 2.0, 2.6)
_PUBLISHED_AFTER_DAYS = 5
_OTHER_LINES = 1.6


def is_reported(calendar_month: int) -> bool:
    """Whether a month (1 to 12) ends a quarter.

    >>> [month for month in range(1, 13) if is_reported(month)]
    [3, 6, 9, 12]
    """
    return calendar_month % 3 == 0


def bureau_of_month(scene: Scene, standing: Standing) -> Table:
    """The records of one quarter's end, of the customers whom the lender knows by then."""
    rng = scene.streams.of(Concern.BUREAU, standing.month)
    creditworthiness, distressed = scene.customers.creditworthiness, standing.distressed
    lines, doubt = _files(scene)
    lines = lines + rng.poisson(0.4 * distressed)
    inquiries = rng.poisson(0.4 * np.exp(-0.5 * creditworthiness) + 2.0 * distressed)
    trouble = -0.95 * creditworthiness + 1.0 * distressed + 0.31 * doubt
    balance_minor = _balances(scene, lines, rng)
    quarter_end = scene.calendar.last_day_us(standing.month)
    known = scene.first_seen_us < quarter_end
    at = np.flatnonzero(known & ~scene.customers.thin_file)
    event = np.full(len(at), quarter_end)
    return pa.table(
        {
            "customer_id": labels("C", at, 7),
            "other_balance_minor": whole(balance_minor[at]),
            "other_lines": whole(lines[at]),
            "inquiries_6m": whole(inquiries[at]),
            "worst_status": chosen(
                _STATUSES, np.searchsorted(_THRESHOLDS, trouble[at], side="right")
            ),
            "event_timestamp": instants(event),
            "created_timestamp": instants(event + _PUBLISHED_AFTER_DAYS * DAY_US),
        }
    )


def _files(scene: Scene) -> tuple[Ints, Floats]:
    """Each customer's lines elsewhere, and how far their file misjudges them: both last."""
    rng = scene.streams.of(Concern.BUREAU_FILES)
    creditworthiness = scene.customers.creditworthiness
    lines = rng.poisson(_OTHER_LINES * np.exp(-0.15 * creditworthiness))
    return lines, rng.standard_normal(len(creditworthiness))


def _balances(scene: Scene, lines: Ints, rng: np.random.Generator) -> Ints:
    """About two thirds of a month's income a line, more for the less creditworthy."""
    customers = scene.customers
    level = customers.log_income + np.log(0.65) - 0.5 * customers.creditworthiness
    amounts: Floats = lines * np.exp(level + 0.4 * rng.standard_normal(customers.count))
    return np.rint(np.minimum(amounts * 100.0, 1e11)).astype(np.int64)

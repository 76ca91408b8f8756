"""The economy: monthly figures, known only some weeks after the month they are about."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from credit_limits.simulation.calendar import DAY_US, Calendar
from credit_limits.simulation.columns import Floats, Table, instants
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.scenarios import total
from credit_limits.simulation.streams import Concern, Streams

HISTORY_MONTHS = 12
LOOKAHEAD_MONTHS = 6
"""Months for which the path goes on after the last, for whoever looks ahead of it."""
_SEASON = np.array([1.6, 2.2, -1.0, -2.2, -0.4, 0.2, -1.0, -0.8, 0.3, 1.0, 0.6, 1.2])


@dataclass(frozen=True, slots=True)
class MacroPath:
    """Figures of the months from ``first_month`` on, one value a month."""

    first_month: int
    unemployment_rate: Floats
    retail_sales_index: Floats
    policy_tightening: Floats

    def unemployment(self, month: int) -> float:
        """The rate in a month, whether or not it is published yet."""
        return float(self.unemployment_rate[month - self.first_month])


def draw_macro(p: WorldParameters, calendar: Calendar, streams: Streams) -> MacroPath:
    """A path from a year before the world to some months after it, on the world's scenario.

    A longer world's path begins as a shorter one's.
    """
    months = range(-HISTORY_MONTHS, p.months + LOOKAHEAD_MONTHS + 1)
    draws = np.array([streams.of(Concern.MACRO, m).standard_normal(3) for m in months])
    events, since = p.course_of_events, [m - p.shock_month for m in months]
    jobs = _persistent(draws[:, 0], p.macro.persistence)
    rate = p.macro.unemployment_mean + p.macro.unemployment_sd * jobs
    rate = rate + [total(events.unemployment, m) for m in since]
    tightening = 0.4 * _persistent(draws[:, 2], 0.95)
    season = _SEASON[[calendar.month_end(m).month - 1 for m in months]]
    growth = 100.0 + 0.25 * np.arange(len(draws))
    growth = growth + [total(events.retail_sales, m) for m in since]
    return MacroPath(
        first_month=-HISTORY_MONTHS,
        unemployment_rate=np.clip(rate, 0.0, 1.0).round(4),
        retail_sales_index=(growth + season + 0.5 * draws[:, 1]).round(2),
        policy_tightening=np.clip(tightening, -10.0, 10.0).round(2),
    )


def _persistent(noise: Floats, persistence: float) -> Floats:
    """A path of variance 1 that keeps ``persistence`` of each month's deviation."""
    path = np.empty_like(noise)
    value = 0.0
    for month, shock in enumerate(noise):
        value = persistence * value + np.sqrt(1.0 - persistence**2) * shock
        path[month] = value
    return path


def macro_table(path: MacroPath, lag_days: int, calendar: Calendar) -> Table:
    """Rows of ``macro``, each created when it is published."""
    months = range(path.first_month, path.first_month + len(path.unemployment_rate))
    ends = np.array([calendar.last_day_us(m) for m in months], dtype=np.int64)
    return pa.table(
        {
            "unemployment_rate": pa.array(path.unemployment_rate),
            "retail_sales_index": pa.array(path.retail_sales_index),
            "policy_tightening": pa.array(path.policy_tightening),
            "event_timestamp": instants(ends),
            "created_timestamp": instants(ends + lag_days * DAY_US),
        }
    )

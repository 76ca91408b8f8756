"""Shares of actions and limits: the latest day of decisions beside the days before it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import pandas as pd
from pydantic import BaseModel, ConfigDict

from credit_limits.explanation.reasons import ACTIONS
from credit_limits.ledger.entry import EntryKind
from monitoring.decision_drift import (
    DecisionCounts,
    DecisionShift,
    DecisionThresholds,
    decision_shifts,
)
from monitoring.thresholds import DriftLevel
from tidegate.operations.cycle_queries import BAND_EDGES_MINOR
from tidegate.operations.platform import Platform

_BAND = " + ".join(f"(to_minor >= {edge})::INT" for edge in BAND_EDGES_MINOR)
# of an account decided twice on a day the later batch counts
_SHARES = f"""
WITH standing AS (
    SELECT *, as_of = $now AS is_now FROM decisions WHERE list_contains($batches, batch_id)
    QUALIFY row_number() OVER (
        PARTITION BY account_id, as_of ORDER BY list_position($batches, batch_id) DESC
    ) = 1
)
SELECT is_now, product, grade, action, {_BAND} AS band, count(*) AS accounts
FROM standing GROUP BY ALL
"""


class DecisionShiftRow(BaseModel):
    """A histogram of decisions; see :class:`monitoring.decision_drift.DecisionShift`."""

    model_config = ConfigDict(frozen=True)

    group: str
    measure: str
    accounts_then: int
    accounts_now: int
    psi: float
    noise: float
    p_value: float
    p_corrected: float
    level: str
    finding: str


class DecisionDriftRow(BaseModel):
    """Decisions of ``day`` against those of the ``reference`` days before it.

    Without a day nothing was judged: fewer than two days of decisions came before the watch.
    """

    model_config = ConfigDict(frozen=True)

    level: str
    day: date | None
    reference: tuple[date, ...]
    shifts: tuple[DecisionShiftRow, ...]

    @property
    def findings(self) -> list[str]:
        """What moved, in words."""
        return [row.finding for row in self.shifts if row.finding]


def decided_days(platform: Platform, as_of: date, most: int) -> dict[date, tuple[str, ...]]:
    """The last ``most`` days of decisions before ``as_of``, oldest first, with their batches."""
    days: dict[date, tuple[str, ...]] = {}
    for entry in platform.ledger.entries(EntryKind.LIMITS_ADJUSTED):
        day = date.fromisoformat(str(entry.payload["as_of"]))
        if day < as_of:
            days[day] = (*days.get(day, ()), str(entry.payload["batch_id"]))
    return {day: days[day] for day in sorted(days)[-most:]}


def decision_drift(
    platform: Platform, as_of: date, thresholds: DecisionThresholds
) -> DecisionDriftRow:
    """Hold the latest decisions before ``as_of`` against those of the days before them.

    Decisions of the day itself are left out: they follow the watch.
    """
    days = decided_days(platform, as_of, thresholds.batches + 1)
    latest = list(days)
    if len(latest) < 2:
        return DecisionDriftRow(level=DriftLevel.NONE.word, day=None, reference=(), shifts=())
    batches = [batch for day in latest for batch in days[day]]
    with platform.lake.connect(tables=["decisions"]) as lake:
        shares = lake.execute(_SHARES, {"now": latest[-1], "batches": batches}).df()
    shifts = decision_shifts(_counts(shares), thresholds)
    return DecisionDriftRow(
        level=max((shift.level for shift in shifts), default=DriftLevel.NONE).word,
        day=latest[-1],
        reference=tuple(latest[:-1]),
        shifts=tuple(_row(shift) for shift in shifts),
    )


def _counts(shares: pd.DataFrame) -> list[DecisionCounts]:
    """Histograms of all accounts, by product and by grade, of actions and of limits."""
    groups = [("all accounts", shares)]
    for column in ("product", "grade"):
        groups += [(f"{column} {name}", rows) for name, rows in shares.groupby(column)]
    actions, bands = [str(action) for action in ACTIONS], range(len(BAND_EDGES_MINOR) + 1)
    return [
        DecisionCounts(
            group,
            measure,
            _histogram(rows[~rows["is_now"]], column, bins),
            _histogram(rows[rows["is_now"]], column, bins),
        )
        for group, rows in groups
        for measure, column, bins in (("actions", "action", actions), ("limits", "band", bands))
    ]


def _histogram(rows: pd.DataFrame, column: str, bins: Sequence[object]) -> tuple[int, ...]:
    counted = rows.groupby(column)["accounts"].sum()
    return tuple(int(counted.get(each, 0)) for each in bins)


def _row(shift: DecisionShift) -> DecisionShiftRow:
    told = asdict(shift) | {"level": shift.level.word, "finding": shift.finding}
    return DecisionShiftRow.model_validate(told)

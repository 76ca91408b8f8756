"""Debounce: a column's alarm counts once it has come in some of the last watches.

The idea is that of a switch that bounces: one contact is not yet a press. The score and a broken
column do not wait, since both decide limits today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitoring.drift import SCORE, ColumnDrift, DriftVerdict
from monitoring.thresholds import Debounce, DriftLevel

Levels = Mapping[str, DriftLevel]


def debounced(verdict: DriftVerdict, before: Sequence[Levels], debounce: Debounce) -> DriftVerdict:
    """The verdict in which an input's alarm is a notice until it has come often enough.

    Args:
        verdict: of this watch, as measured.
        before: what was measured of each column in the watches before, oldest first; of these
            as many count as the policy looks back to. A column that is not in one was calm.
        debounce: of the policy in force.

    Returns:
        The same columns with ``measured`` kept and ``level`` as it counts.
    """
    seen = before[len(before) - min(len(before), debounce.watches - 1) :]
    columns = tuple(_held_back(column, seen, debounce) for column in verdict.columns)
    worst = max(column.level for column in columns)
    # a finding of the frame itself, too few rows, is about no column and does not wait
    level = verdict.level if verdict.finding else worst
    return replace(verdict, level=level, columns=columns)


def _held_back(column: ColumnDrift, seen: Sequence[Levels], debounce: Debounce) -> ColumnDrift:
    if column.measured is not DriftLevel.ALARM or column.broken or column.name == SCORE:
        return column
    alarms = 1 + sum(levels.get(column.name) is DriftLevel.ALARM for levels in seen)
    if alarms >= debounce.alarms:
        return column
    waits = f"in {alarms} of the last {debounce.watches} watches; {debounce.alarms} are an alarm"
    return replace(column, level=DriftLevel.NOTICE, finding=f"{column.finding}, {waits}")

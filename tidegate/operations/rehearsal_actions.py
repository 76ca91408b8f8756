"""What the platform did in a rehearsal to the accounts of each grade, from the decisions it wrote.

Decisions of a launching version count where it decided for a canary, and not in shadow.
"""

from collections.abc import Sequence

from credit_limits.domain.decision import Action
from credit_limits.policy.risk_grades import Grade
from credit_limits.rehearsal.actions import GradeActions, grade_actions, together
from tidegate.operations.platform import Platform
from tidegate.operations.rehearsal_month import MonthRecord

_COUNTS = ", ".join(f"count(*) FILTER (list_contains(actions, '{action}'))" for action in Action)
_BY_BATCH = f"""
SELECT batch_id, grade, count(*), {_COUNTS} FROM decisions
WHERE list_contains($batches, batch_id) GROUP BY batch_id, grade ORDER BY batch_id, grade
"""


def actions_of(platform: Platform, records: Sequence[MonthRecord]) -> tuple[GradeActions, ...]:
    """The decisions of every month in which limits were decided; none where none were."""
    months = {
        batch: record.month_end
        for record in records
        if record.adjusted is not None
        for batch in record.adjusted.batch_ids
    }
    if not months:
        return ()
    with platform.lake.connect(tables=["decisions"]) as connection:
        rows = connection.execute(_BY_BATCH, {"batches": list(months)}).fetchall()
    return together(
        grade_actions(months[batch], Grade(grade), accounts, counts)
        for batch, grade, accounts, *counts in rows
    )

"""What an outbox came to: how many notices and reminders are due, and by when."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict

from credit_limits.explanation.notices import NoticeKind


class DueRow(BaseModel):
    """Notices of a kind due by the same day; ``None`` where no rule leaves a time for them."""

    model_config = ConfigDict(frozen=True)

    kind: NoticeKind
    due_by: date | None
    count: int

    @property
    def words(self) -> str:
        """In a few words: ``12 adverse due by 2024-02-07``."""
        by = f" due by {self.due_by}" if self.due_by else ""
        return f"{self.count:,} {self.kind}{by}"


class WriteOutboxOutcome(BaseModel):
    """How many notices of each kind a batch owes, and by when.

    ``merkle_root`` is over their rows, by id; empty where there are none. ``as_of`` is the day of
    the batch, ``None`` in an entry of before there were reminders.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date | None = None
    batch_id: str
    decisions: int
    notices: dict[NoticeKind, int]
    due: tuple[DueRow, ...] = ()
    reminders_policy: str = ""
    merkle_root: str
    recognised: bool = False


def due_together(outboxes: Iterable[WriteOutboxOutcome]) -> tuple[DueRow, ...]:
    """What several outboxes have due, of each kind by each day, the most pressing first."""
    counts = Counter[tuple[NoticeKind, date | None]]()
    for outbox in outboxes:
        counts.update({(row.kind, row.due_by): row.count for row in outbox.due})
    rows = [DueRow(kind=kind, due_by=by, count=count) for (kind, by), count in counts.items()]
    return tuple(sorted(rows, key=lambda row: (row.due_by or date.max, row.kind)))

"""List the outbox: notices and reminders that are due, the most pressing first."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.explanation.notices import NoticeKind
from credit_limits.explanation.sentences import Language
from tidegate.operations.outbox_outcome import DueRow
from tidegate.operations.outbox_rows import TABLE
from tidegate.operations.platform import Platform

_ASKED = """
FROM outbox
WHERE ($batch IS NULL OR decisions_batch = $batch)
    AND ($due_by IS NULL OR due_by <= $due_by)
    AND ($kind IS NULL OR kind = $kind)
"""
_DUE = f"SELECT kind, due_by, count(*) {_ASKED} GROUP BY ALL ORDER BY due_by NULLS LAST, kind"
_FIRST = f"SELECT * {_ASKED} ORDER BY due_by NULLS LAST, notice_id LIMIT $first"


class ListOutboxRequest(BaseModel):
    """Which notices, how many, and in which language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: str | None = Field(None, description="of this batch of decisions; of all if empty")
    due_by: date | None = Field(None, description="due on this day or before; all if empty")
    kind: NoticeKind | None = Field(None, description="of this kind; of every kind if empty")
    language: Language = Field(Language.ENGLISH, description="language of the text: en or zh")
    first: int = Field(20, ge=1, description="how many are shown, the most pressing first")


class NoticeRow(BaseModel):
    """A notice or reminder, and the last day on which it may go.

    ``due_by`` of a notice is by law, ``None`` where no rule asks for it; of a reminder it is by the
    reminder policy, before ``payment_due_on``.
    """

    model_config = ConfigDict(frozen=True)

    notice_id: str
    kind: NoticeKind
    due_by: date | None
    rule_id: str | None
    payment_due_on: date | None
    account_id: str
    decision_id: str
    text: str


class ListOutboxOutcome(BaseModel):
    """How many there are, how many of each kind by which day, and the most pressing of them."""

    model_config = ConfigDict(frozen=True)

    count: int
    due: tuple[DueRow, ...]
    notices: tuple[NoticeRow, ...]


def list_outbox(platform: Platform, request: ListOutboxRequest) -> ListOutboxOutcome:
    """What was written; nothing before the first outbox was."""
    if not platform.lake.exists(TABLE):
        return ListOutboxOutcome(count=0, due=(), notices=())
    asked = {"batch": request.batch, "due_by": request.due_by, "kind": request.kind}
    with platform.lake.connect(tables=[TABLE]) as connection:
        due = tuple(
            DueRow(kind=kind, due_by=due_by, count=count)
            for kind, due_by, count in connection.execute(_DUE, asked).fetchall()
        )
        first = connection.sql(_FIRST, params={**asked, "first": request.first})
        rows = first.to_arrow_table().to_pylist()
    return ListOutboxOutcome(
        count=sum(row.count for row in due),
        due=due,
        notices=tuple(_notice_row(row, request.language) for row in rows),
    )


def _notice_row(row: dict[str, object], language: Language) -> NoticeRow:
    """Of a row of before there were reminders, which says nothing of payments, that is null."""
    named = {name: row.get(name) for name in NoticeRow.model_fields}
    return NoticeRow.model_validate(named | {"text": row[f"text_{language}"]})

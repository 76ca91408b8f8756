"""List the outbox: notices that are due, the most pressing first."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.explanation.notices import NoticeKind
from credit_limits.explanation.sentences import Language
from tidegate.operations.platform import Platform
from tidegate.operations.write_outbox import TABLE

_ROWS = """
SELECT notice_id, kind, due_by, rule_id, account_id, decision_id, {text}
FROM outbox
WHERE ($batch IS NULL OR decisions_batch = $batch)
    AND ($due_by IS NULL OR due_by <= $due_by)
    AND ($kind IS NULL OR kind = $kind)
ORDER BY due_by NULLS LAST, notice_id
"""


class ListOutboxRequest(BaseModel):
    """Which notices, how many, and in which language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: str | None = Field(None, description="of this batch of decisions; of all if empty")
    due_by: date | None = Field(None, description="due on this day or before; all if empty")
    kind: NoticeKind | None = Field(None, description="of this kind; both if empty")
    language: Language = Field(Language.ENGLISH, description="language of the text: en or zh")
    first: int = Field(20, ge=1, description="how many are shown, the most pressing first")


class NoticeRow(BaseModel):
    """A notice; ``due_by`` is the last day by law, ``None`` where no rule asks for it."""

    model_config = ConfigDict(frozen=True)

    notice_id: str
    kind: NoticeKind
    due_by: date | None
    rule_id: str | None
    account_id: str
    decision_id: str
    text: str


class ListOutboxOutcome(BaseModel):
    """How many notices there are, and the most pressing of them."""

    model_config = ConfigDict(frozen=True)

    count: int
    notices: tuple[NoticeRow, ...]


def list_outbox(platform: Platform, request: ListOutboxRequest) -> ListOutboxOutcome:
    """The notices that were written; none before the first outbox was."""
    if not platform.lake.exists(TABLE):
        return ListOutboxOutcome(count=0, notices=())
    asked = {"batch": request.batch, "due_by": request.due_by, "kind": request.kind}
    statement = _ROWS.format(text=f"text_{request.language}")
    with platform.lake.connect(tables=[TABLE]) as connection:
        rows = connection.execute(statement, asked).fetchall()
    names = list(NoticeRow.model_fields)
    return ListOutboxOutcome(
        count=len(rows),
        notices=tuple(
            NoticeRow.model_validate(dict(zip(names, row, strict=True)))
            for row in rows[: request.first]
        ),
    )

"""Write the outbox of a batch: the notices that its decisions owe, each once."""

import pyarrow as pa
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing
from credit_limits.domain.periods import end_of_day
from credit_limits.explanation.notices import Notice, NoticeKind, notice_of
from credit_limits.explanation.sentences import Language
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.ledger.merkle import merkle_root
from credit_limits.ledger.row_texts import row_digests
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import RecordedBatch, recorded_batch

_log = structlog.get_logger(__name__)

TABLE = "outbox"
_SCHEMA = pa.schema(
    [
        ("notice_id", pa.string()),
        ("decision_id", pa.string()),
        ("decisions_batch", pa.string()),
        ("account_id", pa.string()),
        ("customer_id", pa.string()),
        ("kind", pa.string()),
        ("action", pa.string()),
        ("due_by", pa.date32()),
        ("rule_id", pa.string()),
        ("reasons", pa.list_(pa.string())),
        ("text_en", pa.string()),
        ("text_zh", pa.string()),
        ("event_timestamp", pa.timestamp("us", tz="UTC")),
        ("created_timestamp", pa.timestamp("us", tz="UTC")),
    ]
)


class WriteOutboxRequest(BaseModel):
    """Of which batch of decisions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: str | None = Field(None, description="the batch of decisions; the newest if empty")


class WriteOutboxOutcome(BaseModel):
    """How many notices of each kind a batch owes; ``merkle_root`` is over their rows, by id."""

    model_config = ConfigDict(frozen=True)

    batch_id: str
    decisions: int
    notices: dict[NoticeKind, int]
    merkle_root: str
    recognised: bool = False


def write_outbox(platform: Platform, request: WriteOutboxRequest) -> WriteOutboxOutcome:
    """Derive the notices of a batch from its recorded decisions, once.

    Raises:
        DataMissing: there is no batch, or not this one.
        LedgerBroken: the ledger, or a recorded decision, was altered.
    """
    batch = recorded_batch(platform, request.batch or newest_batch(platform))
    key = digest_of({"batch": batch.outcome.batch_id, "merkle_root": batch.outcome.merkle_root})
    if entry := platform.ledger.find(EntryKind.OUTBOX_WRITTEN, key):
        return _recognised(entry)
    rows = notices_due(batch)
    if rows.num_rows:
        platform.lake.append(TABLE, rows, f"outbox-{batch.outcome.batch_id}")
    kinds = rows["kind"].to_pylist()
    outcome = WriteOutboxOutcome(
        batch_id=batch.outcome.batch_id,
        decisions=batch.rows.num_rows,
        notices={kind: kinds.count(kind) for kind in NoticeKind},
        merkle_root=merkle_root(row_digests(rows)) if rows.num_rows else "",
    )
    platform.ledger.append(
        EntryKind.OUTBOX_WRITTEN,
        platform.settings.actor,
        outcome.model_dump(mode="json"),
        key=key,
    )
    _log.info("outbox_written", batch_id=outcome.batch_id, notices=rows.num_rows)
    return outcome


def newest_batch(platform: Platform) -> str:
    """The batch decided last; :class:`DataMissing` where there is none."""
    entry = platform.ledger.latest(EntryKind.LIMITS_ADJUSTED)
    if entry is None:
        raise DataMissing("no limits were decided yet, so nobody is owed a notice: tidegate adjust")
    return str(entry.payload["batch_id"])


def notices_due(batch: RecordedBatch) -> pa.Table:
    """The notices of a batch in order of their id: a row each, ids and no other personal data."""
    book = batch.outcome.rule_book
    days = {rule.rule_id: rule.within_days for rule in book.rules} if book else {}
    limits = {rule: within for rule, within in days.items() if within is not None}
    instant = end_of_day(batch.outcome.as_of)
    rows = []
    for row in batch.rows.to_pylist():
        touching = {text.split(":", 1)[0] for text in row["rules"]}
        found = notice_of(
            row["decision_id"],
            batch.outcome.as_of,
            Action(row["action"]),
            limits_minor=(row["from_minor"], row["to_minor"]),
            reasons=[ReasonCode(code) for code in row["reasons"]],
            features=row["feature_reasons"],
            days_by_rule={rule: limits[rule] for rule in touching & limits.keys()},
        )
        if found is not None:
            rows.append(_row(row, found, batch.outcome.batch_id) | _at(instant))
    rows.sort(key=lambda row: str(row["notice_id"]))
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _at(instant: object) -> dict[str, object]:
    return {"event_timestamp": instant, "created_timestamp": instant}


def _row(decision: dict[str, object], found: Notice, batch_id: str) -> dict[str, object]:
    return {
        "notice_id": found.notice_id,
        **{name: decision[name] for name in ("decision_id", "account_id", "customer_id", "action")},
        "decisions_batch": batch_id,
        "kind": str(found.kind),
        "due_by": found.due_by,
        "rule_id": found.rule_id,
        "reasons": [str(reason) for reason in found.reasons],
        **{f"text_{language}": found.text[language] for language in Language},
    }


def _recognised(entry: Entry) -> WriteOutboxOutcome:
    stored = WriteOutboxOutcome.model_validate(entry.payload)
    return stored.model_copy(update={"recognised": True})

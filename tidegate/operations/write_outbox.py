"""Write the outbox of a batch: the notices and reminders that are due after it, each once."""

from collections import Counter
from datetime import date

import pyarrow as pa
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing
from credit_limits.explanation.notices import NoticeKind
from credit_limits.ledger.entry import EntryKind
from credit_limits.ledger.merkle import merkle_root
from credit_limits.ledger.row_texts import row_digests
from credit_limits.policy.reminder_rules import ReminderRules, parse_reminder_rules
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.limits_outcome import AdjustLimitsOutcome
from tidegate.operations.outbox_outcome import DueRow, WriteOutboxOutcome
from tidegate.operations.outbox_rows import TABLE, DecidedBatch, notices_due, reminders_due
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import entry_of_batch, recorded_batch

_log = structlog.get_logger(__name__)


class WriteOutboxRequest(BaseModel):
    """Of which batch of decisions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch: str | None = Field(None, description="the batch of decisions; the newest if empty")


def write_outbox(platform: Platform, request: WriteOutboxRequest) -> WriteOutboxOutcome:
    """Derive notices and reminders of a batch from its recorded decisions, once.

    Raises:
        DataMissing: there is no batch, or not this one.
        LedgerBroken: the ledger, or a recorded decision, was altered.
        PolicyError: the reminder policy of the day cannot be used.
    """
    adjusted = entry_of_batch(platform, request.batch or newest_batch(platform)).payload
    outcome = AdjustLimitsOutcome.model_validate(adjusted)
    if entry := platform.ledger.find(EntryKind.OUTBOX_WRITTEN, _key(outcome)):
        stored = WriteOutboxOutcome.model_validate(entry.payload)
        return stored.model_copy(update={"recognised": True})
    return write_what_is_due(platform, outcome, recorded_batch(platform, outcome.batch_id).rows)


def write_what_is_due(
    platform: Platform, adjusted: AdjustLimitsOutcome, decisions: pa.Table
) -> WriteOutboxOutcome:
    """Write the outbox of a batch that has none, from its rows as the lake has them.

    Raises:
        PolicyError: the reminder policy of the day cannot be used.
    """
    file, rules = reminder_rules_at(platform, adjusted.as_of)
    stored = _stored(platform, adjusted, decisions, rules)
    kinds = Counter(stored["kind"].to_pylist())
    outcome = WriteOutboxOutcome(
        as_of=adjusted.as_of,
        batch_id=adjusted.batch_id,
        decisions=decisions.num_rows,
        notices={kind: kinds[kind] for kind in NoticeKind},
        due=_due_rows(stored),
        reminders_policy=file.version,
        merkle_root=merkle_root(row_digests(stored)) if stored.num_rows else "",
    )
    platform.record(EntryKind.OUTBOX_WRITTEN, outcome, key=_key(adjusted))
    _log.info(
        "outbox_written", batch_id=outcome.batch_id, **outcome.model_dump(include={"notices"})
    )
    return outcome


def write_outboxes(platform: Platform, as_of: date) -> tuple[WriteOutboxOutcome, ...]:
    """The outbox of every batch that was decided for a day and holds, in the ledger's order.

    A shadow's decisions hold for nobody and owe nothing: they are no batch of the ledger.
    """
    batches = [
        str(entry.payload["batch_id"])
        for entry in platform.ledger.entries(EntryKind.LIMITS_ADJUSTED)
        if entry.payload["as_of"] == as_of.isoformat()
    ]
    return tuple(write_outbox(platform, WriteOutboxRequest(batch=batch)) for batch in batches)


def newest_batch(platform: Platform) -> str:
    """The batch decided last; :class:`DataMissing` where there is none."""
    entry = platform.ledger.latest(EntryKind.LIMITS_ADJUSTED)
    if entry is None:
        raise DataMissing("no limits were decided yet, so nobody is owed a notice: tidegate adjust")
    return str(entry.payload["batch_id"])


def reminder_rules_at(platform: Platform, as_of: date) -> tuple[DatedFile, ReminderRules]:
    """The reminder policy of a day; :class:`PolicyError` names the file that cannot be used."""
    file = load_dated(platform.policies("reminders"), as_of)
    return file, file.parsed(parse_reminder_rules)


def _key(adjusted: AdjustLimitsOutcome) -> str:
    """The content of an outbox: the decisions that it follows from."""
    return digest_of({"batch": adjusted.batch_id, "merkle_root": adjusted.merkle_root})


def _stored(
    platform: Platform, adjusted: AdjustLimitsOutcome, decisions: pa.Table, rules: ReminderRules
) -> pa.Table:
    """The rows of the outbox, as the lake has them, by id."""
    batch, append_id = DecidedBatch.of(adjusted), f"outbox-{adjusted.batch_id}"
    reminders = reminders_due(platform.lake, batch, decisions, rules)
    due = pa.concat_tables([notices_due(batch, decisions), reminders]).sort_by("notice_id")
    if not due.num_rows:
        return due
    platform.lake.append(TABLE, due, append_id)
    return platform.lake.read(TABLE, batch_id=append_id).sort_by("notice_id")


def _due_rows(stored: pa.Table) -> tuple[DueRow, ...]:
    """How many of each kind are due by which day, the most pressing first."""
    grouped = stored.group_by(["kind", "due_by"]).aggregate([([], "count_all")]).to_pylist()
    rows = [DueRow(kind=r["kind"], due_by=r["due_by"], count=r["count_all"]) for r in grouped]
    return tuple(sorted(rows, key=lambda row: (row.due_by or date.max, row.kind)))

"""Batches of decisions as they were recorded: rows in the lake, held by a root in the ledger."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from credit_limits.domain.errors import DataMissing, LedgerBroken
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.ledger.merkle import merkle_root
from tidegate.operations.decision_rows import leaf_digests
from tidegate.operations.limits_outcome import AdjustLimitsOutcome
from tidegate.operations.past_due_links import LINKS_COLUMN
from tidegate.operations.platform import Platform

_TABLE = "decisions"
_LATER = (
    "model_default_probability",
    "overlay_version",
    "overlay_digest",
    "segment",
    "scenarios",
    "scenario_limits_minor",
    LINKS_COLUMN,
    "provision_minor",
    "limit_response_version",
    "limit_response_digest",
)


@dataclass(frozen=True, slots=True)
class RecordedBatch:
    """A batch whose rows are those that the ledger holds the root of.

    ``rows`` are in order of account, and so are ``leaves``, their digests.
    """

    entry: Entry
    outcome: AdjustLimitsOutcome
    rows: pa.Table
    leaves: list[str]

    def row(self, decision_id: str) -> tuple[int, dict[str, object]]:
        """Place and content of one decision; :class:`DataMissing` where it is not of the batch."""
        place = pc.index(self.rows["decision_id"], decision_id).as_py()
        if place < 0:
            raise DataMissing(f"batch {self.outcome.batch_id} has no decision {decision_id}")
        content: dict[str, object] = self.rows.slice(place, 1).to_pylist()[0]
        return place, content


def recorded_batch(platform: Platform, batch_id: str) -> RecordedBatch:
    """A batch, its rows held against the root in the ledger.

    Raises:
        DataMissing: the ledger has no such batch.
        LedgerBroken: an entry of the ledger was altered, or the rows in the lake are not those of
            the root.
    """
    platform.ledger.verify()
    entry = entry_of_batch(platform, batch_id)
    outcome = AdjustLimitsOutcome.model_validate(entry.payload)
    rows = as_written(platform.lake.read(_TABLE, batch_id=batch_id)).sort_by("account_id")
    leaves = leaf_digests(rows)
    if merkle_root(leaves) != outcome.merkle_root:
        raise LedgerBroken(
            f"the decisions of batch {batch_id} in the lake are not those whose Merkle root stands "
            f"in ledger entry {entry.sequence}; restore the table decisions from a backup and "
            "compare the two"
        )
    return RecordedBatch(entry, outcome, rows, leaves)


def as_written(rows: pa.Table) -> pa.Table:
    """Without the columns that the table has had since later batches, null in every row here."""
    later = [name for name in _LATER if name in rows.column_names]
    return rows.drop_columns([name for name in later if rows[name].null_count == rows.num_rows])


def batch_of_decision(platform: Platform, decision_id: str) -> str:
    """The batch that a decision is part of; :class:`DataMissing` where there is none."""
    found = _one(platform, "decision_id = ?", [decision_id])
    if found is None:
        raise DataMissing(
            f"there is no decision {decision_id}; tidegate explain ACCOUNT names an account's"
        )
    return found[1]


def latest_decision(platform: Platform, account_id: str, as_of: date | None) -> tuple[str, str]:
    """Id and batch of an account's latest decision, up to ``as_of`` where it is given.

    Raises:
        DataMissing: the account has no decision, or none by then.
    """
    limit = "" if as_of is None else " AND as_of <= ?"
    given: list[object] = [account_id] if as_of is None else [account_id, as_of]
    found = _one(platform, f"account_id = ?{limit}", given)
    if found is None:
        until = "" if as_of is None else f" up to {as_of}"
        raise DataMissing(f"account {account_id} has no decision{until}; run tidegate adjust")
    return found


def _one(platform: Platform, where: str, given: list[object]) -> tuple[str, str] | None:
    """Id and batch of the newest decision of a finished batch."""
    if not platform.lake.exists(_TABLE):
        return None
    finished = {
        str(entry.payload["batch_id"]): entry.sequence
        for entry in platform.ledger.entries(EntryKind.LIMITS_ADJUSTED)
    }
    with platform.lake.connect(tables=[_TABLE]) as connection:
        found = connection.execute(
            f"SELECT decision_id, batch_id, as_of FROM decisions WHERE {where}", given
        ).fetchall()
    known = [row for row in found if row[1] in finished]
    if not known:
        return None
    newest = max(known, key=lambda row: (row[2], finished[row[1]]))
    return newest[0], newest[1]


def entry_of_batch(platform: Platform, batch_id: str) -> Entry:
    """The ledger's entry of a batch; :class:`DataMissing` where it has none."""
    for entry in platform.ledger.entries(EntryKind.LIMITS_ADJUSTED):
        if entry.payload["batch_id"] == batch_id:
            return entry
    raise DataMissing(
        f"the ledger has no batch {batch_id}; see tidegate ledger show --kind limits_adjusted"
    )

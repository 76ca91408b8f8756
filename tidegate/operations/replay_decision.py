"""Replay: make recorded decisions again from what they were made of, and say what changed."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from pydantic import BaseModel, ConfigDict, Field, model_validator

from credit_limits.ledger.row_texts import row_digests
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import batch_of_decision, recorded_batch
from tidegate.operations.remade_decisions import Part, PartRow, remake

_log = structlog.get_logger(__name__)

# Columns that say by which code a row was made: other code that decides the same is no change.
_CODE_COLUMNS = ("code_digest", "solver_digest")


class ReplayDecisionRequest(BaseModel):
    """Which decision to make again, or which whole batch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision_id: str | None = Field(None, description="the decision to make again")
    batch: str | None = Field(
        None, description="make every decision of this batch again, instead of one"
    )

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "ReplayDecisionRequest":
        if (self.decision_id is None) == (self.batch is None):
            raise ValueError("name a decision, or a batch with --batch")
        return self


class DifferenceRow(BaseModel):
    """A column in which a decision comes out otherwise."""

    model_config = ConfigDict(frozen=True)

    decision_id: str
    column: str
    recorded: str
    now: str


class ReplayDecisionOutcome(BaseModel):
    """What came of making ``decisions`` decisions again, ``identical`` of them to the last byte.

    ``changed`` names the parts that are not what they were, where a decision came out otherwise;
    it is empty if none of what was recorded explains it. ``without_effect`` are those that changed
    and changed no decision. ``differences`` shows the first decision that came out otherwise,
    nothing where none could be made at all.
    """

    model_config = ConfigDict(frozen=True)

    batch_id: str
    decision_id: str | None
    decisions: int
    identical: int
    all_identical: bool
    changed: tuple[Part, ...]
    without_effect: tuple[Part, ...]
    parts: tuple[PartRow, ...]
    differences: tuple[DifferenceRow, ...]


def replay_decision(platform: Platform, request: ReplayDecisionRequest) -> ReplayDecisionOutcome:
    """Make decisions again from the lake, the model, the policy and the brakes of their day.

    A batch is decided as a whole, since its accounts share the caps; of one decision asked for,
    that one is compared. Nothing is written.

    Raises:
        DataMissing: there is no such decision or batch.
        LedgerBroken: the ledger, or a recorded row, was altered.
    """
    batch_id = request.batch or batch_of_decision(platform, str(request.decision_id))
    batch = recorded_batch(platform, batch_id)
    _log.info("replay_began", batch_id=batch_id, decisions=batch.rows.num_rows)
    remade = remake(platform, batch)
    recorded = batch.rows
    if request.decision_id is not None:
        recorded = recorded.slice(batch.row(request.decision_id)[0], 1)
    now = _beside(recorded, remade.rows)
    differing = _differing(recorded, now)
    _log.info("replay_compared", batch_id=batch_id, differing=len(differing))
    other = tuple(row.part for row in remade.parts if not row.same)
    return ReplayDecisionOutcome(
        batch_id=batch_id,
        decision_id=request.decision_id,
        decisions=recorded.num_rows,
        identical=recorded.num_rows - len(differing),
        all_identical=not differing,
        changed=other if differing else (),
        without_effect=() if differing else other,
        parts=remade.parts,
        differences=_first_difference(recorded, now, differing),
    )


def _beside(recorded: pa.Table, remade: pa.Table | None) -> pa.Table | None:
    """The remade rows of the same accounts, in the same order and columns; nulls where absent."""
    if remade is None:
        return None
    places = pc.index_in(recorded["account_id"], remade["account_id"])
    return remade.select(recorded.column_names).take(places)


def _differing(recorded: pa.Table, now: pa.Table | None) -> list[int]:
    """Places of the decisions that are not the same in every column."""
    if now is None:
        return list(range(recorded.num_rows))
    before, after = (row_digests(rows.drop_columns(_CODE_COLUMNS)) for rows in (recorded, now))
    return [place for place, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) > 1]


def _first_difference(
    recorded: pa.Table, now: pa.Table | None, differing: Sequence[int]
) -> tuple[DifferenceRow, ...]:
    if now is None or not differing:
        return ()
    before, after = (rows.slice(differing[0], 1).to_pylist()[0] for rows in (recorded, now))
    return tuple(
        DifferenceRow(
            decision_id=before["decision_id"],
            column=column,
            recorded=str(before[column]),
            now=str(after[column]),
        )
        for column in recorded.column_names
        if before[column] != after[column] and column not in _CODE_COLUMNS
    )

"""Prove a decision: a small file that shows this decision, and no other, under the batch's root."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.ledger.merkle import prove
from credit_limits.ledger.proof import write_proof
from tidegate.operations.past_due_links import LINKS_COLUMN
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import batch_of_decision, recorded_batch


class ProveDecisionRequest(BaseModel):
    """Which decision to prove."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision_id: str = Field(description="the decision's id, as tidegate explain shows it")
    out: Path | None = Field(None, description="file to write the proof to")


class ProveDecisionOutcome(BaseModel):
    """A proof and what it is to be checked against.

    ``root`` stands in the ledger entry ``entry_sequence``, and is what was published.
    ``others_named`` is how many linked customers the row names by their ids.
    """

    model_config = ConfigDict(frozen=True)

    decision_id: str
    account_id: str
    batch_id: str
    decisions: int
    root: str
    entry_sequence: int
    entry_digest: str
    others_named: int
    proof: str
    path: str | None


def prove_decision(platform: Platform, request: ProveDecisionRequest) -> ProveDecisionOutcome:
    """The proof of a decision: its row as hashed, its path to the root, the entry of the root.

    Nothing is written but the file that is asked for.

    Raises:
        DataMissing: there is no such decision.
        LedgerBroken: the ledger, or a row of the batch, was altered.
    """
    batch = recorded_batch(platform, batch_of_decision(platform, request.decision_id))
    place, row = batch.row(request.decision_id)
    links = row.get(LINKS_COLUMN)
    proof = write_proof(row, prove(batch.leaves, place), batch.entry)
    if request.out is not None:
        request.out.write_bytes(proof)
    return ProveDecisionOutcome(
        decision_id=request.decision_id,
        account_id=str(row["account_id"]),
        batch_id=batch.outcome.batch_id,
        decisions=batch.outcome.decisions,
        root=batch.outcome.merkle_root,
        entry_sequence=batch.entry.sequence,
        entry_digest=batch.entry.digest,
        others_named=len(links) if isinstance(links, list) else 0,
        proof=proof.decode(),
        path=None if request.out is None else str(request.out),
    )

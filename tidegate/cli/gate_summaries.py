"""What the commands about people, keys and history say when they are done."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidegate.cli.invocation import table

if TYPE_CHECKING:
    from tidegate.operations.approve_people import ApprovePeopleOutcome
    from tidegate.operations.give_approval import ApprovalOutcome
    from tidegate.operations.history import HistoryOutcome, Reign
    from tidegate.operations.list_keys import ListKeysOutcome
    from tidegate.operations.new_key import NewKeyOutcome
    from tidegate.operations.revoke_key import RevokeKeyOutcome
    from tidegate.operations.rotate_key import RotateKeyOutcome

_SHORT = 16


def _approved(outcome: "ApprovalOutcome") -> list[str]:
    word = "approves" if outcome.approves else "rejects"
    until = f", good until {outcome.expires_on}" if outcome.expires_on else ""
    missing = outcome.required - len(outcome.approvers)
    if outcome.rejected_by:
        following = f"it stays out: rejected by {', '.join(outcome.rejected_by)}"
    elif missing > 0:
        following = f"next: {missing} more must approve"
    else:
        following = f"next: tidegate promote --version {outcome.version}"
    return [
        f"{outcome.name} {word} {outcome.model_name} version {outcome.version}{until}",
        f"asked for: {', '.join(outcome.asked)}; {len(outcome.approvers)} of {outcome.required} "
        f"approvals: {', '.join(outcome.approvers) or 'none'}",
        following,
    ]


def _people_approved(outcome: "ApprovePeopleOutcome") -> list[str]:
    state = "it counts now" if outcome.in_force else "the list before counts until then"
    return [
        f"{outcome.name} approves {outcome.file_version}: {len(outcome.approvers)} of "
        f"{outcome.required}, {state}"
    ]


def _history(outcome: "HistoryOutcome") -> list[str]:
    if outcome.on is None:
        return _champions(outcome.champions)
    decided = [
        f"limits on {outcome.on}: version {batch.version}, {batch.decisions:,} decisions of "
        f"{batch.as_of}, batch {batch.batch_id}, ledger entry {batch.ledger_entry}"
        for batch in outcome.batches
    ]
    return [
        *(decided or [f"no limits were decided up to {outcome.on}"]),
        *(_champions(outcome.champions, f"on {outcome.on}")),
    ]


def _champions(champions: list["Reign"], when: str = "yet") -> list[str]:
    if not champions:
        return [f"there was no champion {when}"]
    rows = [
        (
            reign.version,
            f"{reign.since:%Y-%m-%d %H:%M}",
            f"{reign.until:%Y-%m-%d %H:%M}" if reign.until else "now",
            reign.how,
            reign.who,
            ", ".join(reign.approvals) or "nobody asked",
            reign.evidence_digest[:_SHORT],
            reign.certificate_digest[:_SHORT],
            reign.ledger_entry,
        )
        for reign in champions
    ]
    header = (
        *("version", "champion from", "to", "how", "by", "approved by"),
        *("evidence", "certificate", "entry"),
    )
    return [
        *table(header, rows),
        *(f"entry {r.ledger_entry}: {r.reason}" for r in champions if r.reason),
        *(line for reign in champions for line in _loosened(reign)),
        *dict.fromkeys(f"evidence of version {r.version}: {r.evidence}" for r in champions),
    ]


def _loosened(reign: "Reign") -> list[str]:
    if not reign.loosened:
        return []
    said = "also cleared" if reign.older_thresholds_passed else "not cleared"
    return [
        f"entry {reign.ledger_entry}: {said} by the thresholds before {', '.join(reign.loosened)}"
    ]


def _made(outcome: "NewKeyOutcome") -> list[str]:
    return [
        f"private key {outcome.key_id} in {outcome.path}: keep it to yourself",
        f"public_key: {outcome.public_key}",
        "next: have it added to people in a new file in policies/approvals",
    ]


def _listed(outcome: "ListKeysOutcome") -> list[str]:
    rows = [
        (
            key.key_id,
            f"{key.added:%Y-%m-%d %H:%M}",
            f"{key.revoked:%Y-%m-%d %H:%M}" if key.revoked else "",
            key.why or "",
        )
        for key in outcome.keys
    ]
    if not rows:
        return ["no key yet: the first promotion makes one"]
    return table(("key", "added", "revoked", "why"), rows)


def _rotated(outcome: "RotateKeyOutcome") -> list[str]:
    return [
        f"the key {outcome.key_id} signs now; what {outcome.previous_key_id} has signed stays good"
    ]


def _revoked(outcome: "RevokeKeyOutcome") -> list[str]:
    return [
        f"the key {outcome.key_id} is revoked; {outcome.signing_key_id} signs now",
        "next: tidegate promote or tidegate roll-back, where it signed for the champion",
    ]


GATE_SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "approve_version": _approved,
    "reject_version": _approved,
    "approve_people": _people_approved,
    "history": _history,
    "new_key": _made,
    "list_keys": _listed,
    "rotate_key": _rotated,
    "revoke_key": _revoked,
}

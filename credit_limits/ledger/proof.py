"""A proof of one decision: needs itself and the published root, and nothing else.

A proof is one JSON text in canonical form (:func:`~credit_limits.domain.digest.canonical_json`,
with or without a line end):

``format``
    :data:`FORMAT`.
``decision``
    the decision row, every column, as it was hashed. Its leaf is SHA-256(0x00 || D), where D is
    the SHA-256 of the row's canonical JSON.
``path``
    from the leaf to the root, a mapping a step: ``{"left": S}`` or ``{"right": S}`` with the
    sibling S on that side. A node is SHA-256(0x01 || left || right).
``root``
    the Merkle root of the batch.
``entry``
    the ledger entry that holds the root, without its payload; its ``digest`` is the SHA-256 of
    the canonical JSON of the other fields.
``payload``
    the digest of each field of that entry's payload. The digest of this mapping is the entry's
    ``payload_digest``, and ``merkle_root`` and ``batch_id`` in it are those of the root and of
    the row: so the root is in the entry, and nothing else that the entry says is told.

One byte changed anywhere leaves something that does not fit, or a text that is not canonical.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from credit_limits.domain.digest import canonical_json, digest_of
from credit_limits.domain.errors import ProofBroken
from credit_limits.ledger.entry import Entry, EntryKind, field_digests
from credit_limits.ledger.merkle import ProofStep, proof_holds

FORMAT = "tidegate decision proof 1"
_FIELDS = frozenset({"format", "decision", "path", "root", "entry", "payload"})
_HEADER = ("sequence", "time", "kind", "key", "actor", "payload_digest", "previous_digest")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ProvenDecision:
    """What a proof shows: the decision row, and the ledger entry that holds its batch's root."""

    decision: Mapping[str, object]
    root: str
    entry_sequence: int
    entry_digest: str


def write_proof(row: Mapping[str, object], path: Sequence[ProofStep], entry: Entry) -> bytes:
    """The proof of a decision row, as a file.

    Args:
        row: the row as it was hashed.
        path: its siblings, from the leaf up.
        entry: the ledger entry of its batch.
    """
    proof = {
        "format": FORMAT,
        "decision": row,
        "path": [
            {"left" if step.sibling_is_left else "right": step.sibling_digest} for step in path
        ],
        "root": entry.payload["merkle_root"],
        "entry": {
            **{name: getattr(entry, name) for name in _HEADER},
            "digest": entry.digest,
        },
        "payload": field_digests(entry.payload),
    }
    return canonical_json(proof) + b"\n"


def check_proof(data: bytes, root: str) -> ProvenDecision:
    """What the proof shows under the published ``root``: 64 hexadecimal digits, lower case.

    Raises:
        ProofBroken: names what does not fit.
    """
    proof = _parsed(data)
    stated, entry, payload = proof["root"], _mapping(proof, "entry"), _mapping(proof, "payload")
    decision = _mapping(proof, "decision")
    if not _DIGEST.fullmatch(root):
        raise ProofBroken("the published root must be 64 hexadecimal digits in lower case")
    if stated != root:
        raise ProofBroken(f"it proves something under the root {stated}, not under {root}")
    if not proof_holds(digest_of(decision), _steps(proof["path"]), root):
        raise ProofBroken("the decision and the path do not lead to the root: one was altered")
    _check_entry(entry, payload, decision, root)
    return ProvenDecision(decision, root, cast("int", entry["sequence"]), str(entry["digest"]))


def _check_entry(
    entry: Mapping[str, object],
    payload: Mapping[str, object],
    decision: Mapping[str, object],
    root: str,
) -> None:
    if set(entry) != {*_HEADER, "digest"}:
        raise ProofBroken("the ledger entry lacks a field or has one too many")
    if entry["kind"] != EntryKind.LIMITS_ADJUSTED.value:
        raise ProofBroken(f"a ledger entry of the kind {entry['kind']} holds no decisions")
    if payload.get("merkle_root") != digest_of(root):
        raise ProofBroken("the ledger entry holds another root")
    if payload.get("batch_id") != digest_of(decision.get("batch_id")):
        raise ProofBroken("the ledger entry is that of another batch")
    if entry["payload_digest"] != digest_of(payload):
        raise ProofBroken("the payload's digests do not add up to the entry's payload digest")
    if entry["digest"] != digest_of({name: entry[name] for name in _HEADER}):
        raise ProofBroken("the ledger entry's fields do not add up to its digest")


def _parsed(data: bytes) -> dict[str, object]:
    try:
        proof = json.loads(data.decode())
        canonical = canonical_json(proof)
    except (ValueError, RecursionError) as error:
        raise ProofBroken(f"it is no JSON text: {error}") from error
    if data not in (canonical, canonical + b"\n"):
        raise ProofBroken("its JSON is not in canonical form: some of its text was altered")
    if not isinstance(proof, dict) or set(proof) != _FIELDS or proof["format"] != FORMAT:
        raise ProofBroken(f"it is no {FORMAT!r}")
    return proof


def _mapping(proof: Mapping[str, object], name: str) -> dict[str, object]:
    value = proof[name]
    if not isinstance(value, dict):
        raise ProofBroken(f"its {name} is no mapping")
    return value


def _steps(path: object) -> tuple[ProofStep, ...]:
    if not isinstance(path, list):
        raise ProofBroken("its path is no list")
    return tuple(_step(place, step) for place, step in enumerate(path, start=1))


def _step(place: int, step: object) -> ProofStep:
    ((side, sibling),) = step.items() if isinstance(step, dict) and len(step) == 1 else (("", ""),)
    if side not in ("left", "right") or not _DIGEST.fullmatch(str(sibling)):
        raise ProofBroken(f"step {place} of its path is no sibling on the left or the right")
    return ProofStep(str(sibling), side == "left")

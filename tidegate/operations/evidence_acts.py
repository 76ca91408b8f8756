"""Who did what about a version: entries of the ledger, with the key where one signed."""

from collections.abc import Mapping

from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.evidence_pack import Act
from tidegate.operations.champion import SEAL
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import PromoteModelOutcome

_WORDS = {
    EntryKind.MODEL_TRAINED: "trained",
    EntryKind.APPROVAL_GIVEN: "approved",
    EntryKind.APPROVAL_REJECTED: "rejected",
    EntryKind.OVERRIDE_SIGNED: "overrode a check",
    EntryKind.PROMOTION_REFUSED: "judged: refused",
    EntryKind.LAUNCH_BEGUN: "judged: cleared, launches in steps",
    EntryKind.MODEL_PROMOTED: "judged: promoted",
}


def acts_of(platform: Platform, judged: Entry, outcome: PromoteModelOutcome) -> tuple[Act, ...]:
    """Everything that was done about the version up to its last verdict, oldest first."""
    entries = [entry for kind in _WORDS for entry in platform.ledger.entries(kind)]
    own = [entry for entry in entries if _is_of(entry, outcome)]
    told = [entry for entry in own if entry.sequence <= judged.sequence]
    return tuple(_act(platform, entry) for entry in sorted(told, key=lambda entry: entry.sequence))


def _is_of(entry: Entry, outcome: PromoteModelOutcome) -> bool:
    said = entry.payload.get("override", entry.payload)
    if not isinstance(said, Mapping):
        return False
    wanted = (outcome.model_name, outcome.version)
    return (said.get("model_name"), said.get("version")) == wanted


def _act(platform: Platform, entry: Entry) -> Act:
    payload = entry.payload
    said = payload.get("approval") or payload.get("override") or {}
    words = str(said.get("reason", "")) if isinstance(said, Mapping) else ""
    if entry.kind is EntryKind.OVERRIDE_SIGNED and isinstance(said, Mapping):
        words = f"{said['check']} until {said['until']}: {words}"
    return Act(
        what=_WORDS[entry.kind],
        who=str(payload.get("name", entry.actor)),
        when=entry.time,
        key_id=_key_id(platform, entry),
        words=words,
        entry=entry.sequence,
    )


def _key_id(platform: Platform, entry: Entry) -> str:
    """The person's key, or for a promotion the platform's."""
    signature = entry.payload.get("signature")
    if entry.kind in (EntryKind.LAUNCH_BEGUN, EntryKind.MODEL_PROMOTED):
        intended = platform.ledger.find(EntryKind.PROMOTION_INTENDED, entry.key)
        seal = intended.payload.get(SEAL) if intended else None
        signature = seal.get("signature") if isinstance(seal, Mapping) else None
    return str(signature.get("key_id", "")) if isinstance(signature, Mapping) else ""

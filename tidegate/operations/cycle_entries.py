"""Which entries of the ledger belong to the cycle of a date."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from credit_limits.ledger.entry import Entry, EntryKind

_BATCHES = {EntryKind.BATCH_ACCEPTED, EntryKind.BATCH_REFUSED}
_VERDICTS = {EntryKind.MODEL_PROMOTED, EntryKind.LAUNCH_BEGUN, EntryKind.PROMOTION_REFUSED}
_DECISIONS = {EntryKind.LIMITS_ADJUSTED, EntryKind.ADJUSTMENT_REFUSED}


@dataclass(frozen=True, slots=True)
class CycleEntries:
    """The entries of one cycle, oldest first.

    ``adjusted`` are the date's batches of decisions, ``refused`` what refused to make one where no
    batch came after it. ``judged`` is the cycle's last verdict of the gate or, where it has none,
    the promotion of the model that decided; ``trained`` and ``champion_trained`` are the trainings
    of the version judged and of the champion before it. ``watched`` is the date's drift verdict.
    ``outboxes`` are what its batches owe, written after them. ``told`` holds all of these and
    whatever else happened in the cycle.
    """

    batches: tuple[Entry, ...]
    trained: Entry | None
    champion_trained: Entry | None
    judged: Entry | None
    adjusted: tuple[Entry, ...]
    refused: Entry | None
    watched: Entry | None
    outboxes: tuple[Entry, ...]
    told: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: Sequence[Entry], as_of: date) -> "CycleEntries":
        """The cycle of ``as_of`` among all entries of a ledger, given in their order.

        It reaches from the last decisions of another date, exclusive, to the date's own decisions
        or, without any, to the end.
        """
        decisions = [entry for entry in entries if entry.kind in _DECISIONS]
        decided = _newest(entry for entry in decisions if _is_of(entry, as_of))
        end = decided.sequence if decided else entries[-1].sequence if entries else 0
        start = max(
            (e.sequence for e in decisions if not _is_of(e, as_of) and e.sequence < end), default=0
        )
        outboxes = [entry for entry in entries if entry.kind is EntryKind.OUTBOX_WRITTEN]
        own = [e for e in entries if start < e.sequence <= end and e not in outboxes]
        adjusted = tuple(
            e for e in decisions if e.kind is EntryKind.LIMITS_ADJUSTED and _is_of(e, as_of)
        )
        judged = _newest(e for e in own if e.kind in _VERDICTS) or _promotion(entries, adjusted)
        trained = _training(entries, judged, "version") or _newest(
            entry for entry in own if entry.kind is EntryKind.MODEL_TRAINED
        )
        before = _training(entries, judged, "previous_champion")
        watched = _newest(
            e for e in entries if e.kind is EntryKind.DRIFT_WATCHED and _is_of(e, as_of)
        )
        owed = tuple(e for e in outboxes if e.payload.get("as_of") == as_of.isoformat())
        outside = (*adjusted, judged, trained, before, watched, *owed)
        told = {e.sequence: e for e in (*own, *(e for e in outside if e is not None))}
        return cls(
            batches=tuple(entry for entry in own if entry.kind in _BATCHES),
            trained=trained,
            champion_trained=before,
            judged=judged,
            adjusted=adjusted,
            refused=None if decided in adjusted else decided,
            watched=watched,
            outboxes=owed,
            told=tuple(told[sequence] for sequence in sorted(told)),
        )


def _newest(entries: Iterable[Entry]) -> Entry | None:
    return max(entries, key=lambda entry: entry.sequence, default=None)


def _is_of(entry: Entry, as_of: date) -> bool:
    return entry.payload["as_of"] == as_of.isoformat()


def _promotion(entries: Sequence[Entry], adjusted: Sequence[Entry]) -> Entry | None:
    """The promotion under whose certificate the newest batch was decided."""
    if not adjusted:
        return None
    certificate = adjusted[-1].payload["certificate_digest"]
    return _newest(
        entry
        for entry in entries
        if entry.kind is EntryKind.MODEL_PROMOTED
        and entry.payload["certificate_digest"] == certificate
    )


def _training(entries: Sequence[Entry], judged: Entry | None, field: str) -> Entry | None:
    """The training of the version that a verdict names in ``field``."""
    if judged is None or judged.payload[field] is None:
        return None
    wanted = (judged.payload["model_name"], judged.payload[field])
    return _newest(
        entry
        for entry in entries
        if entry.kind is EntryKind.MODEL_TRAINED
        and (entry.payload["model_name"], entry.payload["version"]) == wanted
    )

"""Evidence on drift: the alarms of the ledger, and what answered each."""

from collections.abc import Sequence
from datetime import date

from credit_limits.gates.decision_evidence import Alarm, DriftEvidence
from credit_limits.ledger.entry import EntryKind
from monitoring.thresholds import DriftLevel
from tidegate.operations.candidate import Candidate
from tidegate.operations.watch_outcome import WatchDriftOutcome

_ALARM = DriftLevel.ALARM.word


def drift_evidence(candidate: Candidate) -> DriftEvidence:
    """Every alarm that the ledger holds, also of days after the one that is judged for.

    A promotion takes effect now; asking for it as of an earlier day hides no alarm.
    """
    watches = [
        WatchDriftOutcome.model_validate(entry.payload)
        for entry in candidate.platform.ledger.entries(EntryKind.DRIFT_WATCHED)
    ]
    alarms = tuple(
        Alarm(watch.as_of, watch.finding or watch.level, answer(watch, watches[place + 1 :], day))
        for day in (candidate.trained_on,)
        for place, watch in enumerate(watches)
        if watch.level == _ALARM
    )
    return DriftEvidence(len(watches), len(alarms), alarms)


def answer(alarm: WatchDriftOutcome, later: Sequence[WatchDriftOutcome], trained_on: date) -> str:
    """What answers an alarm: a training that knows its day, or a later quiet watch; else empty.

    ``later``: the watches after it in the ledger, of which those of its own day or a later one
    count.
    """
    if trained_on >= alarm.as_of:
        return f"the candidate was trained on what was known on {trained_on}"
    quiet = [watch for watch in later if watch.level != _ALARM and watch.as_of >= alarm.as_of]
    return f"the watch of {quiet[0].as_of} was quiet" if quiet else ""

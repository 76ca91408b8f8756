"""A version that was judged under the thresholds in force: what people may speak of."""

from dataclasses import dataclass

from credit_limits.domain.errors import ModelError
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import standing_champion
from tidegate.operations.platform import Platform
from tidegate.operations.thresholds_history import judging_day

_JUDGED = (EntryKind.PROMOTION_REFUSED, EntryKind.LAUNCH_BEGUN, EntryKind.MODEL_PROMOTED)


@dataclass(frozen=True, slots=True)
class BeforePeople:
    """A version, the thresholds file in force, and the ledger's last verdict on the version."""

    candidate: Candidate
    gates: DatedFile
    judged: Entry | None

    @property
    def evidence_digest(self) -> str:
        """The evidence that the verdict rests on; empty where there is no verdict."""
        return str(self.judged.payload["evidence_digest"]) if self.judged else ""

    def require_judged(self) -> Entry:
        """The verdict; :class:`ModelError` where there is none under the thresholds in force."""
        name, version = self.candidate.loaded.model_name, self.candidate.loaded.version
        if self.judged is None or self.judged.payload.get("thresholds_digest") != self.gates.digest:
            raise ModelError(
                f"version {version} of {name} was not judged by {self.gates.version} "
                f"yet; first tidegate promote --version {version}, then read what it says"
            )
        return self.judged


def before_people(platform: Platform, model_name: str, version: str) -> BeforePeople:
    """A version as it stands before people today.

    Raises:
        ModelError: there is no such version.
        PolicyError: no thresholds are in force.
    """
    as_of = platform.lake.latest_knowledge()
    loaded = platform.registry.load(model_name, version)
    candidate = Candidate(platform, loaded, as_of, standing_champion(platform, model_name))
    gates = load_dated(platform.policies("gates", model_name), judging_day(platform, as_of))
    judged = [
        entry
        for kind in _JUDGED
        for entry in platform.ledger.entries(kind)
        if entry.payload["model_name"] == model_name and entry.payload["version"] == version
    ]
    return BeforePeople(
        candidate, gates, max(judged, key=lambda entry: entry.sequence, default=None)
    )

"""Who made a version, by the ledger: they do not answer for it themselves."""

from credit_limits.ledger.entry import EntryKind
from tidegate.operations.candidate import Candidate
from tidegate.operations.platform import Platform


def makers_of(candidate: Candidate) -> tuple[str, ...]:
    """Who trained the version, by the ledger, and who asks for its promotion now."""
    platform, loaded = candidate.platform, candidate.loaded
    trained = trainers_of(platform, loaded.model_name, loaded.version)
    return tuple(dict.fromkeys([*trained, platform.settings.actor]))


def trainers_of(platform: Platform, model_name: str, version: str) -> list[str]:
    """Who trained a version, oldest training first."""
    return [
        entry.actor
        for entry in platform.ledger.entries(EntryKind.MODEL_TRAINED)
        if entry.payload["model_name"] == model_name and entry.payload["version"] == version
    ]

"""Which thresholds a model was held to, by the ledger, and whether those in force ask for less.

Every content of a thresholds file that judges a model is kept in the ledger, so that a file which
is edited where it lies is found out like one that is added.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import PolicyError
from credit_limits.gates.loosened import loosened
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.dated_policies import DatedFile, load_previous
from tidegate.operations.platform import Platform

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Loosening:
    """What the thresholds in force ask less of than older ones, and the newest of those.

    ``paths`` is empty, and ``older`` None, where they ask for no less.
    """

    paths: tuple[str, ...]
    older: DatedFile | None


def judging_day(platform: Platform, as_of: date) -> date:
    """The day whose thresholds and approvers count: the later of ``as_of`` and what the lake knows.

    A promotion for a day of the past is held to the thresholds of today all the same, or setting
    the day back would bring back thresholds that have been tightened since.
    """
    return max(as_of, platform.lake.latest_knowledge())


def note_thresholds(platform: Platform, model_name: str, gates: DatedFile) -> None:
    """Keep the content that is about to judge a model, where it is another than the last."""
    noted = _noted(platform, model_name)
    if noted and noted[-1].payload["digest"] == gates.digest:
        return
    platform.ledger.append(
        EntryKind.THRESHOLDS_CHANGED,
        platform.settings.actor,
        {
            "model_name": model_name,
            "version": gates.version,
            "digest": gates.digest,
            "content": gates.content,
        },
        key=digest_of(
            {
                "model_name": model_name,
                "digest": gates.digest,
                "after": noted[-1].digest if noted else None,
            }
        ),
    )


def noted_thresholds(
    platform: Platform, model_name: str, digest: str
) -> dict[str, dict[str, dict[str, object]]]:
    """The thresholds of a content that has judged a model, by check; empty where it is unknown."""
    for entry in _noted(platform, model_name):
        if entry.payload["digest"] == digest:
            content = entry.payload["content"]
            thresholds = content.get("thresholds") if isinstance(content, Mapping) else None
            return dict(thresholds) if isinstance(thresholds, Mapping) else {}
    return {}


def loosening(platform: Platform, model_name: str, gates: DatedFile) -> Loosening:
    """What ``gates`` asks less of than any content since the last that promoted this model.

    That last content included; where it is ``gates`` itself, two people have approved it then or
    nothing was looser. Where no promotion was ever certified, the file before ``gates`` counts.

    Raises:
        PolicyError: the file before the one in force cannot be read, or what is looser has no
            reason under ``loosened``.
    """
    paths: set[str] = set()
    newest: DatedFile | None = None
    for older in _baselines(platform, model_name, gates):
        looser = loosened(older.content, gates.content)
        paths |= set(looser)
        newest = older if looser else newest
    if newest is not None:
        _require_reasons(gates, paths, newest)
    return Loosening(tuple(sorted(paths)), newest)


def _require_reasons(gates: DatedFile, paths: set[str], older: DatedFile) -> None:
    given = gates.content.get("loosened")
    reasons = given if isinstance(given, Mapping) else {}
    silent = sorted(path for path in paths if not str(reasons.get(path) or "").strip())
    if silent:
        raise PolicyError(
            f"{gates.version} asks less than {older.version} of {', '.join(silent)}: say why, "
            "each by its name, under `loosened` in the newer file, or put the older value back"
        )


def _baselines(platform: Platform, model_name: str, gates: DatedFile) -> Iterator[DatedFile]:
    """Older contents to compare with, oldest first."""
    certified = _last_certified(platform, model_name)
    noted = [_file(entry) for entry in _noted(platform, model_name)]
    places = [place for place, file in enumerate(noted) if file.digest == certified]
    since = noted[places[-1] :] if places else noted
    if certified != gates.digest:
        before = load_previous(platform.policies("gates", model_name), gates)
        if before is not None:
            yield before
    yield from (file for file in since if file.digest != gates.digest)


def _last_certified(platform: Platform, model_name: str) -> str | None:
    """Digest of the thresholds of the last finished promotion."""
    promoted = [
        entry
        for entry in platform.ledger.entries(EntryKind.MODEL_PROMOTED)
        if entry.payload["model_name"] == model_name
    ]
    return str(promoted[-1].payload.get("thresholds_digest")) if promoted else None


def _noted(platform: Platform, model_name: str) -> list[Entry]:
    return [
        entry
        for entry in platform.ledger.entries(EntryKind.THRESHOLDS_CHANGED)
        if entry.payload["model_name"] == model_name
    ]


def _file(entry: Entry) -> DatedFile:
    """The file as it was noted; dates, which the ledger keeps as text, are dates again."""
    content = _dated(entry.payload["content"])
    assert isinstance(content, dict)
    start = content.get("effective_from")
    return DatedFile(
        str(entry.payload["version"]),
        str(entry.payload["digest"]),
        start if isinstance(start, date) else date.min,
        content,
    )


def _dated(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _dated(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_dated(item) for item in value]
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    return value

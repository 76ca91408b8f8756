"""People before a promotion: who is asked for, and whose approval the ledger has.

An approval is for one version as it is judged, and for the events that its promotion is: see
:func:`~tidegate.operations.candidate.scope_of`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import structlog

from credit_limits.domain.digest import digest_of
from credit_limits.gates.approvals import (
    TWO_KEYS,
    ApprovalPolicy,
    Count,
    Event,
    SignedApproval,
    count_approvals,
    parse_approval_policy,
    read_approval,
)
from credit_limits.gates.evidence import PeopleEvidence
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.adapters.signing import verifies
from tidegate.operations.candidate import Candidate, scope_of
from tidegate.operations.ledger_time import latest_time
from tidegate.operations.makers import makers_of
from tidegate.operations.platform import Platform
from tidegate.operations.thresholds_history import judging_day, loosening

_log = structlog.get_logger(__name__)

_FOLDER = "approvals"
_GIVEN = (EntryKind.APPROVAL_GIVEN, EntryKind.APPROVAL_REJECTED)


@dataclass(frozen=True, slots=True)
class PeopleAsked:
    """What is put before people: why, under which policy, and the scope of a yes or a no."""

    events: tuple[Event, ...]
    loosened: tuple[str, ...]
    policy: ApprovalPolicy
    scope: str


def people_evidence(candidate: Candidate, gates: DatedFile) -> PeopleEvidence:
    """Who must approve this candidate under these thresholds, and who has.

    Args:
        candidate: the version before the gate.
        gates: the thresholds file that judges it.

    Raises:
        PolicyError: no approval policy is in force, or it cannot be used.
        ModelError: the version does not say on which data it was trained.
    """
    platform = candidate.platform
    asked = people_asked(candidate, gates)
    makers = makers_of(candidate)
    count = Count((), ())
    if asked.policy.required(asked.events):
        count = counted(platform, asked.policy, asked.scope, makers)
    return PeopleEvidence(
        asked=tuple(event.value for event in asked.events if asked.policy.keys[event]),
        required=asked.policy.required(asked.events),
        maker=makers[0],
        approvers=count.approvers,
        rejected_by=count.rejected_by,
    )


def people_asked(candidate: Candidate, gates: DatedFile) -> PeopleAsked:
    """Which events this promotion is, and the scope that people sign for.

    Raises as :func:`people_evidence`.
    """
    platform, loaded = candidate.platform, candidate.loaded
    policy = approval_policy(platform, judging_day(platform, candidate.as_of))
    looser = loosening(platform, loaded.model_name, gates).paths
    events = [Event.PROMOTION]
    if candidate.standing is None:
        events.append(Event.FIRST_CHAMPION)
    if looser:
        events.append(Event.LOOSENED_THRESHOLD)
    scope = scope_of(candidate, gates, "promotion", {"events": events})
    return PeopleAsked(tuple(events), looser, policy, scope)


def counted(
    platform: Platform, policy: ApprovalPolicy, scope: str, makers: tuple[str, ...]
) -> Count:
    """The approvals in the ledger that count for a scope, now."""
    return count_approvals(
        [signed for entry in _given(platform) for signed in _read(entry)],
        policy,
        scope=scope,
        now=latest_time(platform),
        makers=makers,
        verifies=verifies,
    )


def approval_policy(platform: Platform, day: date) -> ApprovalPolicy:
    """The approval policy that counts on a day: the file in force, unless it is disputed.

    Once the ledger knows two approvers, another content counts only after two of them have
    approved it; until then the last that counted does.

    Raises:
        PolicyError: no file is in force, or it cannot be used.
    """
    file = load_dated(platform.policies(_FOLDER), day)
    policy = parse_approval_policy(file.version, file.content)
    noted = platform.ledger.latest(EntryKind.APPROVERS_CHANGED)
    if noted is None or noted.payload["digest"] == file.digest:
        return policy
    before = noted_policy(noted)
    if change_counts(platform, noted, file):
        return policy
    _log.warning("approvers_disputed", file=file.version, in_force=before.version)
    return before


def note_approvers(platform: Platform, day: date) -> None:
    """Keep the approval policy in the ledger, where it is another than the last and counts."""
    file = load_dated(platform.policies(_FOLDER), day)
    parse_approval_policy(file.version, file.content)
    noted = platform.ledger.latest(EntryKind.APPROVERS_CHANGED)
    if noted is not None and (
        noted.payload["digest"] == file.digest or not change_counts(platform, noted, file)
    ):
        return
    platform.ledger.append(
        EntryKind.APPROVERS_CHANGED,
        platform.settings.actor,
        {"version": file.version, "digest": file.digest, "content": file.content},
        key=digest_of({"digest": file.digest, "after": noted.digest if noted else None}),
    )


def change_counts(platform: Platform, noted: Entry, file: DatedFile) -> bool:
    """Whether two of the approvers noted last have approved this file, or there are not two."""
    before = noted_policy(noted)
    if len(before.approvers) < TWO_KEYS:
        return True
    count = counted(platform, before, change_scope(noted, file), ())
    return len(count.approvers) >= TWO_KEYS and not count.rejected_by


def change_scope(noted: Entry, file: DatedFile) -> str:
    """Scope of approving this file in place of the one noted last."""
    return digest_of({"purpose": "approvers", "digest": file.digest, "after": noted.digest})


def noted_policy(noted: Entry) -> ApprovalPolicy:
    """The approval policy that an entry has noted."""
    content = noted.payload["content"]
    assert isinstance(content, Mapping)
    return parse_approval_policy(str(noted.payload["version"]), content)


def _given(platform: Platform) -> list[Entry]:
    given = [entry for kind in _GIVEN for entry in platform.ledger.entries(kind)]
    return sorted(given, key=lambda entry: entry.sequence)


def _read(entry: Entry) -> list[SignedApproval]:
    try:
        return [read_approval(entry.payload)]
    except ValueError as error:
        _log.warning("approval_unreadable", entry=entry.sequence, reason=str(error))
        return []

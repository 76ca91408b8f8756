"""What approving and rejecting share: the key, its holder, what is before people, the entry."""

from datetime import date, timedelta
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import GateRefused, ModelError, PolicyError
from credit_limits.gates.approvals import Approval, ApprovalPolicy, Person, SignedApproval
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.signing import Signer, read_key
from tidegate.operations.approvals import (
    PeopleAsked,
    counted,
    latest_time,
    makers_of,
    people_asked,
)
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import standing_champion
from tidegate.operations.platform import Platform
from tidegate.operations.thresholds_history import judging_day

_log = structlog.get_logger(__name__)

_JUDGED = (EntryKind.PROMOTION_REFUSED, EntryKind.MODEL_PROMOTED)


class ApprovalRequest(BaseModel):
    """Which version a person speaks of, with which key, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    version: str = Field(description="version that waits for people")
    key: Path = Field(description="file with your private key, which nobody else may read")
    reason: str = Field(min_length=1, description="why, as the ledger will tell it")
    model_name: str = Field("default_risk", description="model in the registry")


class ApprovalOutcome(BaseModel):
    """What was said, and how many have said yes by now of those that are needed."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    name: str
    approves: bool
    asked: list[str]
    required: int
    approvers: list[str]
    rejected_by: list[str]
    expires_on: date | None
    recognised: bool = False


def give_approval(
    platform: Platform, request: ApprovalRequest, *, approves: bool
) -> ApprovalOutcome:
    """Record a signed yes or no on a version that was judged.

    Raises:
        ModelError: there is no such version, it was not judged under the thresholds in force, or
            nobody is asked.
        PolicyError: the key is nobody's who may approve.
        GateRefused: the key is that of whoever made the version or asks for its promotion.
        SettingsError: the key file cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    candidate, asked, thresholds = _before_people(platform, request)
    signer = read_key(request.key)
    person = holder_of(signer, asked.policy)
    makers = makers_of(candidate)
    if approves and person.name in makers:
        raise GateRefused(
            f"{person.name} made version {request.version} or asks for its promotion, and so "
            "cannot approve it; someone else must"
        )
    before = counted(platform, asked.policy, asked.scope, makers)
    known = person.name in (before.approvers if approves else before.rejected_by)
    if not known:
        about = {
            "model_name": request.model_name,
            "version": request.version,
            "artefact_digest": candidate.loaded.model.artefact_digest,
            "thresholds": thresholds,
            "asked": ", ".join(asked.events),
            "evidence_digest": _evidence_seen(platform, request),
        }
        approval = Approval(approves, asked.scope, about, request.reason, latest_time(platform))
        append_approval(platform, approval, signer, person)
    count = counted(platform, asked.policy, asked.scope, makers)
    return ApprovalOutcome(
        model_name=request.model_name,
        version=request.version,
        name=person.name,
        approves=approves,
        asked=[event.value for event in asked.events if asked.policy.keys[event]],
        required=asked.policy.required(asked.events),
        approvers=list(count.approvers),
        rejected_by=list(count.rejected_by),
        expires_on=_expires(platform, asked.policy) if approves and not known else None,
        recognised=known,
    )


def holder_of(signer: Signer, policy: ApprovalPolicy) -> Person:
    """Whose key it is; :class:`PolicyError` where it is nobody's who may approve."""
    person = policy.holder(signer.key_id)
    if person is None:
        may = ", ".join(each.name for each in policy.approvers) or "nobody"
        raise PolicyError(
            f"the key {signer.key_id} is nobody's who may approve under {policy.version}; there "
            f"are {may}. A person is added in a new file in policies/approvals"
        )
    return person


def append_approval(
    platform: Platform, approval: Approval, signer: Signer, person: Person
) -> Entry:
    """Sign and write a yes or a no."""
    signed = SignedApproval(approval, signer.sign(approval.signed))
    payload: dict[str, object] = {"name": person.name, **approval.about, **signed.as_plain()}
    kind = EntryKind.APPROVAL_GIVEN if approval.approves else EntryKind.APPROVAL_REJECTED
    _log.info(kind.value, name=person.name, scope=approval.scope[:12])
    return platform.ledger.append(
        kind, platform.settings.actor, payload, key=digest_of(signed.as_plain())
    )


def _before_people(
    platform: Platform, request: ApprovalRequest
) -> tuple[Candidate, PeopleAsked, str]:
    """The version, what is asked about it, and the thresholds it was judged under."""
    as_of = platform.lake.latest_knowledge()
    loaded = platform.registry.load(request.model_name, request.version)
    standing = standing_champion(platform, request.model_name)
    candidate = Candidate(platform, loaded, as_of, standing)
    folder = platform.policies("gates", request.model_name)
    gates = load_dated(folder, judging_day(platform, as_of))
    asked = people_asked(candidate, gates)
    if not asked.policy.required(asked.events):
        raise ModelError(
            f"nobody is asked to approve version {request.version} of {request.model_name}: "
            "tidegate promote needs no more than the checks"
        )
    judged = _last_judged(platform, request)
    if judged is None or judged.payload.get("thresholds_digest") != gates.digest:
        raise ModelError(
            f"version {request.version} of {request.model_name} was not judged by {gates.version} "
            f"yet; first tidegate promote --version {request.version}, then read what it says"
        )
    return candidate, asked, gates.version


def _last_judged(platform: Platform, request: ApprovalRequest) -> Entry | None:
    judged = [
        entry
        for kind in _JUDGED
        for entry in platform.ledger.entries(kind)
        if entry.payload["model_name"] == request.model_name
        and entry.payload["version"] == request.version
    ]
    return max(judged, key=lambda entry: entry.sequence, default=None)


def _evidence_seen(platform: Platform, request: ApprovalRequest) -> str:
    judged = _last_judged(platform, request)
    return str(judged.payload["evidence_digest"]) if judged else ""


def _expires(platform: Platform, policy: ApprovalPolicy) -> date:
    return (latest_time(platform) + timedelta(days=policy.valid_days)).date()

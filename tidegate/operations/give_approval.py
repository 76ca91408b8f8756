"""What approving and rejecting share: the key, its holder, what is before people, the entry."""

from datetime import date, timedelta
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import GateRefused, ModelError, PolicyError
from credit_limits.gates.approvals import Approval, ApprovalPolicy, Person, SignedApproval
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.signing import Signer, read_key
from tidegate.operations.approvals import PeopleAsked, counted, people_asked
from tidegate.operations.judged_version import BeforePeople, before_people
from tidegate.operations.ledger_time import latest_time
from tidegate.operations.makers import makers_of
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)


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
    before, asked = _before_people(platform, request)
    signer = read_key(request.key)
    person = holder_of(signer, asked.policy)
    makers = makers_of(before.candidate)
    if approves and person.name in makers:
        raise GateRefused(
            f"{person.name} made version {request.version} or asks for its promotion, and so "
            "cannot approve it; someone else must"
        )
    count = counted(platform, asked.policy, asked.scope, makers)
    known = person.name in (count.approvers if approves else count.rejected_by)
    if not known:
        about = {
            "model_name": request.model_name,
            "version": request.version,
            "artefact_digest": before.candidate.loaded.model.artefact_digest,
            "thresholds": before.gates.version,
            "asked": ", ".join(asked.events),
            "evidence_digest": before.evidence_digest,
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
) -> tuple[BeforePeople, PeopleAsked]:
    """The version as it was judged under the thresholds in force, and what is asked about it."""
    before = before_people(platform, request.model_name, request.version)
    asked = people_asked(before.candidate, before.gates)
    if not asked.policy.required(asked.events):
        raise ModelError(
            f"nobody is asked to approve version {request.version} of {request.model_name}: "
            "tidegate promote needs no more than the checks"
        )
    before.require_judged()
    return before, asked


def _expires(platform: Platform, policy: ApprovalPolicy) -> date:
    return (latest_time(platform) + timedelta(days=policy.valid_days)).date()

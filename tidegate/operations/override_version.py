"""Override: a person signs that one refused check shall not keep a version out, until a day."""

from datetime import date
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import GateRefused, ModelError, PolicyError
from credit_limits.gates.approvals import ApprovalPolicy, Event
from credit_limits.gates.overrides import (
    NEVER_OVERRIDDEN,
    Override,
    SignedOverride,
    finding_of,
    signers_of,
    to_sign,
)
from credit_limits.gates.result import CheckName
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.signing import Signer, read_key, verifies
from tidegate.operations.approvals import approval_policy
from tidegate.operations.give_approval import holder_of
from tidegate.operations.judged_version import BeforePeople, before_people
from tidegate.operations.ledger_time import latest_day, latest_time
from tidegate.operations.makers import makers_of
from tidegate.operations.overrides import override_scope, signed_overrides
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.thresholds_history import judging_day

_log = structlog.get_logger(__name__)


class OverrideRequest(BaseModel):
    """Which refusal of which version, until when, why, and with which key."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    version: str = Field(description="version that the gate refused")
    check: str = Field(description="check that refused it, such as calibration")
    until: date = Field(description="last day on which the override holds")
    key: Path = Field(description="file with your private key, which nobody else may read")
    reason: str = Field(
        min_length=1, description="why, in the very words that the other signer gives"
    )
    model_name: str = Field("default_risk", description="model in the registry")


class OverrideOutcome(BaseModel):
    """What was signed, and who has signed the same by now of those that are needed.

    ``found`` is what the check said. ``others`` are overrides of the same refusal that differ in
    their last day or their reason, and so do not count together with this one.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    check: str
    until: date
    reason: str
    found: str
    name: str
    signed_by: list[str]
    required: int
    others: list[str]
    digest: str
    recognised: bool = False


def override_version(platform: Platform, request: OverrideRequest) -> OverrideOutcome:
    """Record one person's signature under an override; it counts once enough have signed it.

    Raises:
        ModelError: there is no such version or check, or the last verdict under the thresholds in
            force does not refuse the check on its evidence.
        GateRefused: the check can never be overridden, or the key is that of whoever made the
            version or asks for its promotion.
        PolicyError: the key is nobody's who may approve, the policy allows no overrides, or none
            for so long.
        SettingsError: the key file cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    check = _overridable(request.check)
    before = before_people(platform, request.model_name, request.version)
    policy = approval_policy(platform, judging_day(platform, before.candidate.as_of))
    _require_allowed(policy, request.until, latest_day(platform))
    row = _refused_row(before, check)
    signer = read_key(request.key)
    name = _signing_person(before, signer, policy)
    finding = finding_of(check, row.measured.items(), row.threshold.items())
    scope = override_scope(before.candidate, before.gates, check, finding)
    override = Override(
        request.model_name, request.version, scope, check, finding, request.until, request.reason
    )
    count = _signed_by(platform, before, policy, override)
    if known := name in count:
        _log.info("override_recognised", name=name, check=check.value)
    else:
        _append(platform, before, override, signer, name)
        count = _signed_by(platform, before, policy, override)
    return OverrideOutcome(
        model_name=request.model_name,
        version=request.version,
        check=check.value,
        until=request.until,
        reason=request.reason,
        found=row.message,
        name=name,
        signed_by=list(count),
        required=policy.keys[Event.OVERRIDE],
        others=_others(platform, override),
        digest=override.digest,
        recognised=known,
    )


def _overridable(name: str) -> CheckName:
    try:
        check = CheckName(name)
    except ValueError as error:
        raise ModelError(f"there is no check {name}; there are {', '.join(CheckName)}") from error
    if check in NEVER_OVERRIDDEN:
        raise GateRefused(f"{check} can never be overridden: {NEVER_OVERRIDDEN[check]}")
    return check


def _require_allowed(policy: ApprovalPolicy, until: date, today: date) -> None:
    if Event.OVERRIDE not in policy.keys:
        raise PolicyError(
            f"{policy.version} allows no overrides; a lender that wants them says how many keys "
            "and for how long in a new file in policies/approvals"
        )
    if not 0 <= (until - today).days <= policy.override_days:
        raise PolicyError(
            f"an override until {until} is not from today, {today}, to {policy.override_days} "
            f"days from today, which is as long as {policy.version} allows; name another day"
        )


def _refused_row(before: BeforePeople, check: CheckName) -> CheckRow:
    """What the last verdict says of the check, which must be a refusal on evidence."""
    outcome = PromoteModelOutcome.model_validate(before.require_judged().payload)
    row = next(item for item in outcome.checks if item.check == check)
    if not row.refuses:
        raise ModelError(
            f"version {outcome.version} of {outcome.model_name} is {row.word} by {check}: there "
            "is nothing to override"
        )
    if not row.measured:
        raise ModelError(
            f"{check} refuses version {outcome.version} for want of evidence, and nobody can "
            f"answer for what nobody has measured: {row.message}"
        )
    return row


def _signing_person(before: BeforePeople, signer: Signer, policy: ApprovalPolicy) -> str:
    person, version = holder_of(signer, policy), before.candidate.loaded.version
    if person.name in makers_of(before.candidate):
        raise GateRefused(
            f"{person.name} made version {version} or asks for its promotion, and so cannot "
            "override a check of it; someone else must"
        )
    return person.name


def _signed_by(
    platform: Platform, before: BeforePeople, policy: ApprovalPolicy, override: Override
) -> tuple[str, ...]:
    alike = [item.signed for item in signed_overrides(platform) if item.signed.override == override]
    return signers_of(
        alike,
        policy,
        now=latest_time(platform),
        makers=makers_of(before.candidate),
        verifies=verifies,
    )


def _others(platform: Platform, override: Override) -> list[str]:
    said = {
        item.signed.override: None
        for item in signed_overrides(platform)
        if item.signed.override.scope == override.scope and item.signed.override != override
    }
    return [f"until {other.until}: {other.reason}" for other in said]


def _append(
    platform: Platform, before: BeforePeople, override: Override, signer: Signer, name: str
) -> None:
    now, loaded = latest_time(platform), before.candidate.loaded
    signed = SignedOverride(override, now, signer.sign(to_sign(override, now)))
    about: dict[str, object] = {
        "name": name,
        "artefact_digest": loaded.model.artefact_digest,
        "thresholds": before.gates.version,
        "evidence_digest": before.evidence_digest,
    }
    platform.ledger.append(
        EntryKind.OVERRIDE_SIGNED,
        platform.settings.actor,
        about | signed.as_plain(),
        key=digest_of(signed.as_plain()),
    )
    _log.info("override_signed", name=name, check=override.check.value, until=str(override.until))

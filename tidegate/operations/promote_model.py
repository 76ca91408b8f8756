"""Promote: put a version through the gate chain; it becomes champion only where all of it clears.

The order makes a kill at any line harmless. Evidence and verdict go to the registry first, then
the ledger records the intention with its signed certificate, then the alias moves and is read
back, and last the ledger records the promotion. Until that last entry no one follows the alias,
and the same call again finishes what was begun. Where the launch policy has steps, the intention
is followed by a launch, and the alias moves after its last step. The evidence pack is written
after all of it.
"""

from datetime import date

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import ModelError, NoCertifiedChampion
from credit_limits.gates.certificate import Certificate, Grounds, certify
from credit_limits.gates.evidence import Evidence
from credit_limits.gates.thresholds import parse_thresholds
from credit_limits.gates.verdict import Cleared, Refused, judge
from credit_limits.ledger.entry import Entry, EntryKind
from feature_repo.queries import tables_of
from monitoring.thresholds import parse_drift_thresholds
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.advance_launch import finish_launch
from tidegate.operations.approvals import note_approvers
from tidegate.operations.begin_launch import (
    begin_launch,
    launching_already,
    not_stopped_before,
    plan_for,
    waiting,
)
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import (
    CHALLENGER,
    SEAL,
    certificate_in,
    sealed,
    standing_champion,
    verify_begun,
    verify_loaded,
    verify_seal,
)
from tidegate.operations.crown import crown, move_alias
from tidegate.operations.evidence_files import files_of_candidate
from tidegate.operations.grounds import grounds_of
from tidegate.operations.ledger_time import latest_day
from tidegate.operations.overrides import overrides_of
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_evidence import gather_evidence
from tidegate.operations.promotion_outcome import PromoteModelOutcome, outcome_of
from tidegate.operations.promotion_request import answer, answered_where_it_fails
from tidegate.operations.thresholds_history import judging_day, note_thresholds
from tidegate.operations.write_evidence import WriteEvidenceRequest, write_evidence

_log = structlog.get_logger(__name__)


class PromoteModelRequest(BaseModel):
    """Which version to judge, and for which day."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_name: str = Field("default_risk", description="model in the registry")
    version: str | None = Field(
        None, description="version to judge; that of the alias challenger if empty"
    )
    as_of: date | None = Field(
        None, description="day to judge for; the lake's last day of knowledge if empty"
    )


def promote_model(platform: Platform, request: PromoteModelRequest) -> PromoteModelOutcome:
    """Gather evidence, judge it, and launch or crown on a cleared verdict alone.

    A version that launches already under the thresholds in force is recognised, and so is one
    that is the certified champion already. One waits, unjudged, while another is in canary. A
    refusal is an outcome and not an error; ``promotion_outcome.require_cleared`` makes one of it.
    For a day of the past the thresholds of today count all the same.

    Raises:
        ModelError: there is no such version, or no challenger.
        GateRefused: the launch of this version was stopped.
        PolicyError: no thresholds, limit policy or approval policy are in force on that day, or
            one is missing.
        NoCertifiedChampion: the ledger has an intention for this very promotion that the platform
            did not sign.
        SettingsError: the platform's key cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    as_of = request.as_of or platform.lake.latest_knowledge()
    finish_launch(platform, request.model_name)
    version = _version(platform, request)
    with answered_where_it_fails(platform, request.model_name, version):
        outcome = _judged(platform, request, version, as_of)
        if not outcome.waits_for:  # what was not judged has no evidence yet
            pack = WriteEvidenceRequest(version=version, model_name=request.model_name)
            write_evidence(platform, pack)
        answer(platform, outcome)
    return outcome


def _judged(
    platform: Platform, request: PromoteModelRequest, version: str, as_of: date
) -> PromoteModelOutcome:
    loaded = platform.registry.load(request.model_name, version)
    standing = standing_champion(platform, request.model_name)
    candidate = Candidate(platform, loaded, as_of, standing)
    day = judging_day(platform, as_of)
    gates = load_dated(platform.policies("gates", request.model_name), day)
    already = _already_champion(candidate, gates) or launching_already(candidate, gates.digest)
    if already:
        return already
    not_stopped_before(platform, loaded.model_name, loaded.version)
    if waits := waiting(candidate, gates):
        return waits
    key = _key(candidate, gates)
    key, intended = _begun(platform, key)
    if intended:
        verify_begun(platform, standing, intended, loaded)
        return _finish(platform, intended)
    note_thresholds(platform, request.model_name, gates)
    note_approvers(platform, day)
    drift = load_dated(platform.policies("monitoring"), as_of)
    drift_thresholds = parse_drift_thresholds(drift.version, drift.content)
    evidence = gather_evidence(candidate, drift_thresholds, gates)
    thresholds = parse_thresholds(gates.version, gates.content)
    overrides = overrides_of(candidate, gates, judge(evidence, thresholds, day))
    verdict = judge(evidence, thresholds, day, overrides)
    grounds = grounds_of(candidate, gates, evidence, day)
    if isinstance(verdict, Cleared):
        return _finish(platform, _intend(candidate, evidence, verdict, grounds, key))
    return _refuse(candidate, evidence, verdict, grounds, key)


def _version(platform: Platform, request: PromoteModelRequest) -> str:
    version = request.version or platform.registry.version_at_alias(request.model_name, CHALLENGER)
    if version is None:
        raise ModelError(
            f"{request.model_name} has no challenger; train one first: tidegate retrain"
        )
    return version


def _already_champion(candidate: Candidate, gates: DatedFile) -> PromoteModelOutcome | None:
    """The stored outcome of a champion whose certificate stands; its alias is put right."""
    platform, standing, loaded = candidate.platform, candidate.standing, candidate.loaded
    if standing is None or standing.version != loaded.version:
        return None
    if standing.certificate.thresholds_digest != gates.digest:
        return None
    try:
        verify_seal(platform, standing)
        verify_loaded(platform, standing.certificate, standing.certificate_digest, loaded)
    except NoCertifiedChampion:
        return None
    promoted = [
        PromoteModelOutcome.model_validate(entry.payload)
        for entry in platform.ledger.entries(EntryKind.MODEL_PROMOTED)
        if entry.payload["certificate_digest"] == standing.certificate_digest
    ]
    move_alias(platform, standing.certificate)
    return promoted[-1].model_copy(update={"recognised": True})


def _key(candidate: Candidate, gates: DatedFile) -> str:
    """The same candidate on the same data under the same thresholds is the same promotion."""
    platform, loaded, standing = candidate.platform, candidate.loaded, candidate.standing
    versions = platform.lake.versions()
    read = [table for table in tables_of(candidate.service) if table in versions]
    return digest_of(
        {
            "model_name": loaded.model_name,
            "version": loaded.version,
            "artefact_digest": loaded.model.artefact_digest,
            "thresholds": gates.digest,
            "as_of": candidate.as_of,
            "data_versions": {table: versions[table] for table in read},
            "champion_before": standing.entry_digest if standing else None,
        }
    )


def _begun(platform: Platform, key: str) -> tuple[str, Entry | None]:
    """The key of this promotion, and the intention recorded under it, where one still holds.

    One whose override ended before it was carried out is passed over, for a key after it.
    """
    while intended := platform.ledger.find(EntryKind.PROMOTION_INTENDED, key):
        overrides = certificate_in(intended).overrides
        if all(latest_day(platform) <= override.until for override in overrides):
            return key, intended
        key = digest_of({"promotion": key, "override_ended": intended.digest})
    return key, None


def _intend(
    candidate: Candidate, evidence: Evidence, verdict: Cleared, grounds: Grounds, key: str
) -> Entry:
    """Record the intention, certificate and steps included; only a cleared verdict has one."""
    platform, loaded, standing = candidate.platform, candidate.loaded, candidate.standing
    certificate = certify(
        verdict,
        grounds,
        model_name=loaded.model_name,
        version=loaded.version,
        artefact_digest=loaded.model.artefact_digest,
        feature_service=loaded.feature_service,
        schema_hash=candidate.schema_in_use,
        data_versions=candidate.lineage,
        previous_champion=standing.version if standing else None,
        actor=platform.settings.actor,
        as_of=candidate.as_of,
    )
    seal = sealed(platform, certificate, standing.entry_digest if standing else None)
    outcome = outcome_of(candidate, verdict, grounds, certificate.digest)
    plan = plan_for(candidate, judging_day(platform, candidate.as_of))
    _log_verdict(candidate, evidence, outcome, certificate)
    return platform.ledger.append(
        EntryKind.PROMOTION_INTENDED,
        platform.settings.actor,
        {
            "model_name": loaded.model_name,
            "version": loaded.version,
            "outcome": outcome.model_dump(mode="json"),
            "certificate": certificate.as_plain(),
            "launch": plan.model_dump(mode="json") if plan else None,
            SEAL: seal,
        },
        key=key,
    )


def _finish(platform: Platform, intended: Entry) -> PromoteModelOutcome:
    """Carry out a recorded intention: launch it, or make it champion at once."""
    if intended.payload.get("launch"):
        return begin_launch(platform, intended)
    return crown(platform, intended)


def _refuse(
    candidate: Candidate, evidence: Evidence, verdict: Refused, grounds: Grounds, key: str
) -> PromoteModelOutcome:
    platform, loaded = candidate.platform, candidate.loaded
    outcome = outcome_of(candidate, verdict, grounds, None)
    reasons = {result.check: result.message for result in verdict.failing}
    refusal = digest_of({"promotion": key, "reasons": reasons})
    if entry := platform.ledger.find(EntryKind.PROMOTION_REFUSED, refusal):
        stored = PromoteModelOutcome.model_validate(entry.payload)
        return stored.model_copy(update={"recognised": True})
    _log_verdict(candidate, evidence, outcome, None)
    failing = ",".join(reasons)
    platform.registry.set_version_tags(
        loaded.model_name, loaded.version, {"gate": "refused", "gate_failing": failing}
    )
    platform.record(EntryKind.PROMOTION_REFUSED, outcome, key=refusal)
    _log.warning("promotion_refused", model=loaded.model_name, failing=failing)
    return outcome


def _log_verdict(
    candidate: Candidate,
    evidence: Evidence,
    outcome: PromoteModelOutcome,
    certificate: Certificate | None,
) -> None:
    files: dict[str, object] = {
        "evidence.json": evidence.as_plain(),
        "verdict.json": outcome.model_dump(mode="json"),
        **files_of_candidate(candidate),
    }
    if certificate is not None:
        files["certificate.json"] = certificate.as_plain() | {"digest": certificate.digest}
    loaded = candidate.loaded
    candidate.platform.registry.log_evidence(loaded.model_name, loaded.version, files)

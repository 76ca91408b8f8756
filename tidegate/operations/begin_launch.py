"""Begin a launch: a cleared promotion with steps before it starts with the first of them."""

from datetime import date

import structlog

from credit_limits.domain.errors import GateRefused, NoCertifiedChampion
from credit_limits.launch.policy import LaunchPolicy, Step, parse_launch_policy
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import certificate_in, verify_loaded, verify_seal
from tidegate.operations.crown import show_cleared
from tidegate.operations.launches import (
    Launch,
    LaunchPlan,
    StopCause,
    launches,
    open_launch,
    plan_of,
    record_stop,
    show_launch,
)
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import PromoteModelOutcome

_log = structlog.get_logger(__name__)
_FOR_GOOD = (StopCause.HARM, StopCause.ROWS)


def launch_policy(platform: Platform, day: date) -> tuple[LaunchPolicy, str]:
    """The launch policy of a day, and the digest of its file.

    Raises:
        PolicyError: there is none in force, or it cannot be used.
    """
    file = load_dated(platform.policies("launch"), day)
    return parse_launch_policy(file.version, file.content), file.digest


def plan_for(candidate: Candidate, day: date) -> LaunchPlan | None:
    """The steps before this candidate, None where it decides at once.

    It does where the policy has no steps, and where no other version stands that may decide: there
    is nothing then to be held against, and a cycle without a champion serves nobody.
    """
    policy, digest = launch_policy(candidate.platform, day)
    standing = candidate.standing
    if not policy.steps or standing is None or standing.version == candidate.loaded.version:
        return None
    try:
        verify_seal(candidate.platform, standing)
        champion = candidate.platform.registry.load(candidate.loaded.model_name, standing.version)
        verify_loaded(
            candidate.platform, standing.certificate, standing.certificate_digest, champion
        )
    except NoCertifiedChampion as refusal:
        _log.warning("launch_without_steps", reason=str(refusal))
        return None
    return plan_of(policy, digest)


def launching_already(candidate: Candidate, thresholds_digest: str) -> PromoteModelOutcome | None:
    """The stored outcome of a version that launches under these thresholds already."""
    launch = open_launch(candidate.platform, candidate.loaded.model_name)
    if launch is None or launch.version != candidate.loaded.version:
        return None
    if certificate_in(launch.intended).thresholds_digest != thresholds_digest:
        return None
    return _outcome(launch.intended, launch.step).model_copy(update={"recognised": True})


def not_stopped_before(platform: Platform, model_name: str, version: str) -> None:
    """Raise :class:`GateRefused` where the launch of this version did harm: it has no second."""
    for launch in launches(platform, model_name):
        stopped = launch.stopped
        if stopped and launch.version == version and stopped.cause in _FOR_GOOD:
            raise GateRefused(
                f"version {version} of {model_name} was stopped in {stopped.step} on "
                f"{stopped.as_of}: {stopped.reason}. It is not launched again; train another: "
                "tidegate retrain"
            )


def waiting(candidate: Candidate, gates: DatedFile) -> PromoteModelOutcome | None:
    """The outcome of a version that waits while another is in canary; None where none is.

    It is not judged: its certificate would be sealed in the place of a champion that is about to
    be replaced, and two canaries at once could not be told apart. Nothing is written, so the next
    call judges it.
    """
    loaded, standing = candidate.loaded, candidate.standing
    launch = open_launch(candidate.platform, loaded.model_name)
    if launch is None or launch.step is Step.SHADOW:
        return None
    reason = (
        f"version {launch.version}, in {launch.step} since {launch.since}. Promote it again once "
        "that launch is over (tidegate launch status), or end that one: tidegate launch stop "
        "--reason WHY"
    )
    _log.warning("promotion_waits", version=loaded.version, waits_for=launch.version)
    return PromoteModelOutcome(
        model_name=loaded.model_name,
        version=loaded.version,
        as_of=candidate.as_of,
        cleared=False,
        checks=[],
        certificate_digest=None,
        previous_champion=standing.version if standing else None,
        thresholds_version=gates.version,
        evidence_digest="",
        thresholds_digest=gates.digest,
        waits_for=reason,
    )


def begin_launch(platform: Platform, intended: Entry) -> PromoteModelOutcome:
    """Start the first step of a recorded intention. Safe to be run again.

    A version that is still in shadow is replaced: nothing of it holds for anyone.

    Raises:
        GateRefused: this very launch was stopped.
    """
    certificate = certificate_in(intended)
    plan = LaunchPlan.model_validate(intended.payload["launch"])
    name, version = certificate.model_name, certificate.version
    for launch in launches(platform, name):
        if launch.key == intended.key and launch.stopped:
            raise GateRefused(
                f"the launch of version {version} of {name} was stopped on {launch.stopped.as_of}: "
                f"{launch.stopped.reason}. Promote it again with newer data, or train another"
            )
    first = plan.steps[0].step
    outcome = _outcome(intended, first)
    before = open_launch(platform, name)
    if before is not None and before.key != intended.key:
        _replace(platform, before, version, certificate.as_of)
    show_cleared(platform, certificate)
    show_launch(platform, name, version, first)
    platform.ledger.append(
        EntryKind.LAUNCH_BEGUN,
        platform.settings.actor,
        {
            **outcome.model_dump(mode="json"),
            "reason": f"cleared by {outcome.thresholds_version}; steps of {plan.policy_version}",
            "plan": plan.model_dump(mode="json"),
        },
        key=intended.key,
    )
    _log.info("launch_begun", model=name, version=version, step=first)
    return outcome


def _replace(platform: Platform, before: Launch, version: str, as_of: date) -> None:
    reason = f"version {version} was cleared while this one was in {before.step}"
    record_stop(platform, before, as_of, cause=StopCause.REPLACED, reason=reason)


def _outcome(intended: Entry, step: Step) -> PromoteModelOutcome:
    stored = PromoteModelOutcome.model_validate(intended.payload["outcome"])
    return stored.model_copy(update={"step": step})

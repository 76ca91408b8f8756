"""Serve a launch: a cycle's decisions by the version that launches, beside the champion's."""

from dataclasses import dataclass

from credit_limits.decisions import DecisionBatch
from credit_limits.launch.policy import Step
from credit_limits.launch.swap_set import Decided, parity, swap_set
from tidegate.operations.decision_cycle import DecisionCycle
from tidegate.operations.decision_inputs import make_decisions
from tidegate.operations.launches import (
    Launch,
    LaunchServed,
    record_served,
    served_already,
)
from tidegate.operations.limits_outcome import AdjustLimitsOutcome
from tidegate.operations.platform import Platform

SHADOW_TABLE = "shadow_decisions"


@dataclass(frozen=True, slots=True)
class Made:
    """A cycle as it was asked for, its outcome, and its decisions.

    ``batch`` is None where they were recognised, or some of them made before.
    """

    cycle: DecisionCycle
    outcome: AdjustLimitsOutcome
    batch: DecisionBatch | None


def serve_canary(
    platform: Platform, launch: Launch, made: Made, canary: Made | None
) -> LaunchServed:
    """Record that a canary and its control were decided; ``canary`` is None if it has nobody."""
    share = f"{launch.planned.share:.0%}"
    served = LaunchServed(
        launch=launch.key,
        model_name=launch.model_name,
        version=launch.version,
        as_of=made.outcome.as_of,
        step=Step.CANARY,
        batch_id=canary.outcome.batch_id if canary else "",
        champion_batch_id=made.outcome.batch_id,
        decisions=canary.outcome.decisions if canary else 0,
        reason=f"a seeded {share} of the accounts was decided by version {launch.version}",
    )
    record_served(platform, served)
    return served


def serve_shadow(
    platform: Platform, launch: Launch, made: Made, shadow: DecisionCycle | None
) -> LaunchServed:
    """Decide the same accounts with the launching version, where nothing reads it as effective.

    Raises:
        AllocationInfeasible: the caps of the policy cannot be met with this version.
    """
    as_of, champion_batch = made.outcome.as_of, made.outcome.batch_id
    if done := served_already(platform, launch.key, as_of, champion_batch):
        return done
    assert shadow is not None, "the champion has decided accounts, so there are some to decide"
    batch_id = shadow.batch_id.replace("limits-", "shadow-", 1)
    batch, rows = make_decisions(
        shadow.inputs, shadow.lineage, shadow.identity, threads=platform.settings.threads
    )
    platform.lake.append(SHADOW_TABLE, rows, batch_id)
    champion, launching = _decided(made.cycle, made.batch), _decided(shadow, batch)
    served = LaunchServed(
        launch=launch.key,
        model_name=launch.model_name,
        version=launch.version,
        as_of=as_of,
        step=Step.SHADOW,
        batch_id=batch_id,
        champion_batch_id=champion_batch,
        decisions=len(shadow.inputs.portfolio),
        parity=parity(champion, launching),
        swap_set=swap_set(champion, launching),
        reason=f"version {launch.version} decided the same accounts in shadow, without effect",
    )
    record_served(platform, served)
    return served


def _decided(cycle: DecisionCycle, batch: DecisionBatch | None) -> Decided:
    """The decisions of a cycle, made again where they were recognised."""
    inputs = cycle.inputs
    return Decided(inputs.portfolio, batch or inputs.decided(), cycle.identity.state_digests)

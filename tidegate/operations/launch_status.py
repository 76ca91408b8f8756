"""Launch status: which version is in which step, what its cycles came to, and what comes next."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.launch.policy import Step
from tidegate.operations.advance_launch import harm_sentence, waiting_for
from tidegate.operations.champion import standing_champion
from tidegate.operations.launch_outcomes import look_at
from tidegate.operations.launches import (
    HarmRow,
    Launch,
    LaunchServed,
    LaunchStopped,
    launches,
    open_launch,
)
from tidegate.operations.platform import Platform


class LaunchStatusRequest(BaseModel):
    """Of which model, on which day."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_name: str = Field("default_risk", description="model in the registry")
    as_of: date | None = Field(
        None, description="day to look at; the lake's last day of knowledge if empty"
    )


class StepStatusRow(BaseModel):
    """A step of the plan; ``served`` cycles of its ``cycles``, ``since`` when, ``now`` if it is."""

    model_config = ConfigDict(frozen=True)

    step: Step
    cycles: int
    share: float
    served: int
    since: date | None
    now: bool


class LaunchStatusOutcome(BaseModel):
    """Who is champion and who launches beside it; ``version`` is None where nobody does.

    ``harm`` is what a look at the canary finds on that day, ``harm_sentence`` the same in words;
    ``last_served`` the last cycle, with parity and swap set where it was a shadow; ``next`` what
    the next cycle will do or wait for. ``last_stopped`` is how the last launch ended.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    as_of: date
    champion: str | None
    version: str | None = None
    step: Step | None = None
    since: date | None = None
    steps: tuple[StepStatusRow, ...] = ()
    harm: HarmRow | None = None
    harm_sentence: str = ""
    last_served: LaunchServed | None = None
    next: str = ""
    last_stopped: LaunchStopped | None = None


def launch_status(platform: Platform, request: LaunchStatusRequest) -> LaunchStatusOutcome:
    """How a launch stands on a day. Nothing is written.

    Raises:
        PolicyError: no monitoring policy is in force on the day of a canary.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    as_of = request.as_of or platform.lake.latest_knowledge()
    standing = standing_champion(platform, request.model_name)
    found = launches(platform, request.model_name, as_of)
    stopped = [each.stopped for each in found if each.stopped]
    outcome = LaunchStatusOutcome(
        model_name=request.model_name,
        as_of=as_of,
        champion=standing.version if standing else None,
        last_stopped=stopped[-1] if stopped else None,
    )
    launch = open_launch(platform, request.model_name, as_of)
    return outcome if launch is None else _open(platform, launch, as_of, outcome)


def _open(
    platform: Platform, launch: Launch, as_of: date, outcome: LaunchStatusOutcome
) -> LaunchStatusOutcome:
    harm = look_at(platform, launch, as_of) if launch.step is Step.CANARY else None
    served = [row for row in launch.served if row.as_of <= as_of]
    return outcome.model_copy(
        update={
            "version": launch.version,
            "step": launch.step,
            "since": launch.since,
            "steps": _rows(launch, as_of),
            "harm": harm,
            "harm_sentence": harm_sentence(harm) if harm else "",
            "last_served": served[-1] if served else None,
            "next": _next(launch, as_of, harm),
        }
    )


def _rows(launch: Launch, as_of: date) -> tuple[StepStatusRow, ...]:
    begins = {0: launch.begun_on} | {row.place: row.as_of for row in launch.stepped}
    rows = []
    for place, planned in enumerate(launch.plan.steps):
        since, until = begins.get(place), begins.get(place + 1)
        days = {
            row.as_of
            for row in launch.served
            if since and since <= row.as_of <= as_of and (until is None or row.as_of < until)
        }
        rows.append(
            StepStatusRow(
                step=planned.step,
                cycles=planned.cycles,
                share=planned.share,
                served=len(days),
                since=since,
                now=place == launch.place,
            )
        )
    return tuple(rows)


def _next(launch: Launch, as_of: date, harm: HarmRow | None) -> str:
    """What the first cycle after ``as_of`` does, as far as is known now."""
    if harm is not None and harm.evidence >= harm.needed:
        return "the next cycle stops the launch"
    if waits := waiting_for(launch, date.fromordinal(as_of.toordinal() + 1), harm):
        return f"it waits for {waits}"
    steps = launch.plan.steps
    following = steps[launch.place + 1].step if launch.place + 1 < len(steps) else Step.FULL
    return f"the next cycle begins with the step {following}"

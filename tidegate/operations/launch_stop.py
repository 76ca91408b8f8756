"""Stop a launch by hand; the champion stays."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.errors import InputError
from credit_limits.launch.policy import Step
from tidegate.operations.launches import (
    LaunchStopped,
    StopCause,
    launches,
    open_launch,
    record_stop,
)
from tidegate.operations.platform import Platform


class StopLaunchRequest(BaseModel):
    """Which launch to stop, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    reason: str = Field(min_length=1, description="why, as the ledger will tell it")
    model_name: str = Field("default_risk", description="model in the registry")
    as_of: date | None = Field(
        None, description="day from which it is stopped; the lake's last day if empty"
    )


class StopLaunchOutcome(BaseModel):
    """The launch that was stopped, and in which step it was."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    step: Step
    as_of: date
    reason: str
    recognised: bool = False


def launch_stop(platform: Platform, request: StopLaunchRequest) -> StopLaunchOutcome:
    """Stop the open launch; the same again is recognised.

    Raises:
        InputError: no version launches.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    as_of = request.as_of or platform.lake.latest_knowledge()
    launch = open_launch(platform, request.model_name)
    if launch is not None:
        stopped = record_stop(
            platform, launch, as_of, cause=StopCause.PERSON, reason=request.reason
        )
        return _outcome(stopped, recognised=False)
    found = launches(platform, request.model_name)
    last = found[-1].stopped if found else None
    if last is None or (last.cause, last.reason) != (StopCause.PERSON, request.reason):
        raise InputError(
            f"no version of {request.model_name} launches; see tidegate launch status. To take a "
            "champion back: tidegate roll-back"
        )
    return _outcome(last, recognised=True)


def _outcome(stopped: LaunchStopped, *, recognised: bool) -> StopLaunchOutcome:
    return StopLaunchOutcome(
        model_name=stopped.model_name,
        version=stopped.version,
        step=stopped.step,
        as_of=stopped.as_of,
        reason=stopped.reason,
        recognised=recognised,
    )

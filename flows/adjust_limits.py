"""adjust-limits: decide the limit of every open account with the certified champion."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("adjust_limits")

from prefect import flow, task

from flows import events, publishing
from flows.steps import carry_out
from tidegate.operations import adjust_limits as operation
from tidegate.operations.adjust_limits import AdjustLimitsOutcome, AdjustLimitsRequest
from tidegate.operations.promotion_outcome import PromoteModelOutcome


@task(name="adjust-limits")
def adjust(
    request: AdjustLimitsRequest, _cleared: PromoteModelOutcome | None = None
) -> AdjustLimitsOutcome:
    """Score, decide, allocate under the caps, record; in a cycle, after the cleared promotion."""
    with events.of_refusal():
        return carry_out("adjust", operation.adjust_limits, request, publishing.limits)


@flow(name="adjust-limits")
def adjust_limits(request: AdjustLimitsRequest) -> AdjustLimitsOutcome:
    """Decide the limit of every open account. Refused where no champion has a certificate."""
    return adjust(request)

"""promote-model: put the challenger through the gate chain; champion only if all of it clears."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("promote_model")

from prefect import flow, task

from flows import events, publishing
from flows.steps import carry_out
from tidegate.operations import promote_model as operation
from tidegate.operations import promotion_outcome
from tidegate.operations.promote_model import PromoteModelRequest
from tidegate.operations.promotion_outcome import PromoteModelOutcome


@task(name="judge-model")
def judge(request: PromoteModelRequest) -> PromoteModelOutcome:
    """Gather the evidence, judge it, and move the alias where every check passed."""
    return carry_out(
        "promote", operation.promote_model, request, publishing.gate, events.of_promotion
    )


@task(name="require-cleared")
def require_cleared(outcome: PromoteModelOutcome) -> PromoteModelOutcome:
    """The same outcome where every check passed; the run fails with GateRefused where not."""
    return promotion_outcome.require_cleared(outcome)


@flow(name="promote-model")
def promote_model(request: PromoteModelRequest) -> PromoteModelOutcome:
    """Put a candidate through the gate chain. It becomes champion only if every check passes."""
    return require_cleared(judge(request))

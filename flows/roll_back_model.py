"""roll-back-model: make an earlier version champion again, if its certificate still stands."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("roll_back_model")

from prefect import flow, task

from flows import events, publishing
from flows.steps import carry_out
from tidegate.operations import roll_back_model as operation
from tidegate.operations.roll_back_model import RollBackModelOutcome, RollBackModelRequest


@task(name="roll-back-model")
def roll_back(request: RollBackModelRequest) -> RollBackModelOutcome:
    """Verify the earlier version's certificate, then move the alias."""
    return carry_out(
        "roll back", operation.roll_back_model, request, publishing.rollback, events.of_roll_back
    )


@flow(name="roll-back-model")
def roll_back_model(request: RollBackModelRequest) -> RollBackModelOutcome:
    """Make an earlier version champion again; its certificate must still verify."""
    return roll_back(request)

"""retrain-model: train a candidate on what was known, and register it as the challenger."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("retrain_model")

from prefect import flow, task

from flows import publishing
from flows.steps import carry_out
from tidegate.operations import retrain_model as operation
from tidegate.operations.retrain_model import RetrainModelOutcome, RetrainModelRequest


@task(name="retrain-model")
def retrain(request: RetrainModelRequest) -> RetrainModelOutcome:
    """Label, split by time, fit, calibrate, evaluate, register."""
    return carry_out("retrain", operation.retrain_model, request, publishing.candidate)


@flow(name="retrain-model")
def retrain_model(request: RetrainModelRequest) -> RetrainModelOutcome:
    """Train a candidate on what was known at a date, and register it as the challenger."""
    return retrain(request)

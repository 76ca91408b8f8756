"""materialize-features: compute the feature snapshots of a date and of the months before it."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("materialize_features")

from prefect import flow, task

from flows import publishing
from flows.steps import carry_out
from tidegate.operations import materialize_features as operation
from tidegate.operations.materialize_features import (
    MaterializeFeaturesOutcome,
    MaterializeFeaturesRequest,
)


@task(name="materialize-features")
def materialize(request: MaterializeFeaturesRequest) -> MaterializeFeaturesOutcome:
    """Compute the snapshots that are missing or whose data has changed."""
    return carry_out("materialize", operation.materialize_features, request, publishing.features)


@flow(name="materialize-features")
def materialize_features(request: MaterializeFeaturesRequest) -> MaterializeFeaturesOutcome:
    """Compute the feature snapshots of a date and of the months before it, as known then."""
    return materialize(request)

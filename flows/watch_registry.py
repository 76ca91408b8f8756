"""watch-registry: take up promotions asked for in MLflow, and find an alias moved by hand."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("watch_registry")

from prefect import flow, task

from flows import events, publishing
from flows.steps import carry_out
from tidegate.operations import watch_registry as operation
from tidegate.operations.watch_registry import WatchRegistryOutcome, WatchRegistryRequest


@task(name="watch-registry")
def watch(request: WatchRegistryRequest) -> WatchRegistryOutcome:
    """Mark what is requested as taken, hold the alias champion against the ledger."""
    return carry_out(
        "watch registry",
        operation.watch_registry,
        request,
        publishing.registry,
        events.of_registry,
    )


@flow(name="watch-registry")
def watch_registry(request: WatchRegistryRequest) -> WatchRegistryOutcome:
    """Find what people did to models in the MLflow UI: promotions asked for, an alias moved."""
    return watch(request)

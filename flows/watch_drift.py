"""watch-drift: compare today's portfolio with the reference that the champion was stored with."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("watch_drift")

from prefect import flow, task

from flows import events, publishing
from flows.steps import carry_out
from tidegate.operations import watch_drift as operation
from tidegate.operations.watch_drift import WatchDriftRequest
from tidegate.operations.watch_outcome import WatchDriftOutcome


@task(name="watch-drift")
def watch(request: WatchDriftRequest) -> WatchDriftOutcome:
    """Population stability of every input and of the score, and the verdict on them."""
    with events.of_refusal():
        return carry_out("watch", operation.watch_drift, request, publishing.drift, events.of_watch)


@flow(name="watch-drift")
def watch_drift(request: WatchDriftRequest) -> WatchDriftOutcome:
    """Compare today's inputs and scores with the champion's reference: none, notice or alarm."""
    return watch(request)

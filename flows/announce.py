"""announce: tell people of something that happened; automations start it, one run an event."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("announce")

from prefect import flow, task

from flows import publishing
from flows.steps import carry_out
from tidegate.operations import announce as operation
from tidegate.operations.announce import AnnounceOutcome, AnnounceRequest


@task(name="announce")
def tell(request: AnnounceRequest) -> AnnounceOutcome:
    """Log the notice, post it where a webhook is set, record it."""
    return carry_out("announce", operation.announce, request, publishing.notice)


@flow(name="announce")
def announce(request: AnnounceRequest) -> AnnounceOutcome:
    """Tell people of an event, once: a line in the log, and a signed notice to the webhook."""
    return tell(request)

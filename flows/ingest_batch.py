"""ingest-batch: validate a lender's files and take them into the lake."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("ingest_batch")

from prefect import flow, task

from flows import events, publishing
from flows.steps import carry_out
from tidegate.operations import ingest_batch as operation
from tidegate.operations.ingest_batch import IngestBatchOutcome, IngestBatchRequest


@task(name="ingest-batch")
def ingest(request: IngestBatchRequest) -> IngestBatchOutcome:
    """Validate, accept or quarantine every source line, append to the lake."""
    return carry_out("ingest", operation.ingest_batch, request, publishing.batch, events.of_batch)


@flow(name="ingest-batch")
def ingest_batch(request: IngestBatchRequest) -> IngestBatchOutcome:
    """Validate a lender's files and take them into the lake; bad lines go to quarantine."""
    return ingest(request)

"""Write the cycle's page: everything from the ledger and the lake, into one HTML file."""

from datetime import date

import structlog
from pydantic import BaseModel, ConfigDict, Field

from tidegate.operations.platform import Platform
from tidegate.operations.whole_files import write_whole

_log = structlog.get_logger(__name__)


class WriteReportRequest(BaseModel):
    """Which cycle to write up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(
        None, description="date of the cycle; the lake's last day of knowledge if empty"
    )


class WriteReportOutcome(BaseModel):
    """Where the page is. ``recognised``: the same page was there already, byte for byte."""

    model_config = ConfigDict(frozen=True)

    as_of: date
    path: str
    size_bytes: int
    recognised: bool = False


def write_report(platform: Platform, request: WriteReportRequest) -> WriteReportOutcome:
    """Render the page of the cycle and write it whole or not at all.

    The page follows from the ledger's entries and the lake's rows alone; the same content gives
    the same bytes. What has not happened yet is said on the page.

    Raises:
        DataMissing: no date is given and nothing was ingested yet.
        LedgerBroken: an entry of the ledger cannot be read.
    """
    from tidegate.adapters.report_page import render
    from tidegate.operations.gather_cycle import gather_cycle

    as_of = request.as_of or platform.lake.latest_knowledge()
    page = render(gather_cycle(platform, as_of))
    path = platform.settings.reports_dir / f"cycle-{as_of.isoformat()}.html"
    recognised = path.is_file() and path.read_bytes() == page
    if not recognised:
        write_whole(path, page)
    _log.info("report_written", as_of=str(as_of), size_bytes=len(page), recognised=recognised)
    return WriteReportOutcome(
        as_of=as_of, path=str(path), size_bytes=len(page), recognised=recognised
    )

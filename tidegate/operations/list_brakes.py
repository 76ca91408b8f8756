"""List brakes: those that hold on a day, who answers for them, and when they end by themselves."""

from dataclasses import asdict
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.account import Product, Segment
from credit_limits.policy.brakes import BrakeMeasure
from tidegate.operations.brakes import open_brakes
from tidegate.operations.platform import Platform


class ListBrakesRequest(BaseModel):
    """Of which day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(
        None, description="day on which they hold; the lake's last day of knowledge if empty"
    )


class OpenBrakeRow(BaseModel):
    """A brake that holds; ``sequence`` is its entry in the ledger, and what it is released by."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    brake: str
    measure: BrakeMeasure
    products: list[Product]
    segments: list[Segment]
    regions: list[str]
    ratio_permille: int | None
    grades: int | None
    since: date
    expires_on: date | None
    owner: str
    reason: str


class ListBrakesOutcome(BaseModel):
    """The brakes that hold on a day, oldest first."""

    model_config = ConfigDict(frozen=True)

    as_of: date
    brakes: list[OpenBrakeRow]


def list_brakes(platform: Platform, request: ListBrakesRequest) -> ListBrakesOutcome:
    """The brakes that hold on a day, from the ledger alone.

    Raises :class:`~credit_limits.domain.errors.LedgerBroken` where an entry was altered.
    """
    platform.ledger.verify()
    as_of = request.as_of or platform.lake.latest_knowledge()
    rows = [
        OpenBrakeRow(
            sequence=brake.entry_sequence,
            brake=brake.order.words,
            **asdict(brake.order),
            since=brake.since,
            expires_on=brake.expires_on,
            owner=brake.owner,
            reason=brake.reason,
        )
        for brake in open_brakes(platform, as_of)
    ]
    return ListBrakesOutcome(as_of=as_of, brakes=rows)

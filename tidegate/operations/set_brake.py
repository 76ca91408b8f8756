"""Set a brake: a person holds raises back in a part of the portfolio, for a time.

The same concept as the brake that an alarm applies, and the same entries. It always ends by
itself: without a last day it is refused. Where the approval policy names approvers it takes the
key of one of them.
"""

from dataclasses import asdict
from datetime import date
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field, model_validator

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing, InputError
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.policy.brakes import BrakeMeasure, BrakeOrder
from tidegate.operations.approver_signatures import signed_by_approver
from tidegate.operations.brakes import BrakeApplied, open_brakes
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)


class AskedBrake(BaseModel):
    """What a brake is to order, and for whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: BrakeMeasure = Field(
        description="no_increases stops raises, slow_increases bounds each by --ratio, "
        "tighten_grades judges them --grades risk grades stricter"
    )
    ratio: float | None = Field(
        None, gt=1, le=10, description="a raise goes at most to this ratio of today's limit"
    )
    grades: int | None = Field(
        None, ge=1, le=6, description="a raise is bounded as if the grade were so many riskier"
    )
    product: Product | None = Field(None, description="for this product; both if empty")
    segment: Segment | None = Field(
        None, description="for customers of this segment, or whose segment is not known"
    )
    region: str | None = Field(
        None, description="for customers in this region, or whose region is not known"
    )
    as_of: date | None = Field(
        None, description="day from which it holds; the lake's last day of knowledge if empty"
    )

    @model_validator(mode="after")
    def _fits(self) -> "AskedBrake":
        _ = self.order
        return self

    @property
    def order(self) -> BrakeOrder:
        """The order; ``ValueError`` where the measure and its degree do not fit."""
        return BrakeOrder(
            self.measure,
            tuple(sorted(Product)) if self.product is None else (self.product,),
            () if self.segment is None else (self.segment,),
            () if self.region is None else (self.region,),
            None if self.ratio is None else round(self.ratio * 1000),
            self.grades,
        )


class SetBrakeRequest(AskedBrake):
    """The brake, who answers for it, why, and when it ends by itself."""

    until: date = Field(description="day on which it ends by itself; it does not hold on that day")
    owner: str = Field(min_length=1, description="who answers for it")
    reason: str = Field(min_length=1, description="why, as the ledger will tell it")
    key: Path | None = Field(
        None, description="file with your private key, needed where the policy names approvers"
    )


class SetBrakeOutcome(BaseModel):
    """The brake that holds from a day on; ``sequence`` is its entry, and what ends it.

    ``name`` is the approver's whose key signed, empty where nobody's was needed.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    sequence: int
    brake: str
    expires_on: date
    owner: str
    reason: str
    actor: str
    name: str
    recognised: bool = False


def set_brake(platform: Platform, request: SetBrakeRequest) -> SetBrakeOutcome:
    """Put a brake on from a day on.

    The same again while it holds is recognised and writes nothing; after it was ended it is a
    brake anew.

    Raises:
        InputError: it would end before it began, or no customer is known in the region.
        PolicyError: approvers are named, and no key was given or it is none of theirs.
        SettingsError: the key file cannot be used.
        DataMissing: the lake has no customers to look for the region among.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    as_of = request.as_of or platform.lake.latest_knowledge()
    if request.until <= as_of:
        raise InputError(
            f"--until {request.until} is not after {as_of}, the day from which the brake holds"
        )
    check_region(platform, request.region, as_of)
    asked = BrakeApplied(
        **asdict(request.order),
        as_of=as_of,
        reason=request.reason,
        owner=request.owner,
        expires_on=request.until,
    )
    key, entry = _key(platform, asked)
    if entry is not None:
        return _outcome(entry, recognised=True)
    said = {"purpose": "set_brake", **asked.model_dump(mode="json")}
    signed = signed_by_approver(platform, request.key, as_of, "a brake is set", said)
    applied = asked.model_copy(update=signed)
    entry = platform.record(EntryKind.BRAKE_APPLIED, applied, key=key)
    _log.info("brake_set", brake=applied.order.words, as_of=str(as_of), by=applied.name)
    return _outcome(entry, recognised=False)


def check_region(platform: Platform, region: str | None, as_of: date) -> None:
    """Raise :class:`InputError` where no customer is known in the region: a slip of the pen."""
    if region is None:
        return
    if not platform.lake.exists("customers"):
        raise DataMissing("the lake has no customers; ingest a batch first: tidegate ingest PATH")
    with platform.lake.connect(known_at=as_of, tables=["customers"]) as connection:
        found = connection.execute(
            "SELECT DISTINCT region FROM customers WHERE region IS NOT NULL ORDER BY region"
        ).fetchall()
    known = [row[0] for row in found]
    if region not in known:
        there = ", ".join(known) or "none at all"
        raise InputError(f"no customer is known in the region {region!r}; known are: {there}")


def _key(platform: Platform, asked: BrakeApplied) -> tuple[str, Entry | None]:
    """The key of the entry to write; with it the entry where the very same brake holds already."""
    holding = {brake.entry_sequence for brake in open_brakes(platform, asked.as_of)}
    content, again = asked.model_dump(mode="json"), 0
    while True:
        key = digest_of({"set": content, "again": again})
        entry = platform.ledger.find(EntryKind.BRAKE_APPLIED, key)
        if entry is None or entry.sequence in holding:
            return key, entry
        again += 1


def _outcome(entry: Entry, *, recognised: bool) -> SetBrakeOutcome:
    applied = BrakeApplied.model_validate(entry.payload)
    assert applied.expires_on is not None
    return SetBrakeOutcome(
        as_of=applied.as_of,
        sequence=entry.sequence,
        brake=f"{applied.order.words} since {applied.as_of}",
        expires_on=applied.expires_on,
        owner=applied.owner,
        reason=applied.reason,
        actor=entry.actor,
        name=applied.name,
        recognised=recognised,
    )

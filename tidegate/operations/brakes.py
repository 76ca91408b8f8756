"""Brakes, by the ledger alone: which are open at a date, and what a watch does to them.

A brake is open from the date on which a watch or a person applied it up to the date on which it
was released or expired, that one excluded; so decisions of a past date are made again under the
brakes of that date. A watch releases what a watch applied, a person either. Everything that a
watch does to a brake is written before the watch, under keys derived from it: a run killed in
between writes the very same when it is started again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.digest import digest_of
from credit_limits.domain.periods import add_months
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.policy.brakes import BrakeMeasure, BrakeOrder, Brakes
from monitoring.brake_rule import BrakeRule
from monitoring.thresholds import DriftLevel
from tidegate.operations.platform import Platform

_ALARM = DriftLevel.ALARM.word


@dataclass(frozen=True, slots=True)
class Brake:
    """A brake that is open: what it orders and for whom, since when and why.

    ``entry_sequence`` is the place in the ledger of the entry that applied it. ``owner`` answers
    for it, empty for a brake of before there were owners; on ``expires_on`` it ends by itself,
    never where that is None.
    """

    order: BrakeOrder
    since: date
    reason: str
    entry_sequence: int
    owner: str = ""
    expires_on: date | None = None

    @property
    def name(self) -> str:
        """The brake in a few words, as outcomes and reports have it."""
        return f"{self.order.words} since {self.since}"


class OrderedBrake(BaseModel):
    """What a brake orders and for whom, as entries and outcomes have it."""

    model_config = ConfigDict(frozen=True)

    measure: BrakeMeasure
    products: tuple[Product, ...]
    segments: tuple[Segment, ...] = ()
    regions: tuple[str, ...] = ()
    ratio_permille: int | None = None
    grades: int | None = None

    @property
    def order(self) -> BrakeOrder:
        """The order itself."""
        return BrakeOrder(
            self.measure,
            self.products,
            self.segments,
            self.regions,
            self.ratio_permille,
            self.grades,
        )


class BrakeApplied(OrderedBrake):
    """What the ledger keeps of a brake applied.

    ``watch_key`` is that of the watch behind it, empty where a person set it; ``name``, ``key_id``
    and ``signature`` are theirs, where people have keys. Without ``owner`` and ``expires_on``: a
    brake of before there were any.
    """

    as_of: date
    reason: str
    policy_version: str = ""
    watch_key: str = ""
    owner: str = ""
    expires_on: date | None = None
    name: str = ""
    key_id: str = ""
    signature: str = ""


class BrakeReleased(BaseModel):
    """What the ledger keeps of a release; ``applied_key`` is that of the brake's own entry.

    A watch releases after ``quiet_watches``, and ``watch_key`` is its own; a person for a
    ``reason``. ``name``, ``key_id`` and ``signature`` are there where people have keys.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    brake: str
    applied_key: str
    quiet_watches: int | None = None
    watch_key: str = ""
    reason: str = ""
    name: str = ""
    key_id: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch that has just been made and is not in the ledger yet."""

    key: str
    as_of: date
    level: str
    reason: str
    policy_version: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """Names of the brakes that a watch applied and released."""

    applied: tuple[str, ...]
    released: tuple[str, ...]


def open_brakes(platform: Platform, as_of: date) -> tuple[Brake, ...]:
    """The brakes open at a date, oldest first, from the ledger alone."""
    return tuple(brake for _, brake in _open(platform, as_of, without=None))


def in_force(brakes: Sequence[Brake]) -> Brakes:
    """What these brakes order, taken together."""
    return Brakes(tuple(brake.order for brake in brakes))


def act_on(platform: Platform, watch: Watch, rule: BrakeRule) -> Consequences:
    """Apply the policy's brake on an alarm; release open ones after enough quiet watches.

    An alarm while a watch has already stopped the same applies nothing more; what a person has set
    is theirs to end, and no watch counts on it. Called again for the same watch it writes nothing
    and says the same.
    """
    before = [
        (entry, brake)
        for entry, brake in _open(platform, watch.as_of, without=watch.key)
        if entry.payload["watch_key"]
    ]
    if watch.level == _ALARM:
        return Consequences(_apply(platform, watch, rule, [brake for _, brake in before]), ())
    due = [
        (entry, brake)
        for entry, brake in before
        if _quiet_watches(platform, brake.since, watch) >= rule.quiet_watches
    ]
    for entry, brake in due:
        _release(platform, watch, rule, entry, brake)
    return Consequences((), tuple(brake.name for _, brake in due))


def _open(platform: Platform, as_of: date, *, without: str | None) -> list[tuple[Entry, Brake]]:
    """Open brakes with their entries, as if the watch of the key ``without`` had not been."""
    ended = {
        released.applied_key
        for entry in platform.ledger.entries(EntryKind.BRAKE_RELEASED)
        for released in (BrakeReleased.model_validate(entry.payload),)
        if released.as_of <= as_of and released.watch_key != without
    }
    return [
        (entry, _brake(entry.sequence, applied))
        for entry in platform.ledger.entries(EntryKind.BRAKE_APPLIED)
        for applied in (BrakeApplied.model_validate(entry.payload),)
        if applied.as_of <= as_of and entry.key not in ended and applied.watch_key != without
        if applied.expires_on is None or as_of < applied.expires_on
    ]


def _brake(sequence: int, applied: BrakeApplied) -> Brake:
    return Brake(
        order=applied.order,
        since=applied.as_of,
        reason=applied.reason,
        entry_sequence=sequence,
        owner=applied.owner,
        expires_on=applied.expires_on,
    )


def _apply(
    platform: Platform, watch: Watch, rule: BrakeRule, before: Sequence[Brake]
) -> tuple[str, ...]:
    stopped = {(b.order.measure, product) for b in before for product in b.order.products}
    if all((rule.measure, product) in stopped for product in rule.products):
        return ()
    applied = BrakeApplied(
        as_of=watch.as_of,
        measure=rule.measure,
        products=rule.products,
        reason=watch.reason,
        policy_version=watch.policy_version,
        watch_key=watch.key,
        owner=rule.owner,
        expires_on=add_months(watch.as_of, rule.expiry_months),
    )
    entry = platform.record(
        EntryKind.BRAKE_APPLIED,
        applied,
        key=digest_of({"watch": watch.key, "measure": rule.measure, "products": rule.products}),
    )
    return (_brake(entry.sequence, applied).name,)


def _release(platform: Platform, watch: Watch, rule: BrakeRule, entry: Entry, brake: Brake) -> None:
    released = BrakeReleased(
        as_of=watch.as_of,
        brake=brake.name,
        applied_key=entry.key,
        quiet_watches=rule.quiet_watches,
        watch_key=watch.key,
    )
    platform.record(
        EntryKind.BRAKE_RELEASED, released, key=digest_of({"watch": watch.key, "brake": entry.key})
    )


def _quiet_watches(platform: Platform, since: date, watch: Watch) -> int:
    """Days watched in a row without alarm up to this watch, each counted once, after ``since``.

    Of a day watched twice, with other data or another champion, the later verdict counts.
    """
    levels = {
        date.fromisoformat(str(entry.payload["as_of"])): str(entry.payload["level"])
        for entry in platform.ledger.entries(EntryKind.DRIFT_WATCHED)
        if entry.key != watch.key
    }
    levels[watch.as_of] = watch.level
    quiet = 0
    for day in sorted((d for d in levels if since < d <= watch.as_of), reverse=True):
        if levels[day] == _ALARM:
            break
        quiet += 1
    return quiet

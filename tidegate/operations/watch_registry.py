"""Watch the registry: take up promotions asked for there, and find an alias moved by hand."""

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.champion import CHAMPION, alias_finding, standing_champion
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_request import TAG, RequestState

_log = structlog.get_logger(__name__)

_OPEN = (RequestState.REQUESTED, RequestState.TAKEN)


class WatchRegistryRequest(BaseModel):
    """Which model of the registry to watch."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_name: str = Field("default_risk", description="model in the registry")


class UnknownTag(BaseModel):
    """A version whose tag ``promotion`` has a value that means nothing."""

    model_config = ConfigDict(frozen=True)

    version: str
    value: str


class MovedAlias(BaseModel):
    """An alias that is not where the ledger has it, and the sequence of the entry that notes it."""

    model_config = ConfigDict(frozen=True)

    finding: str
    ledger_entry: int


class WatchRegistryOutcome(BaseModel):
    """What was found.

    ``requested`` are the versions whose promotion is asked for and not answered, taken now or
    before; ``moved`` has one member where the alias ``champion`` was moved by hand, and none
    otherwise. ``recognised``: nothing of it is new.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    requested: list[str]
    unknown: list[UnknownTag]
    alias_version: str | None
    certified_version: str | None
    moved: list[MovedAlias]
    recognised: bool = False


def watch_registry(platform: Platform, request: WatchRegistryRequest) -> WatchRegistryOutcome:
    """Mark what is requested as taken, and hold the alias ``champion`` against the ledger.

    A version that was taken stays in the outcome until its promotion has answered, so that a
    request is not lost with the run that took it. A moved alias is noted in the ledger once, and
    so is its return.

    Raises:
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    name = request.model_name
    tags = platform.registry.tagged_versions(name, TAG)
    new = [version for version, value in tags.items() if value == RequestState.REQUESTED]
    for version in new:
        platform.registry.set_version_tags(name, version, {TAG: RequestState.TAKEN.value})
        _log.info("promotion_taken", model=name, version=version)
    standing = standing_champion(platform, name)
    moved, is_new = _alias_noted(platform, name)
    return WatchRegistryOutcome(
        model_name=name,
        requested=[version for version, value in tags.items() if value in _OPEN],
        unknown=[
            UnknownTag(version=version, value=value)
            for version, value in tags.items()
            if value not in tuple(RequestState)
        ],
        alias_version=platform.registry.version_at_alias(name, CHAMPION),
        certified_version=standing.version if standing else None,
        moved=moved,
        recognised=not new and not is_new,
    )


def _alias_noted(platform: Platform, model_name: str) -> tuple[list[MovedAlias], bool]:
    """The finding on the alias with the entry that notes it, and whether that is new.

    An entry's key has the entry before it of the same alias, so that an alias that is moved,
    put back and moved again is noted three times.
    """
    finding = alias_finding(platform, model_name)
    last = _last_note(platform, model_name)
    noted = str(last.payload["finding"]) if last else ""
    if finding == noted:
        entry = last if finding else None
        return ([MovedAlias(finding=finding, ledger_entry=entry.sequence)] if entry else []), False
    payload: dict[str, object] = {"model_name": model_name, "finding": finding}
    entry = platform.ledger.append(
        EntryKind.ALIAS_MOVED if finding else EntryKind.ALIAS_RESTORED,
        platform.settings.actor,
        payload,
        key=digest_of({**payload, "after": last.digest if last else None}),
    )
    if not finding:
        return [], True
    _log.error("alias_moved_by_hand", model=model_name, finding=finding)
    return [MovedAlias(finding=finding, ledger_entry=entry.sequence)], True


def _last_note(platform: Platform, model_name: str) -> Entry | None:
    notes = [
        entry
        for kind in (EntryKind.ALIAS_MOVED, EntryKind.ALIAS_RESTORED)
        for entry in platform.ledger.entries(kind)
        if entry.payload["model_name"] == model_name
    ]
    return max(notes, key=lambda entry: entry.sequence, default=None)

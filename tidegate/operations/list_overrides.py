"""List overrides: who answers for which refusal, until when, and whether enough have signed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.gates.approvals import ApprovalPolicy, Event
from credit_limits.gates.overrides import Override, signers_of
from tidegate.adapters.signing import verifies
from tidegate.operations.approvals import approval_policy
from tidegate.operations.ledger_time import latest_time
from tidegate.operations.makers import trainers_of
from tidegate.operations.overrides import SignedEntry, signed_overrides
from tidegate.operations.platform import Platform
from tidegate.operations.thresholds_history import judging_day


class ListOverridesRequest(BaseModel):
    """Whether those that have ended, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ended: bool = Field(False, description="whether to list those that have ended, too")


class OverrideListed(BaseModel):
    """One override. ``signed_by`` counts against ``required``; ``entries`` are the ledger's.

    ``state``: ``waits`` for keys, ``signed`` by enough, or ``ended``.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    check: str
    until: date
    reason: str
    signed_by: list[str]
    required: int
    state: str
    digest: str
    entries: list[int]


class ListOverridesOutcome(BaseModel):
    """Overrides, oldest first, as of a day by the ledger's time."""

    model_config = ConfigDict(frozen=True)

    today: date
    overrides: list[OverrideListed]


def list_overrides(platform: Platform, request: ListOverridesRequest) -> ListOverridesOutcome:
    """Every override by the ledger.

    Raises:
        PolicyError: no approval policy is in force, or it cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    now = latest_time(platform)
    found = overrides_at(platform, now)
    return ListOverridesOutcome(
        today=now.astimezone(UTC).date(),
        overrides=[row for row in found if request.ended or row.state != "ended"],
    )


def overrides_at(platform: Platform, now: datetime) -> list[OverrideListed]:
    """The overrides that the ledger knew at a time, and how each stood then.

    A version's trainer does not count; whoever asks for its promotion is left out only then.
    """
    given = [item for item in signed_overrides(platform) if item.signed.given_at <= now]
    if not given:
        return []
    policy = approval_policy(platform, judging_day(platform, platform.lake.latest_knowledge()))
    alike: dict[Override, list[SignedEntry]] = {}
    for item in given:
        alike.setdefault(item.signed.override, []).append(item)
    return [_listed(platform, policy, override, items, now) for override, items in alike.items()]


def standing_overrides(platform: Platform, now: datetime) -> list[OverrideListed]:
    """Those that enough people had signed at a time, and that had not ended."""
    return [row for row in overrides_at(platform, now) if row.state == "signed"]


def end_of(day: date) -> datetime:
    """The last moment of a day, UTC."""
    return datetime.combine(day, time.max, UTC)


def _listed(
    platform: Platform,
    policy: ApprovalPolicy,
    override: Override,
    items: Sequence[SignedEntry],
    now: datetime,
) -> OverrideListed:
    at = min(now, end_of(override.until))
    by = signers_of(
        [item.signed for item in items],
        policy,
        now=at,
        makers=trainers_of(platform, override.model_name, override.version),
        verifies=verifies,
    )
    required = policy.keys.get(Event.OVERRIDE, 0)
    enough = bool(required) and len(by) >= required
    return OverrideListed(
        model_name=override.model_name,
        version=override.version,
        check=override.check.value,
        until=override.until,
        reason=override.reason,
        signed_by=list(by),
        required=required,
        state="ended" if at < now else "signed" if enough else "waits",
        digest=override.digest,
        entries=[item.entry.sequence for item in items],
    )

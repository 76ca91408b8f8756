"""Approvals: who may give one, how many are asked for, and which of those given count.

The policy comes from ``policies/approvals/<date>.yaml``. An approval is a signed statement about
one scope, the digest of exactly what is approved, so that it says nothing of anything else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.signature import (
    Signature,
    Verifier,
    key_id_of,
    read_signature,
    statement,
)

APPROVER = "approver"
TWO_KEYS = 2


class Event(StrEnum):
    """What may ask for people. An override asks for its own, whatever a promotion asks for."""

    PROMOTION = "promotion"
    FIRST_CHAMPION = "first_champion"
    LOOSENED_THRESHOLD = "loosened_threshold"
    OVERRIDE = "override"


_TWO_AT_LEAST = (Event.LOOSENED_THRESHOLD, Event.OVERRIDE)
_OVERRIDE_DAYS = "override_longest_days"
_DAYS = ("approval_valid_days", _OVERRIDE_DAYS)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone whose signature may count.

    ``name`` is the account under which the person works, as the ledger's entries have it, so that
    the maker of a model can be told. ``ValueError`` for a nameless person, a key that is none, or
    nobody's role.
    """

    name: str
    public_key: str
    roles: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.name or not self.roles:
            raise ValueError("a person has a name and a role")
        key_id_of(self.public_key)


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Who may approve, how many keys each event asks for, and for how many days one is good.

    ``override_days``: for how many days at most an override is given, counted from each
    signature; 0 where the policy allows none.
    """

    version: str
    people: tuple[Person, ...]
    keys: Mapping[Event, int]
    valid_days: int
    override_days: int = 0

    @property
    def approvers(self) -> tuple[Person, ...]:
        """People whose approval counts."""
        return tuple(person for person in self.people if APPROVER in person.roles)

    def holder(self, key_id: str) -> Person | None:
        """The approver whose key this is."""
        return next((p for p in self.approvers if key_id_of(p.public_key) == key_id), None)

    def required(self, events: Collection[Event]) -> int:
        """Keys asked for where these events come together: the most that one of them asks for."""
        return max((self.keys[event] for event in events), default=0)


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes or a no, signed.

    ``scope``: digest of what it is about; ``about``: the same in words that can be read, signed
    too; ``given_at``: with its zone. ``ValueError`` without a scope, a reason or a zone.
    """

    approves: bool
    scope: str
    about: Mapping[str, str]
    reason: str
    given_at: datetime

    def __post_init__(self) -> None:
        if not self.scope or not self.reason.strip() or self.given_at.tzinfo is None:
            raise ValueError("an approval has a scope, a reason and a time with its zone")

    def as_plain(self) -> dict[str, object]:
        """The approval as JSON-able values."""
        return {
            "approves": self.approves,
            "scope": self.scope,
            "about": dict(self.about),
            "reason": self.reason,
            "given_at": self.given_at.astimezone(UTC).isoformat(),
        }

    @property
    def signed(self) -> bytes:
        """The bytes that the approver signs."""
        return statement("approval", self.as_plain())


@dataclass(frozen=True, slots=True)
class SignedApproval:
    """An approval with the signature under it."""

    approval: Approval
    signature: Signature

    def as_plain(self) -> dict[str, object]:
        """Both as JSON-able values."""
        return {"approval": self.approval.as_plain(), "signature": self.signature.as_plain()}


def read_approval(plain: Mapping[str, object]) -> SignedApproval:
    """What :meth:`SignedApproval.as_plain` wrote; ``ValueError`` where it is something else."""
    said = plain.get("approval")
    if not isinstance(said, Mapping) or not isinstance(said.get("about"), Mapping):
        raise ValueError("there is no approval")
    return SignedApproval(
        Approval(
            approves=said.get("approves") is True,
            scope=str(said.get("scope", "")),
            about={str(name): str(value) for name, value in said["about"].items()},
            reason=str(said.get("reason", "")),
            given_at=datetime.fromisoformat(str(said.get("given_at"))),
        ),
        read_signature(plain.get("signature")),
    )


@dataclass(frozen=True, slots=True)
class Count:
    """Names of those whose approval counts, and of those who said no, in the order given."""

    approvers: tuple[str, ...]
    rejected_by: tuple[str, ...]


def count_approvals(
    given: Iterable[SignedApproval],
    policy: ApprovalPolicy,
    *,
    scope: str,
    now: datetime,
    makers: Collection[str],
    verifies: Verifier,
) -> Count:
    """Which of the approvals count: each person's last word on this scope, once.

    Args:
        given: oldest first.
        policy: says whose key it is, and how long a yes is good. A no does not expire.
        scope: digest of what is to be approved now.
        now: with its zone; a yes dated later does not count yet.
        makers: names of those who made what is to be approved. Theirs is no yes, but a no counts.
        verifies: says whether a signature is that of a public key.
    """
    last: dict[str, bool] = {}
    for signed in given:
        approval = signed.approval
        person = policy.holder(signed.signature.key_id)
        if person is None or approval.scope != scope:
            continue
        if not verifies(person.public_key, signed.signature.value, approval.signed):
            continue
        if approval.approves and not _good(approval, policy, now, person.name in makers):
            continue
        last.pop(person.name, None)
        last[person.name] = approval.approves
    return Count(
        tuple(name for name, yes in last.items() if yes),
        tuple(name for name, yes in last.items() if not yes),
    )


def _good(approval: Approval, policy: ApprovalPolicy, now: datetime, own: bool) -> bool:
    age = now - approval.given_at
    return not own and timedelta(0) <= age < timedelta(days=policy.valid_days)


def parse_approval_policy(version: str, content: Mapping[str, object]) -> ApprovalPolicy:
    """The approval policy of a file.

    Args:
        version: the file's version.
        content: ``people`` (a list of ``name``, ``public_key``, ``roles``), ``events`` (``keys``
            and ``reason`` for each :class:`Event`), ``approval_valid_days`` and
            ``override_longest_days`` (``value``, ``unit``, ``reason``). Where the event
            ``override`` and ``override_longest_days`` are both left out, nothing can be overridden.

    Raises:
        PolicyError: a part is absent, unknown or of another kind; two people share a name or a
            key; a loosened threshold or an override asks for fewer than two keys.
    """
    try:
        _only(content, {"effective_from", "owner", "people", "events", *_DAYS})
        keys = _keys(_section(content["events"]))
        return ApprovalPolicy(
            version,
            _people(content["people"]),
            keys,
            _days(content["approval_valid_days"]),
            _days(content[_OVERRIDE_DAYS]) if _overrides(content, keys) else 0,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PolicyError(f"{version}: the approval policy cannot be used: {error}") from error


def _overrides(content: Mapping[str, object], keys: Mapping[Event, int]) -> bool:
    """Whether the policy allows overrides: it says how many keys and for how long, or neither."""
    if (Event.OVERRIDE in keys) != (_OVERRIDE_DAYS in content):
        raise ValueError(f"the event override and {_OVERRIDE_DAYS} belong together")
    return Event.OVERRIDE in keys


def _days(raw: object) -> int:
    entry = _section(raw)
    _only(entry, {"value", "unit", "reason"})
    if entry["unit"] != "days" or not entry["reason"]:
        raise ValueError("a number of days has the unit days and a reason")
    return _whole(entry["value"], 1, 366)


def _people(raw: object) -> tuple[Person, ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise TypeError("people is a list")
    people = []
    for item in raw:
        entry = _section(item)
        _only(entry, {"name", "public_key", "roles"})
        if not isinstance(entry["roles"], Sequence) or isinstance(entry["roles"], str):
            raise TypeError("roles is a list")
        roles = tuple(str(role) for role in entry["roles"])
        people.append(Person(str(entry["name"]), str(entry["public_key"]).lower(), roles))
    for what, values in (
        ("name", [person.name for person in people]),
        ("key", [person.public_key for person in people]),
    ):
        if len(set(values)) < len(values):
            raise ValueError(f"two people share a {what}")
    return tuple(people)


def _keys(events: Mapping[str, object]) -> dict[Event, int]:
    _only(events, set(Event))
    keys = {}
    for event in Event:
        if event is Event.OVERRIDE and event.value not in events:
            continue
        entry = _section(events[event.value])
        _only(entry, {"keys", "reason"})
        if not entry["reason"]:
            raise ValueError(f"{event} has no reason")
        least = TWO_KEYS if event in _TWO_AT_LEAST else 0
        keys[event] = _whole(entry["keys"], least, 10)
    return keys


def _section(raw: object) -> Mapping[str, object]:
    if not isinstance(raw, Mapping):
        raise TypeError(f"{raw!r} is not a mapping")
    return raw


def _only(given: Mapping[str, object], known: Collection[str]) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")


def _whole(raw: object, least: int, most: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
        raise ValueError(f"{raw!r} is not a whole number from {least} to {most}")
    return raw

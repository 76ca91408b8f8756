"""Overrides: people answer, until a day, for one refusal of the gate that they have looked at.

An override is a signed statement about one scope: the digest of this version, on this data and
these features, under these thresholds, in place of this champion, and of the very figures that a
check refused. When any of them is another, the override says nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from credit_limits.domain.digest import digest_of
from credit_limits.domain.signature import Signature, Verifier, read_signature, statement
from credit_limits.gates.approvals import ApprovalPolicy, Event
from credit_limits.gates.result import CheckName, Granted, timed

NEVER_OVERRIDDEN: Mapping[CheckName, str] = {
    CheckName.DATA: "a row that no validation has passed may be anything, so whoever signs for it "
    "cannot know for what",
    CheckName.TIME: "a model that knew its future makes every other figure worthless, and there is "
    "nothing left to weigh",
    CheckName.TECHNICAL: "what was measured and what would decide are then two things, and "
    "nobody has seen the second",
    CheckName.PEOPLE: "who would sign here can approve instead, and a no stands until it is taken "
    "back",
}
"""The checks that nobody can answer for, and why."""


@dataclass(frozen=True, slots=True)
class Override:
    """What people sign: that one refusal shall not keep a version out, until a day, and why.

    ``scope``: digest of exactly what it is about; ``finding``: of the figures and bounds that
    refused; ``until``: the last day on which it holds. Two people sign the same override where all
    of these agree. ``ValueError`` for a check that cannot be overridden, or without a model, a
    version, a scope, a finding or a reason.
    """

    model_name: str
    version: str
    scope: str
    check: CheckName
    finding: str
    until: date
    reason: str

    def __post_init__(self) -> None:
        if self.check in NEVER_OVERRIDDEN:
            raise ValueError(f"nobody can answer for {self.check}: {NEVER_OVERRIDDEN[self.check]}")
        if not all((self.model_name, self.version, self.scope, self.finding, self.reason.strip())):
            raise ValueError("an override has a model, version, scope, finding and reason")

    def as_plain(self) -> dict[str, object]:
        """The override as JSON-able values."""
        return {
            "model_name": self.model_name,
            "version": self.version,
            "scope": self.scope,
            "check": self.check.value,
            "finding": self.finding,
            "until": self.until.isoformat(),
            "reason": self.reason,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`as_plain`: the same for everyone who signs the same."""
        return digest_of(self.as_plain())


@dataclass(frozen=True, slots=True)
class SignedOverride:
    """An override with one person's signature, given at a time, which is signed too.

    ``ValueError`` for a time without its zone.
    """

    override: Override
    given_at: datetime
    signature: Signature

    def __post_init__(self) -> None:
        if self.given_at.tzinfo is None:
            raise ValueError("a signature's time needs its zone")

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        return to_sign(self.override, self.given_at)

    def as_plain(self) -> dict[str, object]:
        """All of it as JSON-able values."""
        return {
            "override": self.override.as_plain(),
            "given_at": self.given_at.astimezone(UTC).isoformat(),
            "signature": self.signature.as_plain(),
        }


def to_sign(override: Override, given_at: datetime) -> bytes:
    """What a person signs."""
    at = given_at.astimezone(UTC).isoformat()
    return statement("override", {"override": override.as_plain(), "given_at": at})


def read_override(plain: Mapping[str, object]) -> SignedOverride:
    """What :meth:`SignedOverride.as_plain` wrote; ``ValueError`` where it is something else."""
    said = plain.get("override")
    if not isinstance(said, Mapping):
        raise ValueError("there is no override")
    return SignedOverride(
        Override(
            model_name=str(said.get("model_name", "")),
            version=str(said.get("version", "")),
            scope=str(said.get("scope", "")),
            check=CheckName(str(said.get("check"))),
            finding=str(said.get("finding", "")),
            until=date.fromisoformat(str(said.get("until"))),
            reason=str(said.get("reason", "")),
        ),
        datetime.fromisoformat(str(plain.get("given_at"))),
        read_signature(plain.get("signature")),
    )


def finding_of(
    check: CheckName,
    measured: Iterable[tuple[str, float]],
    thresholds: Iterable[tuple[str, float]],
) -> str:
    """Digest of what a check found: its figures, but no timing, and its bounds."""
    figures = {name: float(value) for name, value in measured if not timed(name)}
    bounds = {name: float(value) for name, value in thresholds}
    return digest_of({"check": check.value, "measured": figures, "thresholds": bounds})


def signers_of(
    given: Iterable[SignedOverride],
    policy: ApprovalPolicy,
    *,
    now: datetime,
    makers: Collection[str],
    verifies: Verifier,
) -> tuple[str, ...]:
    """Names of those whose signature counts now, each once, in the order given.

    Args:
        given: signatures of one override, oldest first.
        policy: says whose key it is, and how long an override may last.
        now: with its zone, by the ledger's time; a signature dated later does not count yet, and
            none counts after the override's last day.
        makers: names of those who made what it is about; they do not answer for themselves.
        verifies: says whether a signature is that of a public key.
    """
    names: dict[str, None] = {}
    for signed in given:
        person = policy.holder(signed.signature.key_id)
        if person is None or person.name in makers or not _lasts(signed, policy, now):
            continue
        if verifies(person.public_key, signed.signature.value, signed.signed):
            names[person.name] = None
    return tuple(names)


def _lasts(signed: SignedOverride, policy: ApprovalPolicy, now: datetime) -> bool:
    given_on, until = signed.given_at.astimezone(UTC).date(), signed.override.until
    today = now.astimezone(UTC).date()
    longest = timedelta(days=policy.override_days)
    return signed.given_at <= now and today <= until and until - given_on <= longest


def granted_overrides(
    given: Sequence[SignedOverride],
    policy: ApprovalPolicy,
    *,
    scopes: Mapping[CheckName, str],
    now: datetime,
    makers: Collection[str],
    verifies: Verifier,
) -> tuple[Granted, ...]:
    """The overrides that enough people have signed; of several of a check the longest.

    Args:
        given: every signed override that is known, oldest first.
        policy: asks for how many keys; one that allows no overrides grants none.
        scopes: digest of what each refused check is about now.
        now: see :func:`signers_of`.
        makers: see :func:`signers_of`.
        verifies: see :func:`signers_of`.
    """
    required = policy.keys.get(Event.OVERRIDE)
    if required is None or not policy.override_days:
        return ()
    alike: dict[Override, list[SignedOverride]] = {}
    for signed in given:
        override = signed.override
        if scopes.get(override.check) == override.scope:
            alike.setdefault(override, []).append(signed)
    granted: dict[CheckName, Granted] = {}
    for override, signatures in sorted(alike.items(), key=lambda item: item[0].until):
        by = signers_of(signatures, policy, now=now, makers=makers, verifies=verifies)
        if len(by) >= required:
            granted[override.check] = Granted(
                override.check,
                override.finding,
                override.digest,
                by,
                override.until,
                override.reason,
            )
    return tuple(granted.values())

"""The certificate: what a cleared verdict was about, so that nothing else can pass for it.

A certificate says the same on every machine; its digest enters decisions. The signature under it
does not: keys differ from one installation to another. It stands beside the certificate, in the
ledger, and says in whose place the version became champion, so that it serves once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.domain.signature import Signature, read_signature, statement
from credit_limits.gates.result import CheckName, Granted
from credit_limits.gates.verdict import Cleared

_RESPONSE = ("limit_response_version", "limit_response_digest")
_MAY_BE_EMPTY = (
    "previous_champion",
    "approvals",
    "older_thresholds",
    "overrides",
    *_RESPONSE,
)


@dataclass(frozen=True, slots=True)
class OlderThresholds:
    """What thresholds that asked for more say of the same evidence.

    ``version`` and ``digest`` of their file; ``loosened``: paths of what asks for less since;
    ``passed``: whether they would have cleared it; ``refusing``: the checks that would not have.
    ``ValueError`` where these contradict each other.
    """

    version: str
    digest: str
    loosened: tuple[str, ...]
    passed: bool
    refusing: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.version or not self.digest or not self.loosened:
            raise ValueError("older thresholds need their version, digest and what was loosened")
        if self.passed == bool(self.refusing):
            raise ValueError("older thresholds pass where no check of theirs refuses")

    def as_plain(self) -> dict[str, object]:
        """The same as JSON-able values."""
        return asdict(self) | {"loosened": list(self.loosened), "refusing": list(self.refusing)}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a clearance rests on beside the verdict: thresholds, policy and people.

    ``thresholds_digest``: SHA-256 of the content of the thresholds file. ``policy_version`` and
    ``policy_digest``: the limit policy in force on the day. ``maker``: who made the model;
    ``approvals``: names of those whose approval counted. ``older_thresholds``: None where no
    older thresholds asked for more. ``limit_response_version`` and ``limit_response_digest``
    (SHA-256 of its file): the limit response that check 9 vouches for, empty where it vouches for
    none.
    """

    thresholds_digest: str
    policy_version: str
    policy_digest: str
    maker: str
    approvals: tuple[str, ...] = ()
    older_thresholds: OlderThresholds | None = None
    limit_response_version: str = ""
    limit_response_digest: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One model version's clearance.

    ``artefact_digest``: SHA-256 of the model as it is stored; ``feature_service`` and
    ``schema_hash``: the inputs it may be given; ``thresholds_version``, ``thresholds_digest``,
    ``evidence_digest`` and ``verdict_digest``: what it was held to and what was found;
    ``policy_version``, ``policy_digest``, ``maker``, ``approvals``, ``older_thresholds``: see
    :class:`Grounds`; ``data_versions``: version of each lake table behind it;
    ``previous_champion``: the version that it replaces, None for the first; ``actor``: who asked;
    ``as_of``: the day for which it was judged; ``overrides``: refusals that people answer for,
    by whom, until when and why; ``limit_response_version``, ``limit_response_digest``: see
    :class:`Grounds`. ``ValueError`` where any other name or digest is empty, or one of the last
    two without the other.
    """

    model_name: str
    version: str
    artefact_digest: str
    feature_service: str
    schema_hash: str
    thresholds_version: str
    thresholds_digest: str
    policy_version: str
    policy_digest: str
    evidence_digest: str
    verdict_digest: str
    data_versions: tuple[tuple[str, int], ...]
    previous_champion: str | None
    maker: str
    approvals: tuple[str, ...]
    older_thresholds: OlderThresholds | None
    actor: str
    as_of: date
    overrides: tuple[Granted, ...] = ()
    limit_response_version: str = ""
    limit_response_digest: str = ""

    def __post_init__(self) -> None:
        if bool(self.limit_response_version) != bool(self.limit_response_digest):
            raise ValueError("a certificate with half a limit response: version and digest")
        empty = [
            item.name
            for item in fields(self)
            if item.name not in _MAY_BE_EMPTY and not getattr(self, item.name)
        ]
        if empty:
            raise ValueError(f"a certificate without {', '.join(empty)}")

    def as_plain(self) -> dict[str, object]:
        """The certificate as JSON-able values.

        One without overrides, or without a limit response, does not speak of them.
        """
        older = self.older_thresholds
        plain: dict[str, object] = {
            **asdict(self),
            "data_versions": dict(self.data_versions),
            "approvals": list(self.approvals),
            "older_thresholds": older.as_plain() if older else None,
            "as_of": self.as_of.isoformat(),
        }
        plain["overrides"] = [item.as_plain() for item in self.overrides]
        silent = ("overrides", *_RESPONSE)
        return {name: value for name, value in plain.items() if value or name not in silent}

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`as_plain`."""
        return digest_of(self.as_plain())


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate made champion, and the platform's signature under it.

    ``follows``: digest of the ledger's entry that made the champion before, None for the first;
    signed with the certificate, so that a signature of the past makes nobody champion again.
    """

    certificate: Certificate
    follows: str | None
    signature: Signature

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        return crowning(self.certificate, self.follows)

    def seal_as_plain(self) -> dict[str, object]:
        """All but the certificate, as JSON-able values."""
        return {"follows": self.follows, "signature": self.signature.as_plain()}


def crowning(certificate: Certificate, follows: str | None) -> bytes:
    """What the platform signs when it makes a certified version champion."""
    return statement("crown", {"certificate": certificate.as_plain(), "follows": follows})


def read_seal(certificate: Certificate, plain: object) -> SignedCertificate:
    """The certificate with the seal that :meth:`SignedCertificate.seal_as_plain` wrote.

    Raises:
        NoCertifiedChampion: there is no seal, or it cannot be read.
    """
    try:
        if not isinstance(plain, Mapping):
            raise ValueError("there is no signature")
        follows = plain["follows"]
        if follows is not None and not isinstance(follows, str):
            raise ValueError("it does not say what it follows")
        return SignedCertificate(certificate, follows, read_signature(plain["signature"]))
    except (KeyError, ValueError) as error:
        raise NoCertifiedChampion(
            f"the certificate of {certificate.model_name} version {certificate.version} is not "
            f"signed ({error}); promote the model again with promote_model"
        ) from error


def certify(
    verdict: Cleared,
    grounds: Grounds,
    *,
    model_name: str,
    version: str,
    artefact_digest: str,
    feature_service: str,
    schema_hash: str,
    data_versions: Mapping[str, int],
    previous_champion: str | None,
    actor: str,
    as_of: date,
) -> Certificate:
    """The certificate of a cleared verdict; there is none to be had for a refused one."""
    return Certificate(
        model_name=model_name,
        version=version,
        artefact_digest=artefact_digest,
        feature_service=feature_service,
        schema_hash=schema_hash,
        thresholds_version=verdict.thresholds_version,
        thresholds_digest=grounds.thresholds_digest,
        policy_version=grounds.policy_version,
        policy_digest=grounds.policy_digest,
        evidence_digest=verdict.evidence_digest,
        verdict_digest=verdict.digest,
        data_versions=tuple(sorted(data_versions.items())),
        previous_champion=previous_champion,
        maker=grounds.maker,
        approvals=grounds.approvals,
        older_thresholds=grounds.older_thresholds,
        actor=actor,
        as_of=as_of,
        overrides=verdict.overrides,
        limit_response_version=grounds.limit_response_version,
        limit_response_digest=grounds.limit_response_digest,
    )


def read_certificate(plain: Mapping[str, object]) -> Certificate:
    """The certificate that :meth:`Certificate.as_plain` wrote.

    Raises:
        NoCertifiedChampion: a field is absent, unknown or of another kind.
    """
    try:
        return Certificate(**_revived(plain))
    except (KeyError, TypeError, ValueError) as error:
        raise NoCertifiedChampion(
            f"the certificate cannot be read ({error}); promote the model again with promote_model"
        ) from error


def _revived(plain: Mapping[str, object]) -> dict[str, Any]:
    versions, approvals, older = (
        plain[name] for name in ("data_versions", "approvals", "older_thresholds")
    )
    if not isinstance(versions, Mapping):
        raise TypeError("data_versions is not a mapping")
    if not isinstance(approvals, list):
        raise TypeError("approvals is not a list")
    overrides = plain.get("overrides", [])
    if not isinstance(overrides, list):
        raise TypeError("overrides is not a list")
    return {
        **plain,
        "overrides": tuple(_granted(item) for item in overrides),
        "data_versions": tuple(sorted((str(name), int(at)) for name, at in versions.items())),
        "approvals": tuple(str(name) for name in approvals),
        "older_thresholds": _older(older),
        "as_of": date.fromisoformat(str(plain["as_of"])),
    }


def _granted(plain: object) -> Granted:
    if not isinstance(plain, Mapping) or not isinstance(plain.get("by"), list):
        raise TypeError("an override is not a mapping")
    return Granted(
        **{
            **plain,
            "check": CheckName(plain["check"]),
            "by": tuple(map(str, plain["by"])),
            "until": date.fromisoformat(str(plain["until"])),
        }
    )


def _older(plain: object) -> OlderThresholds | None:
    if plain is None:
        return None
    if not isinstance(plain, Mapping):
        raise TypeError("older_thresholds is not a mapping")
    listed = {name: tuple(map(str, plain[name])) for name in ("loosened", "refusing")}
    return OlderThresholds(**{**plain, **listed})


def verify_certificate(
    certificate: Certificate,
    *,
    model_name: str,
    version: str,
    artefact_digest: str,
    feature_service: str,
    schema_hash: str,
    thresholds_digest: str,
    digest: str,
) -> None:
    """Hold a certificate against the very model that is about to decide.

    Args:
        certificate: as read from the ledger.
        model_name: of the model loaded.
        version: of the model loaded.
        artefact_digest: SHA-256 of the bytes loaded, computed now.
        feature_service: that the loaded model names.
        schema_hash: of that service in the feature store, now.
        thresholds_digest: of the thresholds file of the certified version, now; empty where that
            file is gone.
        digest: the certificate's digest that the ledger recorded beside it.

    Raises:
        NoCertifiedChampion: names the first field that does not match and what to do.
    """
    found = {
        "model_name": model_name,
        "version": version,
        "artefact_digest": artefact_digest,
        "feature_service": feature_service,
        "schema_hash": schema_hash,
        "thresholds_digest": thresholds_digest,
        "digest": digest,
    }
    for name, value in found.items():
        certified = getattr(certificate, name)
        if certified != value:
            raise NoCertifiedChampion(
                f"{model_name} version {version}: {name} is {value or 'absent'}, its certificate "
                f"says {certified}. {_REMEDY[name]}"
            )


def verify_overrides(certificate: Certificate, today: date) -> None:
    """Hold a certificate's overrides against the day.

    Args:
        certificate: as read from the ledger.
        today: by the ledger's time, not the day that is decided for.

    Raises:
        NoCertifiedChampion: an override has ended; names it and what to do.
    """
    name, version = certificate.model_name, certificate.version
    for override in certificate.overrides:
        if override.until < today:
            raise NoCertifiedChampion(
                f"{name} version {version}: its check {override.check} was refused, and the "
                f"override of that by {' and '.join(override.by)} ended on {override.until}. "
                "Promote a version that needs none, or roll back to one (tidegate roll-back); to "
                f"keep this one, tidegate promote --version {version} and have a new override "
                f"signed: tidegate override {version} --check {override.check}"
            )


_REMEDY = {
    "model_name": "Promote this model with promote_model.",
    "version": "Promote this version with promote_model, or roll back to the certified one.",
    "artefact_digest": "The stored model was altered since: roll back to a certified version, "
    "or retrain and promote.",
    "feature_service": "Retrain on the service in use and promote.",
    "schema_hash": "The features' definition changed since: retrain and promote.",
    "thresholds_digest": "The thresholds file was edited since: put it back as it was, make the "
    "change a new file named by its first day, and promote.",
    "digest": "The certificate was altered: check `tidegate ledger verify`, promote again.",
}

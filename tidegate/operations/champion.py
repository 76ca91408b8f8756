"""Who may decide, by the ledger and not by an alias: the champion, and who launches beside it.

An alias in the registry can be moved by anyone with access to it. What counts is the ledger: the
last promotion or roll-back says who is champion, the certificate beside it says of what artefact
and inputs, and the platform's signature says that it was the platform who made it so. Alias,
ledger, signature and artefact must agree, or nothing is decided. A version that launches has a
certificate of the same kind, signed in the place of the champion that it is to replace, and the
ledger says in which step it is.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from credit_limits.domain.errors import NoCertifiedChampion, PolicyError
from credit_limits.domain.limit_response import LimitResponse
from credit_limits.gates.certificate import (
    Certificate,
    SignedCertificate,
    crowning,
    read_certificate,
    read_seal,
    verify_certificate,
    verify_overrides,
)
from credit_limits.launch.policy import Step
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.ledger.keys import PlatformKey
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.signing import verifies
from tidegate.operations.certified_response import certified_response
from tidegate.operations.launches import Launch
from tidegate.operations.ledger_time import latest_day
from tidegate.operations.platform import Platform
from tidegate.operations.platform_key import known_keys, platform_signer

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion

DEFAULT_RISK = "default_risk"
CHAMPION, CHALLENGER = "champion", "challenger"
SEAL = "seal"
_CROWNING = (EntryKind.MODEL_PROMOTED, EntryKind.MODEL_ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who the ledger says is champion; ``entry_digest`` is that of the entry that says so.

    ``seal`` is what was signed when it became champion, as the entry of sequence ``signed_at``
    has it; ``follows`` is the digest of the entry that made the champion before, None for the
    first.
    """

    certificate: Certificate
    certificate_digest: str
    entry_digest: str
    seal: object
    signed_at: int
    follows: str | None

    @property
    def version(self) -> str:
        """The champion's version."""
        return self.certificate.version


@dataclass(frozen=True, slots=True)
class CertifiedChampion:
    """A version verified just now, champion or launching: the model loaded, its certificate.

    ``response`` is the limit response that the certificate vouches for, None where for none.
    """

    model_name: str
    version: str
    loaded: "LoadedVersion"
    certificate: Certificate
    response: LimitResponse | None


def load_champion(platform: Platform, model_name: str) -> CertifiedChampion:
    """The champion, loaded and held against its certificate.

    Raises:
        NoCertifiedChampion: no alias ``champion``; an alias that no finished promotion or
            roll-back has set; a certificate without the platform's signature, or signed by a key
            that does not count; an override in it that has ended; or an artefact, feature service,
            schema, thresholds file or limit response other than certified. The message names the
            alias' version, the last certified one, and what to do.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    alias = platform.registry.version_at_alias(model_name, CHAMPION)
    standing = standing_champion(platform, model_name)
    if alias is None or standing is None or alias != standing.version:
        raise NoCertifiedChampion(_unfounded(platform, model_name, alias, standing))
    verify_seal(platform, standing)
    loaded = platform.registry.load(model_name, alias)
    response = verify_loaded(platform, standing.certificate, standing.certificate_digest, loaded)
    return CertifiedChampion(model_name, alias, loaded, standing.certificate, response)


def verify_loaded(
    platform: Platform, certificate: Certificate, digest: str, loaded: "LoadedVersion"
) -> LimitResponse | None:
    """Hold a certificate against the model loaded, and the features and thresholds in use.

    Returns:
        The limit response that the certificate vouches for, held against it; None for none.

    Raises:
        NoCertifiedChampion: names the field that does not match, or the override that has ended.
    """
    verify_overrides(certificate, latest_day(platform))
    verify_certificate(
        certificate,
        model_name=loaded.model_name,
        version=loaded.version,
        artefact_digest=loaded.model.artefact_digest,
        feature_service=loaded.feature_service,
        schema_hash=platform.feature_store.schema_hash(loaded.feature_service),
        thresholds_digest=_thresholds_digest(platform, certificate),
        digest=digest,
    )
    return certified_response(platform, certificate)


def verify_seal(platform: Platform, standing: Standing) -> None:
    """Hold the signature under a champion against the keys that the ledger knows.

    Raises:
        NoCertifiedChampion: there is no signature, it is of another certificate or of an earlier
            change of champion, or its key was not known then or has been revoked.
    """
    key = _signed_by(platform, standing.certificate, standing.seal, standing.signed_at)
    signed = read_seal(standing.certificate, standing.seal)
    if key.revoked_at is not None:
        raise NoCertifiedChampion(
            f"{_name(standing.certificate)}: the key {key.key_id}, which signed its certificate, "
            f"was revoked by ledger entry {key.revoked_at}. {_resign(standing.certificate)}"
        )
    if signed.follows != standing.follows:
        raise NoCertifiedChampion(
            f"{_name(standing.certificate)}: its signature is of another change of champion than "
            f"the ledger's last. {_resign(standing.certificate)}"
        )


def load_launching(platform: Platform, launch: Launch) -> CertifiedChampion:
    """The version that launches beside the champion, loaded and held against its certificate.

    It follows the ledger alone: what its alias or tag says counts for nothing.

    Raises:
        NoCertifiedChampion: as :func:`load_champion`; also where the champion that it was to
            replace is no longer the one.
    """
    standing = standing_champion(platform, launch.model_name)
    loaded = platform.registry.load(launch.model_name, launch.version)
    response = verify_begun(platform, standing, launch.intended, loaded)
    certificate = certificate_in(launch.intended)
    if certificate.digest != launch.begun.payload["certificate_digest"]:
        raise NoCertifiedChampion(
            f"{_name(certificate)}: its launch was begun under another certificate; check "
            "`tidegate ledger verify`"
        )
    return CertifiedChampion(launch.model_name, launch.version, loaded, certificate, response)


def verify_begun(
    platform: Platform, standing: Standing | None, intended: Entry, loaded: "LoadedVersion"
) -> LimitResponse | None:
    """Hold an intention found in the ledger against the version and the platform's signature.

    Returns:
        What :func:`verify_loaded` returns.

    Raises:
        NoCertifiedChampion: it is not signed in the place of this champion, or does not match.
    """
    certificate = certificate_in(intended)
    begun = Standing(
        certificate,
        certificate.digest,
        entry_digest="",
        seal=intended.payload.get(SEAL),
        signed_at=intended.sequence,
        follows=standing.entry_digest if standing else None,
    )
    verify_seal(platform, begun)
    return verify_loaded(platform, certificate, certificate.digest, loaded)


def verify_first_seal(platform: Platform, certificate: Certificate, intended: Entry) -> None:
    """Hold the signature of a promotion of the past against the key that counted then.

    Raises:
        NoCertifiedChampion: there is no signature, it does not hold, or its key was not known
            then, or had been revoked by then.
    """
    _signed_by(platform, certificate, intended.payload.get(SEAL), intended.sequence)


def sealed(platform: Platform, certificate: Certificate, follows: str | None) -> dict[str, object]:
    """The seal that the platform puts under a certificate now, as JSON-able values.

    Raises :class:`SettingsError` where the platform's key cannot be used.
    """
    signature = platform_signer(platform).sign(crowning(certificate, follows))
    return SignedCertificate(certificate, follows, signature).seal_as_plain()


def standing_champion(platform: Platform, model_name: str) -> Standing | None:
    """The champion by the ledger: that of the last promotion or roll-back of this model.

    Its signature is not verified here, see :func:`verify_seal`: a champion that has lost it is
    still the one to be replaced.
    """
    crowned = crownings(platform, model_name)
    if not crowned:
        return None
    last = crowned[-1]
    found = certificate_of(platform, model_name, str(last.payload["version"]))
    if found is None:
        raise NoCertifiedChampion(
            f"ledger entry {last.sequence} makes version {last.payload['version']} champion "
            "without a certificate; check `tidegate ledger verify`"
        )
    signed = found.intended if last.kind is EntryKind.MODEL_PROMOTED else last
    return Standing(
        found.certificate,
        found.digest,
        entry_digest=last.digest,
        seal=signed.payload.get(SEAL),
        signed_at=signed.sequence,
        follows=crowned[-2].digest if len(crowned) > 1 else None,
    )


def crownings(platform: Platform, model_name: str) -> list[Entry]:
    """The entries that made a version of this model champion, oldest first."""
    crowned = [entry for kind in _CROWNING for entry in _of_model(platform, kind, model_name)]
    return sorted(crowned, key=lambda entry: entry.sequence)


@dataclass(frozen=True, slots=True)
class Found:
    """A version's certificate, the digest recorded beside it, and the entry that carries it."""

    certificate: Certificate
    digest: str
    intended: Entry


def certificate_of(
    platform: Platform, model_name: str, version: str, *, before: int | None = None
) -> Found | None:
    """The certificate of a version's last promotion, of those before an entry's sequence."""
    promoted = [
        entry
        for entry in _of_model(platform, EntryKind.MODEL_PROMOTED, model_name)
        if entry.payload["version"] == version and (before is None or entry.sequence < before)
    ]
    if not promoted:
        return None
    intended = platform.ledger.find(EntryKind.PROMOTION_INTENDED, promoted[-1].key)
    if intended is None:
        return None
    digest = str(promoted[-1].payload["certificate_digest"])
    return Found(certificate_in(intended), digest, intended)


def certificate_in(intended: Entry) -> Certificate:
    """The certificate that an intended promotion carries."""
    plain = intended.payload["certificate"]
    return read_certificate(plain if isinstance(plain, dict) else {})


def _signed_by(
    platform: Platform, certificate: Certificate, seal: object, sequence: int
) -> PlatformKey:
    """The key under a seal that the entry ``sequence`` carries, once the signature holds."""
    signed = read_seal(certificate, seal)
    key = known_keys(platform).find(signed.signature.key_id)
    if key is None or not key.signs_at(sequence):
        raise NoCertifiedChampion(
            f"{_name(certificate)}: the key {signed.signature.key_id}, which signed its "
            "certificate, did not count in the ledger when it did. Check `tidegate ledger "
            f"verify`. {_resign(certificate)}"
        )
    if not verifies(key.public_key, signed.signature.value, signed.signed):
        raise NoCertifiedChampion(
            f"{_name(certificate)}: the signature is not that of its certificate, one of the two "
            f"was altered. Check `tidegate ledger verify`. {_resign(certificate)}"
        )
    return key


def _thresholds_digest(platform: Platform, certificate: Certificate) -> str:
    """Digest of the thresholds file that certified, as it lies there now; empty where it is not."""
    folder = platform.policies("gates", certificate.model_name)
    try:
        start = date.fromisoformat(certificate.thresholds_version.rpartition("/")[2])
        file = load_dated(folder, start)
    except (ValueError, PolicyError):
        return ""
    return file.digest if file.version == certificate.thresholds_version else ""


def _name(certificate: Certificate) -> str:
    return f"{certificate.model_name} version {certificate.version}"


def _resign(certificate: Certificate) -> str:
    return (
        "Put it through the gate again with tidegate promote, or go back to a certified version "
        f"with tidegate roll-back --version {certificate.version}"
    )


def certified_versions(platform: Platform, model_name: str) -> list[str]:
    """Versions that were ever promoted, in the order of their promotion, each once."""
    promoted = _of_model(platform, EntryKind.MODEL_PROMOTED, model_name)
    return list(dict.fromkeys(str(entry.payload["version"]) for entry in promoted))


def _of_model(platform: Platform, kind: EntryKind, model_name: str) -> list[Entry]:
    return [
        entry
        for entry in platform.ledger.entries(kind)
        if entry.payload["model_name"] == model_name
    ]


def alias_finding(platform: Platform, model_name: str) -> str:
    """Why the alias is not where the ledger's last promotion or roll-back has put it.

    Empty where it is, where there is neither, and where a promotion to it is under way.
    """
    alias = platform.registry.version_at_alias(model_name, CHAMPION)
    standing = standing_champion(platform, model_name)
    if alias == (standing.version if standing else None) or _begun(platform, model_name, alias):
        return ""
    return _unfounded(platform, model_name, alias, standing)


def _unfounded(
    platform: Platform, model_name: str, alias: str | None, standing: Standing | None
) -> str:
    if alias is None:
        where = f"{model_name} has no champion"
    else:
        where = f"the alias champion of {model_name} is at version {alias}, which is not certified"
    if _begun(platform, model_name, alias):
        return (
            f"{where} yet: its promotion was begun and not finished; "
            f"run tidegate promote --version {alias} again"
        )
    if standing is None:
        return f"{where}; no version ever was. Train one and promote it: tidegate retrain, promote"
    return (
        f"{where}; the last certified champion is version {standing.version}. Go back to it with "
        f"tidegate roll-back --version {standing.version}, or put another through the gate with "
        "tidegate promote"
    )


def _begun(platform: Platform, model_name: str, alias: str | None) -> bool:
    return any(
        certificate_in(entry).version == alias
        and platform.ledger.find(EntryKind.MODEL_PROMOTED, entry.key) is None
        and not _launches(platform, entry.key)
        for entry in platform.ledger.entries(EntryKind.PROMOTION_INTENDED)
        if entry.payload["model_name"] == model_name
    )


def _launches(platform: Platform, key: str) -> bool:
    """Whether a promotion still has steps before it."""
    if platform.ledger.find(EntryKind.LAUNCH_BEGUN, key) is None:
        return False
    stepped = platform.ledger.entries(EntryKind.LAUNCH_STEPPED)
    return not any(e.payload["launch"] == key and e.payload["step"] == Step.FULL for e in stepped)

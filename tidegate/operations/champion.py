"""The champion: the one version that may decide, by the ledger and not by an alias.

An alias in the registry can be moved by anyone with access to it. What counts is the ledger: the
last promotion or roll-back says who is champion, and the certificate beside it says of what
artefact and inputs. Alias, ledger and artefact must agree, or nothing is decided.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.gates.certificate import Certificate, read_certificate, verify_certificate
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.platform import Platform

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion

CHAMPION, CHALLENGER = "champion", "challenger"
_CROWNING = (EntryKind.MODEL_PROMOTED, EntryKind.MODEL_ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Standing:
    """Who the ledger says is champion; ``entry_digest`` is that of the entry that says so."""

    certificate: Certificate
    certificate_digest: str
    entry_digest: str

    @property
    def version(self) -> str:
        """The champion's version."""
        return self.certificate.version


@dataclass(frozen=True, slots=True)
class CertifiedChampion:
    """A champion that was verified just now: its version, the model loaded, its certificate."""

    model_name: str
    version: str
    loaded: "LoadedVersion"
    certificate: Certificate


def load_champion(platform: Platform, model_name: str) -> CertifiedChampion:
    """The champion, loaded and held against its certificate.

    Raises:
        NoCertifiedChampion: no alias ``champion``; an alias that no finished promotion or
            roll-back has set; or an artefact, feature service or schema other than certified.
            The message names the alias' version, the last certified one, and what to do.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    alias = platform.registry.version_at_alias(model_name, CHAMPION)
    standing = standing_champion(platform, model_name)
    if alias is None or standing is None or alias != standing.version:
        raise NoCertifiedChampion(_unfounded(platform, model_name, alias, standing))
    loaded = platform.registry.load(model_name, alias)
    verify_loaded(platform, standing, loaded)
    return CertifiedChampion(model_name, alias, loaded, standing.certificate)


def verify_loaded(platform: Platform, standing: Standing, loaded: "LoadedVersion") -> None:
    """Hold a certificate against the model loaded and the features in use.

    Raises:
        NoCertifiedChampion: names the field that does not match.
    """
    verify_certificate(
        standing.certificate,
        model_name=standing.certificate.model_name,
        version=loaded.version,
        artefact_digest=loaded.model.artefact_digest,
        feature_service=loaded.feature_service,
        schema_hash=platform.feature_store.schema_hash(loaded.feature_service),
        digest=standing.certificate_digest,
    )


def standing_champion(platform: Platform, model_name: str) -> Standing | None:
    """The champion by the ledger: that of the last promotion or roll-back of this model."""
    crowned = [entry for kind in _CROWNING for entry in _of_model(platform, kind, model_name)]
    if not crowned:
        return None
    last = max(crowned, key=lambda entry: entry.sequence)
    found = certificate_of(platform, model_name, str(last.payload["version"]))
    if found is None:
        raise NoCertifiedChampion(
            f"ledger entry {last.sequence} makes version {last.payload['version']} champion "
            "without a certificate; check `tidegate ledger verify`"
        )
    return Standing(*found, entry_digest=last.digest)


def certificate_of(
    platform: Platform, model_name: str, version: str
) -> tuple[Certificate, str] | None:
    """The certificate of a version's last promotion, with the digest recorded beside it."""
    promoted = [
        entry
        for entry in _of_model(platform, EntryKind.MODEL_PROMOTED, model_name)
        if entry.payload["version"] == version
    ]
    if not promoted:
        return None
    intended = platform.ledger.find(EntryKind.PROMOTION_INTENDED, promoted[-1].key)
    if intended is None:
        return None
    return certificate_in(intended), str(promoted[-1].payload["certificate_digest"])


def certificate_in(intended: Entry) -> Certificate:
    """The certificate that an intended promotion carries."""
    plain = intended.payload["certificate"]
    return read_certificate(plain if isinstance(plain, dict) else {})


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
        for entry in platform.ledger.entries(EntryKind.PROMOTION_INTENDED)
        if entry.payload["model_name"] == model_name
    )

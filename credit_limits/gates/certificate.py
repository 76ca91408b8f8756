"""The certificate: what a cleared verdict was about, so that nothing else can pass for it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.gates.verdict import Cleared


@dataclass(frozen=True, slots=True)
class Certificate:
    """One model version's clearance.

    ``artefact_digest``: SHA-256 of the model as it is stored; ``feature_service`` and
    ``schema_hash``: the inputs it may be given; ``thresholds_version``, ``evidence_digest`` and
    ``verdict_digest``: what it was held to and what was found; ``data_versions``: version of each
    lake table behind it; ``previous_champion``: the version that it replaces, None for the first;
    ``actor``: who asked; ``as_of``: the day for which it was judged. ``ValueError`` where any
    name or digest is empty.
    """

    model_name: str
    version: str
    artefact_digest: str
    feature_service: str
    schema_hash: str
    thresholds_version: str
    evidence_digest: str
    verdict_digest: str
    data_versions: tuple[tuple[str, int], ...]
    previous_champion: str | None
    actor: str
    as_of: date

    def __post_init__(self) -> None:
        empty = [
            item.name
            for item in fields(self)
            if item.name != "previous_champion" and not getattr(self, item.name)
        ]
        if empty:
            raise ValueError(f"a certificate without {', '.join(empty)}")

    def as_plain(self) -> dict[str, object]:
        """The certificate as JSON-able values."""
        return {
            **asdict(self),
            "data_versions": dict(self.data_versions),
            "as_of": self.as_of.isoformat(),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`as_plain`."""
        return digest_of(self.as_plain())


def certify(
    verdict: Cleared,
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
        evidence_digest=verdict.evidence_digest,
        verdict_digest=verdict.digest,
        data_versions=tuple(sorted(data_versions.items())),
        previous_champion=previous_champion,
        actor=actor,
        as_of=as_of,
    )


def read_certificate(plain: Mapping[str, object]) -> Certificate:
    """The certificate that :meth:`Certificate.as_plain` wrote.

    Raises:
        NoCertifiedChampion: a field is absent, unknown or of another kind.
    """
    try:
        versions = plain["data_versions"]
        if not isinstance(versions, Mapping):
            raise TypeError("data_versions is not a mapping")
        pairs = tuple(sorted((str(table), int(version)) for table, version in versions.items()))
        day = date.fromisoformat(str(plain["as_of"]))
        rest = {
            name: value for name, value in plain.items() if name not in ("data_versions", "as_of")
        }
        return Certificate(**rest, data_versions=pairs, as_of=day)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise NoCertifiedChampion(
            f"the certificate cannot be read ({error}); promote the model again with promote_model"
        ) from error


def verify_certificate(
    certificate: Certificate,
    *,
    model_name: str,
    version: str,
    artefact_digest: str,
    feature_service: str,
    schema_hash: str,
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
        "digest": digest,
    }
    for name, value in found.items():
        certified = getattr(certificate, name)
        if certified != value:
            raise NoCertifiedChampion(
                f"{model_name} version {version}: {name} is {value or 'absent'}, its certificate "
                f"says {certified}. {_REMEDY[name]}"
            )


_REMEDY = {
    "model_name": "Promote this model with promote_model.",
    "version": "Promote this version with promote_model, or roll back to the certified one.",
    "artefact_digest": "The stored model was altered since: roll back to a certified version, "
    "or retrain and promote.",
    "feature_service": "Retrain on the service in use and promote.",
    "schema_hash": "The features' definition changed since: retrain and promote.",
    "digest": "The certificate was altered: check `tidegate ledger verify`, promote again.",
}

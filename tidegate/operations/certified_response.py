"""The limit response that decisions use: the registered one, as a certificate vouches for it."""

from credit_limits.domain.errors import ModelError, NoCertifiedChampion
from credit_limits.domain.limit_response import (
    LIMIT_RESPONSE,
    RESPONSE_FILE,
    LimitResponse,
    read_limit_response,
)
from credit_limits.gates.certificate import Certificate
from tidegate.operations.platform import Platform


def certified_response(platform: Platform, certificate: Certificate) -> LimitResponse | None:
    """The response that a certificate vouches for; None where it vouches for none.

    Raises:
        NoCertifiedChampion: its file is not there, cannot be read, or is not the one certified.
    """
    version = certificate.limit_response_version
    if not version:
        return None
    try:
        found = registered_response(platform, version)
    except ModelError as error:
        raise NoCertifiedChampion(f"{_vouched(certificate)} cannot be used: {error}") from error
    if found.digest != certificate.limit_response_digest:
        raise NoCertifiedChampion(
            f"{_vouched(certificate)} is {found.digest[:12]} now and was certified as "
            f"{certificate.limit_response_digest[:12]}; restore its file {RESPONSE_FILE}, or train "
            "again and promote: tidegate retrain, promote"
        )
    return found


def registered_response(platform: Platform, version: str) -> LimitResponse:
    """A registered response; :class:`ModelError` where there is none or it cannot be read."""
    content = platform.registry.artefact(LIMIT_RESPONSE, version, RESPONSE_FILE)
    return read_limit_response(content, version)


def _vouched(certificate: Certificate) -> str:
    return (
        f"{certificate.model_name} version {certificate.version}: the limit response version "
        f"{certificate.limit_response_version} of its certificate"
    )

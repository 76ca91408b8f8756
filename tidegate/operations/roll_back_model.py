"""Roll back: an earlier version becomes champion again, if its certificate still stands."""

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.ledger.entry import EntryKind
from tidegate.operations.champion import (
    CHAMPION,
    SEAL,
    Found,
    Standing,
    certificate_of,
    certified_versions,
    sealed,
    standing_champion,
    verify_first_seal,
    verify_loaded,
    verify_seal,
)
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)


class RollBackModelRequest(BaseModel):
    """Which version to go back to, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_name: str = Field("default_risk", description="model in the registry")
    version: str = Field(description="version that was champion before and shall be again")
    reason: str = Field(min_length=1, description="why, as the ledger will tell it")


class RollBackModelOutcome(BaseModel):
    """Who is champion now, and who was."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    previous_champion: str | None
    certificate_digest: str
    reason: str
    recognised: bool = False


def roll_back_model(platform: Platform, request: RollBackModelRequest) -> RollBackModelOutcome:
    """Make a certified version champion again.

    The ledger's entry comes first and the alias after it: a run that is killed in between leaves
    an alias that no one follows, and the same call again finishes it. A version that is champion
    already is recognised; an alias that was moved by hand is put back. The certificate is signed
    anew, so that it also serves where the key that signed it first was revoked since.

    Raises:
        NoCertifiedChampion: the version was never promoted, its certificate was not signed by a
            key that counted then, or it no longer matches the stored model or the features and
            thresholds in use.
        SettingsError: the platform's key cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    found = certificate_of(platform, request.model_name, request.version)
    if found is None:
        certified = certified_versions(platform, request.model_name)
        raise NoCertifiedChampion(
            f"version {request.version} of {request.model_name} has no certificate; "
            + (f"there are certificates of {', '.join(certified)}" if certified else "none has")
            + ". Put it through the gate with tidegate promote"
        )
    before = standing_champion(platform, request.model_name)
    loaded = platform.registry.load(request.model_name, request.version)
    verify_first_seal(platform, found.certificate, found.intended)
    verify_loaded(platform, found.certificate, found.digest, loaded)
    outcome = _recorded(platform, request, before, found)
    platform.registry.set_alias(request.model_name, CHAMPION, request.version)
    _log.info("model_rolled_back", model=request.model_name, version=request.version)
    return outcome


def _recorded(
    platform: Platform,
    request: RollBackModelRequest,
    before: Standing | None,
    found: Found,
) -> RollBackModelOutcome:
    outcome = RollBackModelOutcome(
        model_name=request.model_name,
        version=request.version,
        previous_champion=before.version if before else None,
        certificate_digest=found.digest,
        reason=request.reason,
    )
    if before and before.version == request.version and _is_sealed(platform, before):
        return outcome.model_copy(update={"recognised": True})
    follows = before.entry_digest if before else None
    platform.ledger.append(
        EntryKind.MODEL_ROLLED_BACK,
        platform.settings.actor,
        outcome.model_dump(mode="json") | {SEAL: sealed(platform, found.certificate, follows)},
        key=digest_of(
            {
                "model_name": request.model_name,
                "version": request.version,
                "champion_before": follows,
            }
        ),
    )
    return outcome


def _is_sealed(platform: Platform, standing: Standing) -> bool:
    try:
        verify_seal(platform, standing)
    except NoCertifiedChampion:
        return False
    return True

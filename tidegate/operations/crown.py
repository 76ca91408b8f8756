"""The end of a promotion: the certified version becomes champion."""

import structlog

from credit_limits.domain.errors import ModelError
from credit_limits.gates.certificate import Certificate
from credit_limits.launch.policy import Step
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.champion import CHAMPION, certificate_in
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import PromoteModelOutcome

_log = structlog.get_logger(__name__)


def crown(platform: Platform, intended: Entry) -> PromoteModelOutcome:
    """Carry out a recorded intention: alias, read back, ledger. Safe to be run again.

    Raises:
        ModelError: the alias reads otherwise than it was set.
    """
    certificate = certificate_in(intended)
    stored = PromoteModelOutcome.model_validate(intended.payload["outcome"])
    outcome = stored.model_copy(update={"step": Step.FULL})
    move_alias(platform, certificate)
    platform.record(EntryKind.MODEL_PROMOTED, outcome, key=intended.key)
    _log.info("model_promoted", model=certificate.model_name, version=certificate.version)
    return outcome


def move_alias(platform: Platform, certificate: Certificate) -> None:
    """Point ``champion`` at the certified version and see that it is so."""
    name, version = certificate.model_name, certificate.version
    show_cleared(platform, certificate)
    platform.registry.set_alias(name, CHAMPION, version)
    found = platform.registry.version_at_alias(name, CHAMPION)
    if found != version:
        raise ModelError(
            f"the alias champion of {name} was set to version {version} and reads {found}; "
            "someone else moves it: stop them, then promote again"
        )


def show_cleared(platform: Platform, certificate: Certificate) -> None:
    """Tag the version with the gate's word and its certificate."""
    tags = {"gate": "cleared", "certificate_digest": certificate.digest}
    platform.registry.set_version_tags(certificate.model_name, certificate.version, tags)

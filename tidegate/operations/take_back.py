"""Take a champion back: what the watch finds of it sends it back to the last version certified.

The watch's entry says first what shall be done, then the roll-back is carried out; a run killed
in between finishes it at its next start. A version that was ever gone back from is never gone
back to, so two versions cannot take turns.
"""

from datetime import date
from typing import TYPE_CHECKING

import structlog
from pydantic import BaseModel, ConfigDict

from credit_limits.domain.errors import ModelError, NoCertifiedChampion
from credit_limits.domain.periods import add_months
from credit_limits.launch.policy import RollBackRule, WatchedVerdict
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.begin_launch import launch_policy
from tidegate.operations.champion import (
    CHAMPION,
    CertifiedChampion,
    certificate_of,
    crownings,
    standing_champion,
    verify_first_seal,
    verify_loaded,
)
from tidegate.operations.platform import Platform
from tidegate.operations.roll_back_model import RollBackModelRequest, roll_back_model

if TYPE_CHECKING:
    from tidegate.operations.watch_outcome import WatchDriftOutcome

_log = structlog.get_logger(__name__)
_ALARM = "alarm"


class TakenBack(BaseModel):
    """What a watch does to a champion that broke its bounds.

    ``to_version`` is None where no certified version is left to go back to; then the champion
    stays, under the brake. ``follows`` is the digest of the entry that had made it champion.
    """

    model_config = ConfigDict(frozen=True)

    from_version: str
    to_version: str | None
    follows: str
    reason: str


def to_take_back(
    platform: Platform, champion: CertifiedChampion, outcome: "WatchDriftOutcome"
) -> TakenBack | None:
    """What the launch policy of the day makes of a watch; None where it takes nobody back.

    A verdict counts where it is an alarm, the policy names it, and the champion was judged no
    longer ago than the policy looks; of first missed payments only months after that day.

    Raises:
        PolicyError: no launch policy is in force on the day, or it cannot be used.
    """
    rule = launch_policy(platform, outcome.as_of)[0].roll_back
    judged_for = champion.certificate.as_of
    if outcome.as_of > add_months(judged_for, rule.months_after_promotion):
        return None
    found = [finding for finding in _broken(rule, outcome, judged_for) if finding]
    standing = standing_champion(platform, champion.model_name)
    if not found or standing is None:
        return None
    version = _last_that_stands(platform, champion)
    reason = f"watch of {outcome.as_of}: {'; '.join(found)}"
    if version is None:
        reason += "; no other certified version is left to go back to, the brake stays"
    return TakenBack(
        from_version=champion.version,
        to_version=version,
        follows=standing.entry_digest,
        reason=reason,
    )


def carry_out(platform: Platform, model_name: str, taken: TakenBack | None) -> None:
    """Go back as a watch's entry says, unless there is another champion by now."""
    if taken is None or taken.to_version is None:
        return
    standing = standing_champion(platform, model_name)
    if standing is None or standing.entry_digest != taken.follows:
        return
    request = RollBackModelRequest(
        model_name=model_name, version=taken.to_version, reason=taken.reason
    )
    roll_back_model(platform, request)
    _log.error("champion_taken_back", version=taken.from_version, to=taken.to_version)


def finish_taking_back(platform: Platform, model_name: str) -> None:
    """Carry out what the last watch had begun, where it was killed before its roll-back's end.

    Before the ledger's entry of it the roll-back is made; after it, with nothing written since,
    the alias that it did not reach is moved.
    """
    watched = platform.ledger.latest(EntryKind.DRIFT_WATCHED)
    taken = taken_by(watched)
    if taken is None or taken.to_version is None:
        return
    carry_out(platform, model_name, taken)
    last = platform.ledger.entries()[-1]
    cut_short = (
        last.kind is EntryKind.MODEL_ROLLED_BACK
        and last.payload["reason"] == taken.reason
        and platform.registry.version_at_alias(model_name, CHAMPION) == taken.from_version
    )
    if cut_short:
        platform.registry.set_alias(model_name, CHAMPION, taken.to_version)


def taken_by(watched: Entry | None) -> TakenBack | None:
    """What a watch's entry says of taking its champion back."""
    plain = watched.payload.get("taken_back") if watched else None
    return TakenBack.model_validate(plain) if plain else None


def _broken(rule: RollBackRule, outcome: "WatchDriftOutcome", judged_for: date) -> list[str]:
    matured, early = outcome.matured, outcome.early
    found = []
    if WatchedVerdict.MATURED in rule.verdicts and matured and matured.level == _ALARM:
        found.append(f"matured decisions of this version: {matured.finding}")
    since = early is not None and early.month_end is not None and early.month_end > judged_for
    if WatchedVerdict.EARLY in rule.verdicts and early and since and early.level == _ALARM:
        found.append(f"first missed payments since its promotion: {early.finding}")
    return found


def _last_that_stands(platform: Platform, champion: CertifiedChampion) -> str | None:
    """The last version that was champion, was never gone back from, and still verifies."""
    name = champion.model_name
    left = {
        str(entry.payload["previous_champion"])
        for entry in platform.ledger.entries(EntryKind.MODEL_ROLLED_BACK)
        if entry.payload["model_name"] == name
        and entry.payload["previous_champion"] != entry.payload["version"]
    }
    before = [str(entry.payload["version"]) for entry in reversed(crownings(platform, name))]
    for version in dict.fromkeys(before):
        if version != champion.version and version not in left and _stands(platform, name, version):
            return version
    return None


def _stands(platform: Platform, model_name: str, version: str) -> bool:
    found = certificate_of(platform, model_name, version)
    if found is None:
        return False
    try:
        loaded = platform.registry.load(model_name, version)
        verify_first_seal(platform, found.certificate, found.intended)
        verify_loaded(platform, found.certificate, found.digest, loaded)
    except (NoCertifiedChampion, ModelError) as refusal:
        _log.warning("no_way_back", version=version, reason=str(refusal))
        return False
    return True

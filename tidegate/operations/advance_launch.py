"""Advance a launch: before a cycle decides, what its earlier cycles came to is judged."""

from dataclasses import dataclass
from datetime import date

import structlog

from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.launch.policy import Step
from tidegate.operations.champion import (
    CertifiedChampion,
    load_launching,
    standing_champion,
)
from tidegate.operations.crown import crown
from tidegate.operations.launch_outcomes import look_at
from tidegate.operations.launches import (
    HarmRow,
    Launch,
    StopCause,
    open_launch,
    record_step,
    record_stop,
    show_launch,
)
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Launching:
    """A launch, and the version that launches as it was verified just now."""

    launch: Launch
    certified: CertifiedChampion


def finish_launch(platform: Platform, model_name: str) -> None:
    """Make champion whom its last step has brought there; nothing where there is nobody.

    Raises :class:`~credit_limits.domain.errors.ModelError` where someone else moves the alias.
    """
    launch = open_launch(platform, model_name)
    if launch is None or launch.step is not Step.FULL:
        return
    if _champion_changed(platform, launch):
        _stop_changed(platform, launch, launch.since)
        return
    show_launch(platform, model_name, launch.version, Step.FULL)
    crown(platform, launch.intended)


def advance_launch(platform: Platform, model_name: str, as_of: date) -> Launching | None:
    """The launch that the cycle of ``as_of`` serves, with its version verified, or None.

    Judged by cycles before ``as_of`` alone: run again for the same date it finds the same and
    advances nothing twice. Harm stops the launch; so does a version that no longer verifies or a
    champion that is another by now. After the last step the version becomes champion here.

    Raises:
        PolicyError: no monitoring policy is in force on the day of a canary.
        LedgerBroken: an entry of the ledger was altered.
    """
    launch = open_launch(platform, model_name, as_of)
    if launch is None:
        return None
    if _champion_changed(platform, launch):
        _stop_changed(platform, launch, as_of)
        return None
    try:
        loaded = load_launching(platform, launch)
    except NoCertifiedChampion as refusal:
        record_stop(platform, launch, as_of, cause=StopCause.NOT_CERTIFIED, reason=str(refusal))
        return None
    return _judged(platform, launch, loaded, as_of)


def _champion_changed(platform: Platform, launch: Launch) -> bool:
    standing = standing_champion(platform, launch.model_name)
    return standing is None or launch.follows != standing.entry_digest


def _stop_changed(platform: Platform, launch: Launch, as_of: date) -> None:
    reason = "the champion that it was to replace is no longer champion"
    record_stop(platform, launch, as_of, cause=StopCause.CHAMPION_CHANGED, reason=reason)


def _judged(
    platform: Platform, launch: Launch, loaded: CertifiedChampion, as_of: date
) -> Launching | None:
    """The launch in the step that counts for the date; stopped or stepped on by what was seen."""
    figures = look_at(platform, launch, as_of) if launch.step is Step.CANARY else None
    if figures is not None and figures.evidence >= figures.needed:
        reason = harm_sentence(figures)
        record_stop(platform, launch, as_of, cause=StopCause.HARM, reason=reason, figures=figures)
        return None
    if launch.step is Step.SHADOW and (reason := _other_rows(launch, as_of)):
        record_stop(platform, launch, as_of, cause=StopCause.ROWS, reason=reason)
        return None
    if waiting_for(launch, as_of, figures):
        return Launching(launch, loaded)
    served = len(launch.cycles_before(as_of))
    shown = f"; {harm_sentence(figures)}" if figures else ""
    reason = f"{served} cycles served in {launch.step}, {launch.planned.cycles} asked for{shown}"
    record_step(platform, launch, as_of, reason, figures)
    _log.info("launch_stepped", version=launch.version, after=launch.step, as_of=str(as_of))
    finish_launch(platform, launch.model_name)
    return advance_launch(platform, launch.model_name, as_of)


def waiting_for(launch: Launch, as_of: date, figures: HarmRow | None) -> str:
    """What the launch waits for before its next step, in words; empty where for nothing.

    A canary of whose accounts too little is known has shown nothing yet, however often it served.
    """
    served, asked = len(launch.cycles_before(as_of)), launch.planned.cycles
    if served < asked:
        return f"{asked - served} more cycles of decisions in {launch.step}"
    if figures is not None and figures.known < launch.plan.accounts_floor:
        return (
            f"the next payment of {launch.plan.accounts_floor} canary accounts; that of "
            f"{figures.known} is known"
        )
    return ""


def harm_sentence(figures: HarmRow) -> str:
    """What a look at a canary found, in words."""
    seen = "; ".join(
        f"{row.outcome}: {row.canary_bad:,} of {row.canary:,} in the canary, "
        f"{row.control_bad:,} of {row.control:,} beside it"
        for row in figures.streams
        if row.canary and row.control
    )
    word = "harm found" if figures.evidence >= figures.needed else "no harm found"
    told = f"evidence {figures.evidence:.3g}, {figures.needed:.3g} is needed"
    return f"{word} ({told}); {seen or 'nothing is known yet of its accounts'}"


def _other_rows(launch: Launch, as_of: date) -> str:
    """Why a shadow has shown that the two versions do not decide the same accounts, if it has."""
    for row in launch.served:
        apart = row.parity and row.parity.only_champion + row.parity.only_launching
        if apart and launch.since <= row.as_of < as_of:
            return f"on {row.as_of} {apart:,} accounts were decided by one of the two versions only"
    return ""

"""What a rehearsal tells of the platform itself: its time line and its scores."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from credit_limits.rehearsal.actions import GradeActions
from credit_limits.rehearsal.judging import ModelTrial
from credit_limits.rehearsal.result import CapUse, Event, PolicyResult, Score
from credit_limits.rehearsal.scores import Rehearsed, scores
from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.faults import Fault
from credit_limits.simulation.scenarios import Scenario, ScenarioName
from tidegate.operations.platform import Platform
from tidegate.operations.rehearsal_actions import actions_of
from tidegate.operations.rehearsal_course import Lived
from tidegate.operations.rehearsal_events import (
    events_of_deliveries,
    events_of_faults,
    events_of_ledger,
    events_of_refusals,
    shock,
)
from tidegate.operations.rehearsal_trials import trial_of_promotion

_GOOD_NEWS = (ScenarioName.CALM, ScenarioName.BOOM)


@dataclass(frozen=True, slots=True)
class SeedStory:
    """What happened in one world.

    ``month_ends`` are those lived under the platform, ``increases`` the limits it raised in each.
    """

    seed: int
    month_ends: tuple[date, ...]
    increases: tuple[int, ...]
    events: tuple[Event, ...]
    trials: tuple[ModelTrial, ...]
    cap_use: tuple[CapUse, ...]
    actions: tuple[GradeActions, ...]


def story_of(
    platform: Platform, lived: Lived, faults: Sequence[Fault], calendar: Calendar
) -> SeedStory:
    """The story of a world, from its platform's ledger and records."""
    last = lived.records[-1].month_end
    told = [
        *events_of_faults(faults, calendar),
        *events_of_deliveries(lived.records),
        *events_of_ledger(platform.ledger.entries()),
        *events_of_refusals(lived.records),
    ]
    promotions = [record.judged for record in lived.records if record.judged and record.promoted]
    return SeedStory(
        seed=lived.books.scene.parameters.seed,
        month_ends=tuple(record.month_end for record in lived.records[1:]),
        increases=tuple(month.increases for month in lived.books.months),
        events=_in_time(event for event in told if event.month_end <= last),
        trials=tuple(
            trial_of_promotion(platform, promoted, risk)
            for promoted, risk in zip(promotions, lived.risks, strict=True)
        ),
        cap_use=_cap_use(lived),
        actions=actions_of(platform, lived.records),
    )


def verdict(
    stories: Sequence[SeedStory],
    policies: tuple[PolicyResult, ...],
    scenario: Scenario,
    shock_month_end: date | None,
) -> tuple[tuple[Event, ...], tuple[Score, ...]]:
    """The time line of the first world, and the scores over all of them.

    Of several worlds a score is that of the one in which the platform did worst.
    """
    begun = [shock(shock_month_end, scenario.title)] if shock_month_end else []
    judged = [
        scores(
            Rehearsed(
                month_ends=story.month_ends,
                shock_month_end=shock_month_end,
                alarm_due=scenario.name not in _GOOD_NEWS,
                events=story.events,
                policies=policies,
                cap_use=story.cap_use,
                trials=story.trials,
                increases=story.increases,
            )
        )
        for story in stories
    ]
    seeds = [story.seed for story in stories]
    worst = tuple(_worst(alike, seeds) for alike in zip(*judged, strict=True))
    return _in_time([*begun, *stories[0].events]), worst


def _cap_use(lived: Lived) -> tuple[CapUse, ...]:
    return tuple(
        CapUse(record.month_end, cap.name, cap.cap, cap.used, cap.price, cap.measure)
        for record in lived.records
        if record.adjusted is not None
        for cap in record.adjusted.allocation.caps
    )


def _in_time(events: Iterable[Event]) -> tuple[Event, ...]:
    """By month; within a month as they were told."""
    return tuple(sorted(events, key=lambda event: event.month_end))


def _worst(alike: Sequence[Score], seeds: Sequence[int]) -> Score:
    """The score that failed, of several the highest; where it differs, the seed is named."""
    if len(set(alike)) == 1:
        return alike[0]
    place = max(range(len(alike)), key=lambda at: _badness(alike[at]))
    failed = sum(score.passed is False for score in alike)
    found = f"{failed} of {len(alike)} worlds fall short; worst, seed {seeds[place]}: "
    return replace(alike[place], text=found + alike[place].text)


def _badness(score: Score) -> tuple[int, float]:
    """A failure without a value is the worst: what should have happened never did."""
    grade = {False: 2, None: 0, True: 1}[score.passed]
    return grade, float("inf") if score.value is None else score.value

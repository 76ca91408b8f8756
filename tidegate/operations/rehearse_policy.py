"""Rehearse a policy: the whole platform, month by month, in the world with known truth.

Each seed is a world and a platform of its own, in a folder of its own; the rivals decide in the
same worlds. A rehearsal that was killed is started again and comes to the same result, and one
that was finished is recognised by what it follows from: request, policies and code.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

import structlog
from pydantic import BaseModel, ConfigDict, Field, field_validator

from credit_limits.domain.digest import digest_bytes, digest_of
from credit_limits.ledger.entry import EntryKind
from credit_limits.rehearsal.actions import together
from credit_limits.rehearsal.books import Books
from credit_limits.rehearsal.comparison import PolicyBooks, compared
from credit_limits.rehearsal.result import PolicyResult, RehearsalResult
from credit_limits.rehearsal.rivals import RIVALS, run_rival
from credit_limits.rehearsal.scores import PLATFORM
from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.faults import faults_named
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.scenarios import ScenarioName, scenario_named
from tidegate.operations.platform import Platform
from tidegate.operations.rehearsal_course import Course, Lived, MonthLine, live
from tidegate.operations.rehearsal_platform import (
    SimulatedClock,
    code_digest,
    open_rehearsal,
    policies_digest,
)
from tidegate.operations.rehearsal_verdict import SeedStory, story_of, verdict

_PLATFORM_TITLE = "The platform"
_RESULT, _PAGE = "result.json", "rehearsal.html"
_log = structlog.get_logger(__name__)


class RehearsePolicyRequest(BaseModel):
    """Which world, for how long, under which policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: ScenarioName = Field(
        ScenarioName.CALM, description="what happens to the economy a third of the way through"
    )
    months: int = Field(24, ge=1, le=240, description="months that are lived under each policy")
    customers: int = Field(20_000, ge=1, le=9_999_999, description="customers of each world")
    seed: int = Field(7, ge=0, le=2**31 - 1, description="seed of all chance, of the first world")
    seeds: int = Field(
        1, ge=1, le=100, description="how many worlds, with this seed and those after it"
    )
    history_months: int = Field(
        24, ge=8, le=240, description="months before the first decision, under the past policy"
    )
    retrain_every_months: int = Field(
        3, ge=1, le=240, description="months between two trainings; an alarm asks for one as well"
    )
    policy: Path | None = Field(
        None, description="limit policy to rehearse instead of those in policies/limits"
    )
    faults: str | None = Field(
        None, description="named set of faults in what is delivered; none if empty"
    )

    @field_validator("faults")
    @classmethod
    def _known_faults(cls, name: str | None) -> str | None:
        if name is not None:
            faults_named(name)
        return name


class PolicyRow(BaseModel):
    """What one policy came to; minor units over the whole rehearsal, mean over the worlds."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    profit_minor: float
    profit_over_hold_minor: float
    bad_debt_minor: float
    limit_minor: float
    default_rate: float


class ScoreRow(BaseModel):
    """One thing that the platform is scored on; ``passed`` is None where there is no verdict."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float | None
    unit: str
    target: str
    passed: bool | None
    text: str


class EventRow(BaseModel):
    """One event on the time line."""

    model_config = ConfigDict(frozen=True)

    month_end: date
    kind: str
    text: str


class RehearsePolicyOutcome(BaseModel):
    """Where the rehearsal lies and what it came to; ``result_path`` is all of it, as JSON."""

    model_config = ConfigDict(frozen=True)

    scenario: str
    customers: int
    months: int
    seeds: list[int]
    path: str
    result_path: str
    result_digest: str
    report: str
    policies: list[PolicyRow]
    scores: list[ScoreRow]
    events: list[EventRow]
    recognised: bool = False


def rehearse_policy(
    platform: Platform,
    request: RehearsePolicyRequest,
    on_month: Callable[[MonthLine], None] = lambda _: None,
) -> RehearsePolicyOutcome:
    """Live each world under the platform and under each rival, and score the platform.

    Args:
        platform: its ledger notes the end; everything else is kept under its ``rehearsals``.
        request: what to rehearse.
        on_month: is handed every month as soon as it was lived.

    Raises:
        PolicyError: the limit policy cannot be used.
    """
    rehearsal = _Rehearsal.of(platform, request)
    if entry := platform.ledger.find(EntryKind.REHEARSAL_FINISHED, rehearsal.key):
        stored = RehearsePolicyOutcome.model_validate(entry.payload)
        if rehearsal.stands(stored):
            return stored.model_copy(update={"recognised": True})
    lived = [rehearsal.live(seed, on_month) for seed in rehearsal.seeds]
    result = rehearsal.result(lived)
    outcome = rehearsal.written(result)
    platform.record(EntryKind.REHEARSAL_FINISHED, outcome, key=rehearsal.key)
    _log.info("rehearsal_finished", path=outcome.path, result_digest=outcome.result_digest)
    return outcome


@dataclass(frozen=True, slots=True)
class _SeedLived:
    lived: Lived
    story: SeedStory


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    platform: Platform
    request: RehearsePolicyRequest
    key: str

    @classmethod
    def of(cls, platform: Platform, request: RehearsePolicyRequest) -> "_Rehearsal":
        asked = request.model_dump(mode="json", exclude={"policy"})
        policies = policies_digest(platform.settings.policies_dir, request.policy)
        key = digest_of({"request": asked, "policies": policies, "code": code_digest()})
        return cls(platform, request, key)

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(range(self.request.seed, self.request.seed + self.request.seeds))

    @property
    def folder(self) -> Path:
        asked = self.request
        name = f"{asked.scenario}-{asked.customers}-customers-{asked.months}-months-{self.key[:8]}"
        return self.platform.settings.root / "rehearsals" / name

    @property
    def shock_month(self) -> int | None:
        """Index of the world's month in which the scenario begins; None in calm."""
        if self.request.scenario is ScenarioName.CALM:
            return None
        return self.request.history_months + self.request.months // 3

    def parameters(self, seed: int) -> WorldParameters:
        return WorldParameters(
            customers=self.request.customers,
            months=self.request.history_months + self.request.months,
            seed=seed,
            scenario=self.request.scenario,
            shock_month=self.shock_month or 0,
        )

    def live(self, seed: int, on_month: Callable[[MonthLine], None]) -> _SeedLived:
        asked, parameters = self.request, self.parameters(seed)
        calendar = Calendar(parameters.start, parameters.months)
        clock = SimulatedClock(calendar.month_end(asked.history_months - 1))
        own = open_rehearsal(self.platform, self.folder / f"seed-{seed}", clock, asked.policy)
        faults = (
            faults_named(asked.faults, first_month=asked.history_months) if asked.faults else ()
        )
        course = Course(parameters, asked.history_months, asked.retrain_every_months, faults)
        lived = live(own, clock, course, on_month)
        return _SeedLived(lived, story_of(own, lived, faults, calendar))

    def result(self, lived: Sequence[_SeedLived]) -> RehearsalResult:
        asked, scenario = self.request, scenario_named(self.request.scenario)
        calendar = lived[0].lived.books.scene.calendar
        shock = None if self.shock_month is None else calendar.month_end(self.shock_month)
        policies = compared(self._books([each.lived.books for each in lived]))
        stories = [each.story for each in lived]
        events, scores = verdict(stories, policies, scenario, shock)
        return RehearsalResult(
            scenario=str(asked.scenario),
            title=scenario.title,
            customers=asked.customers,
            history_months=asked.history_months,
            months=asked.months,
            seeds=self.seeds,
            shock_month_end=shock,
            policies=policies,
            events=events,
            scores=scores,
            cap_use=stories[0].cap_use,
            actions=together(part for story in stories for part in story.actions),
        )

    def _books(self, own: Sequence[Books]) -> list[PolicyBooks]:
        compared_with = [PolicyBooks(PLATFORM, _PLATFORM_TITLE, tuple(own))]
        for rival in RIVALS:
            start = perf_counter()
            books = tuple(
                run_rival(self.parameters(seed), rival, history_months=self.request.history_months)
                for seed in self.seeds
            )
            compared_with.append(PolicyBooks(rival.name, rival.title, books))
            _log.info("rival_lived", name=rival.name, seconds=round(perf_counter() - start, 1))
        return compared_with

    def written(self, result: RehearsalResult) -> RehearsePolicyOutcome:
        """Write result and page, and say what they hold."""
        from tidegate.adapters.rehearsal_page import render

        text = json.dumps(result.to_plain(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        content = text.encode()
        _put(self.folder / _RESULT, content)
        _put(self.folder / _PAGE, render(result))
        return RehearsePolicyOutcome(
            scenario=result.scenario,
            customers=result.customers,
            months=result.months,
            seeds=list(result.seeds),
            path=str(self.folder),
            result_path=str(self.folder / _RESULT),
            result_digest=digest_bytes(content),
            report=str(self.folder / _PAGE),
            policies=[_policy_row(policy) for policy in result.policies],
            scores=[ScoreRow(**asdict(score)) for score in result.scores],
            events=[EventRow(**asdict(event)) for event in result.events],
        )

    def stands(self, stored: RehearsePolicyOutcome) -> bool:
        """Whether what was written is still there as it was."""
        result, page = self.folder / _RESULT, self.folder / _PAGE
        return (
            result.is_file()
            and page.is_file()
            and digest_bytes(result.read_bytes()) == stored.result_digest
        )


def _put(path: Path, content: bytes) -> None:
    """Put a file in its place at once, or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.replace(path)


def _policy_row(policy: PolicyResult) -> PolicyRow:
    return PolicyRow(
        name=policy.name,
        title=policy.title,
        profit_minor=policy.profit.value,
        profit_over_hold_minor=policy.profit_over_hold.value,
        bad_debt_minor=policy.bad_debt.value,
        limit_minor=policy.limit.value,
        default_rate=policy.default_rate.value,
    )

"""Launches, by the ledger alone: which version is in which step, since when, and how it went.

A launch begins where a cleared promotion has steps before it. It is ``served`` by every cycle of
decisions, ``stepped`` where enough cycles went well, and ``stopped`` by harm, by a person, or by
what takes its ground away. Its promotion is finished after the last step. A step holds from the
date of its entry on, so a past date is decided again in the step of that date; what was stopped
is stopped for every date. The alias ``launching`` and the tag ``launch`` in the registry show the
same to people, and nothing reads them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import structlog
from pydantic import BaseModel, ConfigDict

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import LedgerBroken
from credit_limits.launch.beside import Parity, SwapGroup
from credit_limits.launch.policy import HarmRule, LaunchPolicy, LaunchStep, Step
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)
LAUNCHING = "launching"
_TAG = "launch"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, protected_namespaces=())


class StepRow(_Value):
    """A step as the launch was planned with."""

    step: Step
    cycles: int
    share: float = 0.0


class LaunchPlan(_Value):
    """The steps and the rule of harm that a launch keeps, and the policy that they are of."""

    policy_version: str
    policy_digest: str
    steps: tuple[StepRow, ...]
    false_stop: float
    odds_ratio: float
    accounts_floor: int

    @property
    def harm(self) -> HarmRule:
        """When the canary has done harm."""
        return HarmRule(self.false_stop, self.odds_ratio, self.accounts_floor)


class StopCause(StrEnum):
    """What stopped a launch. After ``harm`` or other rows the version is not launched again."""

    HARM = "harm"
    ROWS = "other rows"
    PERSON = "person"
    REPLACED = "replaced"
    CHAMPION_CHANGED = "champion changed"
    NOT_CERTIFIED = "certificate does not verify"


class StreamRow(_Value):
    """Looks at accounts of canary and control, and how many ended badly.

    An account is looked at once a month until it misses a payment, and once for its default.
    """

    outcome: str
    canary: int
    canary_bad: int
    control: int
    control_bad: int


class HarmRow(_Value):
    """A look at a canary: harm is found where ``evidence`` reaches ``needed``.

    ``known``: canary accounts of which a payment is known since they were decided.
    """

    evidence: float
    needed: float
    known: int
    streams: tuple[StreamRow, ...]


class LaunchServed(_Value):
    """One cycle of decisions with a version that launches.

    ``batch_id`` is that of the launching version's decisions, ``champion_batch_id`` that of the
    champion's beside them; ``parity`` and ``swap_set`` are there in shadow.
    """

    launch: str
    model_name: str
    version: str
    as_of: date
    step: Step
    batch_id: str
    champion_batch_id: str
    decisions: int
    parity: Parity | None = None
    swap_set: tuple[SwapGroup, ...] = ()
    reason: str


class LaunchStepped(_Value):
    """A launch entered the step at ``place`` of its plan; the place after the last is full."""

    launch: str
    model_name: str
    version: str
    as_of: date
    place: int
    step: Step
    reason: str
    figures: HarmRow | None = None


class LaunchStopped(_Value):
    """A launch is over, and the champion stays; ``actor`` of the entry stopped it."""

    launch: str
    model_name: str
    version: str
    as_of: date
    step: Step
    cause: StopCause
    reason: str
    figures: HarmRow | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch as it stood at a date.

    ``key`` is that of its promotion, ``begun`` and ``intended`` the entries that began it and
    that carries its certificate; the step at ``place`` holds since ``since``. ``promoted``: its
    promotion is finished.
    """

    key: str
    begun: Entry
    intended: Entry
    plan: LaunchPlan
    place: int
    since: date
    served: tuple[LaunchServed, ...]
    stepped: tuple[LaunchStepped, ...]
    stopped: LaunchStopped | None
    promoted: bool

    @property
    def model_name(self) -> str:
        """The model's name in the registry."""
        return str(self.begun.payload["model_name"])

    @property
    def version(self) -> str:
        """The version that launches."""
        return str(self.begun.payload["version"])

    @property
    def follows(self) -> str | None:
        """Digest of the entry that made the champion in whose place it was certified."""
        seal = self.intended.payload["seal"]
        follows = seal.get("follows") if isinstance(seal, Mapping) else None
        return str(follows) if follows else None

    @property
    def begun_on(self) -> date:
        """The date from which on it is served."""
        return date.fromisoformat(str(self.begun.payload["as_of"]))

    @property
    def planned(self) -> StepRow:
        """The step that it is in."""
        full = StepRow(step=Step.FULL, cycles=0)
        return self.plan.steps[self.place] if self.place < len(self.plan.steps) else full

    @property
    def step(self) -> Step:
        """The name of the step that it is in."""
        return self.planned.step

    @property
    def is_open(self) -> bool:
        """Whether it is neither stopped nor done."""
        return self.stopped is None and not self.promoted

    def cycles_before(self, as_of: date) -> tuple[date, ...]:
        """The dates of the present step's cycles before ``as_of``, each once, oldest first."""
        days = {served.as_of for served in self.served if served.as_of >= self.since}
        return tuple(sorted(day for day in days if day < as_of))


def launches(platform: Platform, model_name: str, as_of: date | None = None) -> tuple[Launch, ...]:
    """Every launch of a model begun up to ``as_of``, oldest first, with its step at that date.

    Without a date, as they stand by all that the ledger holds.
    """
    begun = _of_model(platform, EntryKind.LAUNCH_BEGUN, model_name)
    found = [_launch(platform, entry, as_of) for entry in begun]
    return tuple(each for each in found if as_of is None or each.begun_on <= as_of)


def open_launch(platform: Platform, model_name: str, as_of: date | None = None) -> Launch | None:
    """The one launch that is neither stopped nor done, None where there is none."""
    found = [launch for launch in launches(platform, model_name, as_of) if launch.is_open]
    return found[-1] if found else None


def plan_of(policy: LaunchPolicy, digest: str) -> LaunchPlan:
    """The plan of a launch that begins under a policy."""
    return LaunchPlan(
        policy_version=policy.version,
        policy_digest=digest,
        steps=tuple(_row(step) for step in policy.steps),
        false_stop=policy.harm.false_stop,
        odds_ratio=policy.harm.odds_ratio,
        accounts_floor=policy.harm.accounts_floor,
    )


def show_launch(platform: Platform, model_name: str, version: str, word: str) -> None:
    """Show in the registry how far a version has come: ``word`` is its step, or ``stopped``."""
    platform.registry.set_version_tags(model_name, version, {_TAG: word})
    if word in (Step.SHADOW, Step.CANARY):
        platform.registry.set_alias(model_name, LAUNCHING, version)
    elif platform.registry.version_at_alias(model_name, LAUNCHING) == version:
        platform.registry.delete_alias(model_name, LAUNCHING)


def record_step(
    platform: Platform, launch: Launch, as_of: date, reason: str, figures: HarmRow | None
) -> None:
    """The launch enters its next step: shown in the registry first, then in the ledger."""
    place, steps = launch.place + 1, launch.plan.steps
    step = steps[place].step if place < len(steps) else Step.FULL
    stepped = LaunchStepped(
        launch=launch.key,
        model_name=launch.model_name,
        version=launch.version,
        as_of=as_of,
        place=place,
        step=step,
        reason=reason,
        figures=figures,
    )
    show_launch(platform, launch.model_name, launch.version, step)
    _append(platform, EntryKind.LAUNCH_STEPPED, stepped, {"launch": launch.key, "place": place})


def record_stop(
    platform: Platform,
    launch: Launch,
    as_of: date,
    *,
    cause: StopCause,
    reason: str,
    figures: HarmRow | None = None,
) -> LaunchStopped:
    """The launch is over: shown in the registry first, then in the ledger."""
    stopped = LaunchStopped(
        launch=launch.key,
        model_name=launch.model_name,
        version=launch.version,
        as_of=as_of,
        step=launch.step,
        cause=cause,
        reason=reason,
        figures=figures,
    )
    show_launch(platform, launch.model_name, launch.version, "stopped")
    _append(platform, EntryKind.LAUNCH_STOPPED, stopped, {"launch": launch.key})
    _log.error("launch_stopped", version=launch.version, cause=cause, reason=reason)
    return stopped


def record_served(platform: Platform, served: LaunchServed) -> None:
    """A cycle was served; the same batches of the same date again are the same cycle."""
    content = served.model_dump(mode="json", include={"launch", "as_of", "champion_batch_id"})
    _append(platform, EntryKind.LAUNCH_SERVED, served, content)


def served_already(platform: Platform, launch: str, as_of: date, batch: str) -> LaunchServed | None:
    """What the ledger has of a cycle whose champion decided in ``batch``."""
    content = {"launch": launch, "as_of": as_of.isoformat(), "champion_batch_id": batch}
    entry = platform.ledger.find(EntryKind.LAUNCH_SERVED, digest_of(content))
    return LaunchServed.model_validate(entry.payload) if entry else None


def _append(platform: Platform, kind: EntryKind, value: BaseModel, content: object) -> None:
    platform.record(kind, value, key=digest_of(content))


def _launch(platform: Platform, begun: Entry, as_of: date | None) -> Launch:
    intended = platform.ledger.find(EntryKind.PROMOTION_INTENDED, begun.key)
    if intended is None:
        raise LedgerBroken(
            f"ledger entry {begun.sequence} begins a launch without a promotion; check "
            "`tidegate ledger verify`"
        )
    stepped = tuple(
        row
        for entry in _of_launch(platform, EntryKind.LAUNCH_STEPPED, begun.key)
        if (row := LaunchStepped.model_validate(entry.payload)) and _by(row.as_of, as_of)
    )
    stopped = _of_launch(platform, EntryKind.LAUNCH_STOPPED, begun.key)
    begun_on = date.fromisoformat(str(begun.payload["as_of"]))
    return Launch(
        key=begun.key,
        begun=begun,
        intended=intended,
        plan=LaunchPlan.model_validate(begun.payload["plan"]),
        place=stepped[-1].place if stepped else 0,
        since=stepped[-1].as_of if stepped else begun_on,
        served=tuple(
            LaunchServed.model_validate(entry.payload)
            for entry in _of_launch(platform, EntryKind.LAUNCH_SERVED, begun.key)
        ),
        stepped=stepped,
        stopped=LaunchStopped.model_validate(stopped[-1].payload) if stopped else None,
        promoted=platform.ledger.find(EntryKind.MODEL_PROMOTED, begun.key) is not None,
    )


def _by(day: date, as_of: date | None) -> bool:
    return as_of is None or day <= as_of


def _of_launch(platform: Platform, kind: EntryKind, key: str) -> Sequence[Entry]:
    return [entry for entry in platform.ledger.entries(kind) if entry.payload["launch"] == key]


def _of_model(platform: Platform, kind: EntryKind, model_name: str) -> Sequence[Entry]:
    entries = platform.ledger.entries(kind)
    return [entry for entry in entries if entry.payload["model_name"] == model_name]


def _row(step: LaunchStep) -> StepRow:
    return StepRow(step=step.step, cycles=step.cycles, share=step.share)

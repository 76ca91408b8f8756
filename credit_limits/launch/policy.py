"""How a cleared model begins to decide, and when it is taken back: data of policies/launch."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from credit_limits.domain.errors import PolicyError
from credit_limits.policy.parameters import Row, Section

_MOST_CYCLES = 120


class Step(StrEnum):
    """How far a version has come: its decisions are only shown, hold for a share, or for all."""

    SHADOW = "shadow"
    CANARY = "canary"
    FULL = "full"


class WatchedVerdict(StrEnum):
    """A part of the watch that can take a champion back."""

    MATURED = "matured"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class LaunchStep:
    """One step: for how many ``cycles`` of decisions, and of a canary for which ``share``.

    ``share`` is above 0 and at most 0.5 for a canary, 0 for a shadow.
    """

    step: Step
    cycles: int
    share: float = 0.0

    def __post_init__(self) -> None:
        if self.step is Step.FULL:
            raise ValueError("full is what follows the last step, and no step of its own")
        if not 1 <= self.cycles <= _MOST_CYCLES:
            raise ValueError(f"{self.step} lasts {self.cycles} cycles; 1 to {_MOST_CYCLES} can be")
        if (self.step is Step.CANARY) != (0.0 < self.share <= 0.5):
            raise ValueError(
                f"{self.step} has the share {self.share}; a canary has one above 0 and up to 0.5, "
                "a shadow has none"
            )


@dataclass(frozen=True, slots=True)
class HarmRule:
    """When a canary has done harm.

    ``false_stop``: chance, 0 to 1, that a launch that does none is ever stopped, however often it
    is looked at. ``odds_ratio``: from which ratio of the odds on, canary over control, harm is
    looked for; above 1. ``accounts_floor``: of how many canary accounts the next payment must be
    known before the canary may go on.
    """

    false_stop: float
    odds_ratio: float
    accounts_floor: int

    def __post_init__(self) -> None:
        if not 0.0 < self.false_stop < 1.0 or not self.odds_ratio > 1.0 or self.accounts_floor < 1:
            raise ValueError(
                f"false_stop {self.false_stop} lies between 0 and 1, odds_ratio {self.odds_ratio} "
                f"above 1, accounts_floor {self.accounts_floor} is at least 1"
            )


@dataclass(frozen=True, slots=True)
class RollBackRule:
    """Which ``verdicts`` of the watch take a champion back, and for how long after its promotion.

    Without verdicts none is taken back by itself.
    """

    verdicts: tuple[WatchedVerdict, ...]
    months_after_promotion: int


@dataclass(frozen=True, slots=True)
class LaunchPolicy:
    """The launch policy of a day. Without ``steps`` a cleared version decides at once."""

    version: str
    steps: tuple[LaunchStep, ...]
    harm: HarmRule
    roll_back: RollBackRule

    def __post_init__(self) -> None:
        order = [step.step for step in self.steps]
        if order != sorted(order, key=list(Step).index):
            raise ValueError("a shadow comes before a canary")


def parse_launch_policy(version: str, content: Mapping[str, object]) -> LaunchPolicy:
    """The policy of a file of ``policies/launch``.

    Args:
        version: the file's version, for messages.
        content: the file: ``effective_from``, ``owner``, ``steps`` (each with ``step``,
            ``cycles``, ``reason`` and of a canary ``share``), ``harm`` and ``roll_back``.

    Raises:
        PolicyError: a part is absent, unknown, out of its bounds or without its reason.
    """
    known = {"effective_from", "owner", "steps", "reason", "harm", "roll_back"}
    if set(content) != known or not content["reason"]:
        raise PolicyError(
            f"{version}: absent {sorted(known - set(content))}, unknown "
            f"{sorted(set(content) - known)}; steps need their reason in words"
        )
    parts = Section(version, {name: content[name] for name in ("harm", "roll_back")})
    with parts.section("harm").building() as harm, parts.section("roll_back").building() as back:
        return LaunchPolicy(
            version,
            _steps(version, content["steps"]),
            HarmRule(
                harm.number("false_stop", "share of launches without harm", 0.0, 1.0),
                harm.number("odds_ratio", "ratio", 1.0, 100.0),
                harm.integer("accounts_floor", "accounts", 1, 10**9),
            ),
            RollBackRule(
                _verdicts(back),
                back.integer("months_after_promotion", "months", 1, 1_200),
            ),
        )


def _steps(version: str, raw: object) -> tuple[LaunchStep, ...]:
    if not isinstance(raw, list):
        raise PolicyError(f"{version}: steps is a list; an empty one for full at once")
    return tuple(_step(f"{version}.steps[{place}]", entry) for place, entry in enumerate(raw))


def _step(path: str, raw: object) -> LaunchStep:
    row = Row(path, dict(raw) if isinstance(raw, Mapping) else {})
    canary = row.content.get("step") == Step.CANARY
    row.fields("step", "cycles", "reason", *(("share",) if canary else ()))
    row.text("reason")
    cycles = row.number("cycles", 1, _MOST_CYCLES)
    share = row.number("share", 0.0, 0.5) if canary else 0.0
    if cycles != int(cycles):
        raise PolicyError(f"{path}.cycles: {cycles} is not a whole number")
    return LaunchStep(Step(row.text("step")), int(cycles), share)


def _verdicts(section: Section) -> tuple[WatchedVerdict, ...]:
    chosen = section.numbers_by_name("verdicts", "1 for yes, 0 for no", 0, 1)
    return tuple(WatchedVerdict(name) for name, taken in chosen.items() if taken)

"""The policies that the platform is compared with, each deciding in the same world."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from credit_limits.rehearsal.books import Books
from credit_limits.rehearsal.economics import RehearsalEconomics
from credit_limits.rehearsal.observational import ObservationalPolicy
from credit_limits.rehearsal.oracle import OraclePolicy
from credit_limits.rehearsal.sight import (
    CEILING_MINOR,
    LADDER,
    ChangeLog,
    may_raise,
    orders_to,
)
from credit_limits.simulation.orders import LimitOrders
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import RunningWorld

_ON_TIME_MONTHS = 6
_RAISE_PERMILLE = 1200


class RivalPolicy(Protocol):
    """A policy at work in one world. It sees every month that ends, those of the history too."""

    def see(self, world: RunningWorld) -> None:
        """Look at the month that just ended, before anything is decided."""

    def orders(self, world: RunningWorld) -> LimitOrders:
        """The limits of the next month."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A policy to compare with: ``start`` puts it to work in a world that has lived no month."""

    name: str
    title: str
    description: str
    start: Callable[[RunningWorld, RehearsalEconomics], RivalPolicy]


class HoldPolicy:
    """Nothing moves."""

    def see(self, world: RunningWorld) -> None:
        """Nothing depends on what happens."""

    def orders(self, world: RunningWorld) -> LimitOrders:
        """None."""
        return orders_to(world.standing, world.standing.limit)


class RuleOfThumbPolicy:
    """Six on-time months in a row: plus 20 %, at most once in six months, up to the ceiling."""

    def __init__(self, world: RunningWorld) -> None:
        self._log = ChangeLog(world.scene.accounts.count)

    def see(self, world: RunningWorld) -> None:
        """Note whose limit moved."""
        self._log.note(world.standing.month, world.changes)

    def orders(self, world: RunningWorld) -> LimitOrders:
        """Raises for all that deserve one."""
        standing = world.standing
        deserves = may_raise(world.scene, standing, self._log)
        deserves &= standing.on_time_streak >= _ON_TIME_MONTHS
        raised = np.minimum(LADDER.scaled_down(standing.limit, _RAISE_PERMILLE), CEILING_MINOR)
        to_minor = np.where(deserves, np.maximum(raised, standing.limit), standing.limit)
        return orders_to(standing, to_minor)


HOLD = Rival(
    "hold", "Hold every limit", "No limit moves after the hand-over.", lambda _w, _e: HoldPolicy()
)
RULE_OF_THUMB = Rival(
    "rule_of_thumb",
    "Rule of thumb",
    "Six on-time months in a row raise the limit by 20 %, at most once in six months.",
    lambda world, _: RuleOfThumbPolicy(world),
)
OBSERVATIONAL = Rival(
    "observational",
    "Observational model",
    "A regression on what was seen before the hand-over, read as if it told what a limit does.",
    ObservationalPolicy,
)
ORACLE = Rival(
    "oracle",
    "Oracle",
    "Knows every account's true risk and spending at every limit that a lender may choose.",
    OraclePolicy,
)
RIVALS = (HOLD, RULE_OF_THUMB, OBSERVATIONAL, ORACLE)


def run_rival(
    parameters: WorldParameters,
    rival: Rival,
    *,
    history_months: int,
    economics: RehearsalEconomics | None = None,
) -> Books:
    """Live the world of these parameters: the past policy's months, then the rival's to the end.

    The books hold the rival's months alone. Raises ``ValueError`` where no month is left to it.
    """
    if not 0 <= history_months < parameters.months:
        raise ValueError(f"{history_months} months of history in a world of {parameters.months}")
    world = RunningWorld(parameters)
    books = Books(world.scene, economics)
    policy = rival.start(world, books.economics)
    for month in range(parameters.months):
        before = world.standing
        world.step(policy.orders(world) if month >= history_months else None)
        policy.see(world)
        if month >= history_months:
            books.close_month(before, world.standing, world.changes)
    return books

"""Roll months drawn at random, and those of a simulated world."""

from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np

from credit_limits.domain.periods import add_months
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import RunningWorld
from monitoring.early_delinquency import EarlyVerdict, RollMonth, early_verdict
from monitoring.thresholds import DriftLevel, EarlyThresholds, parse_early_thresholds
from tests.gate_samples import POLICIES
from tidegate.adapters.dated_policies import load_dated

LAST = date(2024, 1, 31)


@cache
def early_thresholds() -> EarlyThresholds:
    dated = load_dated(POLICIES / "monitoring", LAST)
    return parse_early_thresholds(dated.version, dated.content)


def months_of(rolled: Sequence[int], current: int = 1_000) -> list[RollMonth]:
    """Months in a row up to ``LAST``, each with as many accounts that were current."""
    first = 1 - len(rolled)
    return [
        RollMonth(add_months(LAST, first + place), current, count)
        for place, count in enumerate(rolled)
    ]


def each_verdict(months: Sequence[RollMonth]) -> list[EarlyVerdict]:
    """The verdict of every month, as it was given when the month was the newest."""
    thresholds = early_thresholds()
    return [early_verdict(months[: place + 1], thresholds) for place in range(len(months))]


def alarms(months: Sequence[RollMonth]) -> list[int]:
    """The places of the months in alarm."""
    return [
        place
        for place, verdict in enumerate(each_verdict(months))
        if verdict.level is DriftLevel.ALARM
    ]


def lived(parameters: WorldParameters) -> list[RollMonth]:
    """The roll months of a world under the past policy, from its second month on."""
    world, months = RunningWorld(parameters), []
    for month in range(parameters.months):
        before = world.standing
        world.step()
        after = world.standing
        owed = (before.state == State.CURRENT) & (before.money.balance > 0)
        current = owed & (after.state <= State.CHARGED_OFF)
        rolled = current & (after.state >= State.DPD_30)
        if month:
            end = world.scene.calendar.month_end(month)
            months.append(RollMonth(end, int(current.sum()), int(rolled.sum())))
    return months


def drawn_years(
    seed: int, years: int, *, current: int, rate: float, months: int = 24, spread: float = 0.0
) -> np.ndarray:
    """First misses of ``years`` portfolios in which nothing changes, shape (years, months).

    ``spread`` is the standard deviation of a month's rate over its mean: what all accounts of a
    month have in common.
    """
    random = np.random.default_rng(seed)
    shape = (years, months)
    if spread == 0.0:
        return random.binomial(current, rate, shape)
    lucky = random.gamma(1.0 / spread**2, rate * spread**2, shape)
    return random.binomial(current, np.clip(lucky, 0.0, 1.0))

"""Is the world what it claims to be? Each calibrated quantity beside its target and its band."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from credit_limits.rehearsal.world_quantities import (
    Cohort,
    MonthEnd,
    Quantity,
    auc,
    cohorts_of,
    logistic_slope,
    mean_log_odds_slope,
    month_end_of,
    share_past_due,
)
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.orders import LimitOrders, positions_of
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.portfolio import OPEN
from credit_limits.simulation.scenarios import ScenarioName
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import default_probability

LEAST_MONTHS = 18
"""Months of the calm world below which its cohorts are too few to be compared."""

_SETTLED_FROM = 6
_LIMIT_RATIO = 1.1
_RAISE_RATIO = 1.25
_RAISED_IN, _QUARTER, _THREE_YEARS = 6, 3, 36
_SHOCK_MONTH, _UNTIL_WORST, _AFTER_A_YEAR = 12, 4, 12
_ANT = "Ant Group's prospectus, 2020"
_AYDIN = "Aydin 2022, American Economic Review 112(1)"


def check_world(parameters: WorldParameters) -> tuple[Quantity, ...]:
    """Every quantity of the world of these parameters, whatever their scenario.

    Five worlds are lived: a calm one, two that differ only in the shock of 2020, and two that
    differ only in a raise drawn at random.

    Raises:
        ValueError: fewer than 18 months.
        NotEnoughOutcomes: too few customers for any to default.
    """
    if parameters.months < LEAST_MONTHS:
        raise ValueError(f"{parameters.months} months, a check needs {LEAST_MONTHS}")
    return (
        *_of_calm(parameters),
        *_of_responses(parameters),
        *_of_shock(parameters),
    )


def true_probabilities(
    parameters: WorldParameters, account_id: npt.NDArray[np.str_], as_of: Sequence[date]
) -> Floats:
    """The true chance of each row's account to default within six months of its month end.

    NaN where the account was not at risk then. ``ValueError`` where the world has no such account
    or no such month end.
    """
    world = RunningWorld(parameters)
    calendar = world.scene.calendar
    month_of = {calendar.month_end(month): month for month in range(parameters.months)}
    if strange := sorted(set(as_of) - set(month_of)):
        raise ValueError(f"{strange[0]} is no month end of the world")
    month = np.array([month_of[day] for day in as_of], dtype=np.int64)
    names, place = np.unique(account_id, return_inverse=True)
    account = positions_of(world.scene, names)[place]
    chance = np.full(len(month), np.nan)
    for at in range(int(month.max(initial=-1)) + 1):
        world.step()
        if (rows := month == at).any():
            chance[rows] = default_probability(world.scene, world.standing)[account[rows]]
    return chance


def model_quantities(
    label: Flags, score: Floats, chance: Floats, *, margin: float
) -> tuple[Quantity, ...]:
    """AUC of a model beside that of the true ``chance`` on the very same rows.

    Rows of accounts that the truth does not hold at risk (NaN) count for neither.
    """
    known = np.isfinite(chance)
    ceiling = auc(label[known], chance[known])
    found = auc(label[known], score[known])
    return (
        _ceiling("AUC of the true probability, on a model's out-of-time rows", ceiling),
        Quantity(
            "AUC of the platform's model, on the same rows",
            found,
            ceiling,
            ceiling - margin,
            ceiling + margin,
            "AUC",
            "the truth on the same rows",
        ),
    )


def _ceiling(name: str, value: float) -> Quantity:
    source = "Give Me Some Credit, 2011: 0.869 won"
    return Quantity(name, value, 0.87, 0.82, 0.92, "AUC", source)


def _scenario(
    parameters: WorldParameters, name: ScenarioName, months: int, shock_month: int = 0
) -> WorldParameters:
    """The same customers in another course of events."""
    horizon = parameters.opening_horizon
    return replace(
        parameters,
        scenario=name,
        shock_month=shock_month,
        months=months,
        opening_horizon_months=horizon,
    )


def _of_calm(parameters: WorldParameters) -> tuple[Quantity, ...]:
    world = RunningWorld(_scenario(parameters, ScenarioName.CALM, parameters.months))
    months: list[MonthEnd] = []
    for _ in range(parameters.months):
        world.step()
        chance = default_probability(world.scene, world.standing).astype(np.float32)
        months.append(month_end_of(world.standing, chance))
    now, raised = (
        default_probability(world.scene, world.standing, limit_ratio=ratio)
        for ratio in (1.0, _LIMIT_RATIO)
    )
    slope = mean_log_odds_slope(now, raised, _LIMIT_RATIO)
    return (
        *_base_shares(months[_SETTLED_FROM:]),
        *_of_cohorts(cohorts_of(months)),
        Quantity(
            "true slope of default on log limit",
            slope,
            0.35,
            0.10,
            0.60,
            "log odds a unit",
            "positive, as limits drawn at random show; its size is an assumption",
        ),
    )


def _base_shares(months: Sequence[MonthEnd]) -> tuple[Quantity, ...]:
    d30, d90 = (
        100.0 * float(np.mean([share_past_due(month, days) for month in months]))
        for days in (30, 90)
    )
    return (
        Quantity(
            "balance 30 and more days past due", d30, 1.56, 1.30, 1.90, "%", f"{_ANT}, end of 2019"
        ),
        Quantity(
            "balance 90 and more days past due", d90, 1.05, 0.80, 1.30, "%", f"{_ANT}, end of 2019"
        ),
    )


def _of_cohorts(cohorts: Sequence[Cohort]) -> tuple[Quantity, ...]:
    defaulted = np.concatenate([cohort.defaulted for cohort in cohorts])
    chance = np.concatenate([cohort.chance for cohort in cohorts])
    log_limit = np.log(np.concatenate([cohort.limit_minor for cohort in cohorts]))
    third = len(cohorts) // 3
    first, last = (
        float(np.mean([cohort.rate for cohort in part]))
        for part in (cohorts[:third], cohorts[-third:])
    )
    return (
        Quantity(
            "default rate in six months, last third of cohorts over the first",
            last / first if first else np.nan,
            1.0,
            0.80,
            1.25,
            "ratio",
            "a calm economy with a steady inflow of customers has no trend",
        ),
        Quantity(
            "naive slope of default on log limit",
            logistic_slope(defaulted, log_limit),
            -0.43,
            -0.80,
            -0.15,
            "log odds a unit",
            "the same regression on the cards of Taiwan, 2005",
        ),
        _ceiling("AUC of the true probability", auc(defaulted, chance)),
    )


def _of_responses(parameters: WorldParameters) -> tuple[Quantity, ...]:
    after_quarter, after_years = _responses(parameters)
    return (
        Quantity(
            "owed more of each added yuan after 3 months",
            after_quarter,
            0.11,
            0.08,
            0.14,
            "yuan",
            _AYDIN,
        ),
        Quantity(
            "owed more of each added yuan after 36 months",
            after_years,
            0.28,
            0.22,
            0.34,
            "yuan",
            _AYDIN,
        ),
    )


def _responses(parameters: WorldParameters) -> tuple[float, float]:
    """What is owed more, of each unit of limit that was added to pay-later lines drawn by lot."""
    lived = _scenario(parameters, ScenarioName.CALM, _RAISED_IN + _THREE_YEARS)
    held, raised = RunningWorld(lived), RunningWorld(lived)
    for _ in range(_RAISED_IN):
        held.step()
        raised.step()
    account = _drawn_for_raise(held)
    before = held.standing.limit[account]
    found = []
    held.step(_orders(account, before))
    raised.step(_orders(account, np.rint(_RAISE_RATIO * before).astype(np.int64)))
    for month in range(2, _THREE_YEARS + 1):
        held.step(_orders(account[:0], before[:0]))
        raised.step(_orders(account[:0], before[:0]))
        if month in (_QUARTER, _THREE_YEARS):
            found.append(_owed_more(held, raised, account))
    return found[0], found[1]


def _drawn_for_raise(world: RunningWorld) -> Ints:
    standing = world.standing
    eligible = (standing.status == OPEN) & (standing.state <= State.CURRENT)
    eligible &= ~world.scene.accounts.cash_loan
    lot = np.random.default_rng(world.scene.parameters.seed).random(len(eligible)) < 0.5
    return np.flatnonzero(eligible & lot)


def _orders(account: Ints, to_minor: Ints) -> LimitOrders:
    return LimitOrders(account, to_minor, np.zeros(len(account), dtype=np.bool_))


def _owed_more(held: RunningWorld, raised: RunningWorld, account: Ints) -> float:
    there = np.asarray(held.standing.state[account] <= State.CHARGED_OFF)
    there &= raised.standing.state[account] <= State.CHARGED_OFF
    both = account[there]
    owed = raised.standing.money.balance[both] - held.standing.money.balance[both]
    added = raised.standing.limit[both] - held.standing.limit[both]
    return float(owed.sum() / added.sum())


def _of_shock(parameters: WorldParameters) -> tuple[Quantity, ...]:
    """Before it, at worst, and a year on beside the same months of the same draws without it.

    A month's share hangs on few large balances, and stays high or low for as long as they are
    late. Between worlds of the same draws that cancels, between months a year apart it does not.
    """
    shocked = _shares_late(parameters, ScenarioName.SHOCK_2020)
    calm = _shares_late(parameters, ScenarioName.CALM)
    year_on = slice(_SHOCK_MONTH + _AFTER_A_YEAR, _SHOCK_MONTH + _AFTER_A_YEAR + 3)
    before = float(np.mean(shocked[_SHOCK_MONTH - 3 : _SHOCK_MONTH]))
    worst = max(shocked[_SHOCK_MONTH : _SHOCK_MONTH + _UNTIL_WORST])
    after, without = float(np.mean(shocked[year_on])), float(np.mean(calm[year_on]))
    late = "balance 30 and more days past due"
    return (
        Quantity(f"{late}, before the shock of 2020", before, 1.76, 1.20, 2.10, "%", _ANT),
        Quantity(f"{late}, at worst within four months of it", worst, 3.01, 2.50, 3.50, "%", _ANT),
        Quantity(
            f"{late}, a year after it over the same without it",
            after / without if without else np.nan,
            1.0,
            0.75,
            1.30,
            "ratio",
            "back to where it was",
        ),
    )


def _shares_late(parameters: WorldParameters, scenario: ScenarioName) -> list[float]:
    """Share of balances 30 and more days past due at each month's end, per cent."""
    months = _SHOCK_MONTH + _AFTER_A_YEAR + _UNTIL_WORST
    world = RunningWorld(_scenario(parameters, scenario, months, _SHOCK_MONTH))
    shares = []
    for _ in range(months):
        world.step()
        nothing = np.full(len(world.standing.state), np.nan)
        shares.append(100.0 * share_past_due(month_end_of(world.standing, nothing), 30))
    return shares

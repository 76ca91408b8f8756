"""Small worlds and made-up results for the tests of a rehearsal's core."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np

from credit_limits.domain.periods import add_months
from credit_limits.policy.risk_grades import Grade
from credit_limits.rehearsal.actions import grade_actions
from credit_limits.rehearsal.result import (
    CapUse,
    CohortFigures,
    Event,
    EventKind,
    GroupFigures,
    MonthFigures,
    PolicyResult,
    RehearsalResult,
    Score,
    Spread,
)
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import Repayment, WorldParameters
from credit_limits.simulation.portfolio import OPEN
from credit_limits.simulation.repayment import nothing_moved
from credit_limits.simulation.world import RunningWorld

FIRST = date(2024, 1, 31)

# Payments are missed so often that a few customers meet every state.
TROUBLED = replace(Repayment(), miss_pay_later=-4.0, miss_cash_loan=-4.0)


def parameters(customers=60, months=12, seed=1, **changes):
    return WorldParameters(customers=customers, months=months, seed=seed, **changes)


@cache
def calm_scene_and_standing(customers=40, seed=1):
    """A small world after three months."""
    world = RunningWorld(parameters(customers, seed=seed))
    for _ in range(3):
        world.step()
    return world.scene, world.standing


def quiet_standing(customers=40, seed=1, **changes):
    """The scene, and a standing in which all lines are open, current, unused and in order.

    ``changes`` replace arrays of the standing; a number stands for every account.
    """
    scene, standing = calm_scene_and_standing(customers, seed)
    count = scene.accounts.count
    quiet = replace(
        standing,
        state=np.full(count, State.CURRENT, dtype=np.int8),
        limit=np.full(count, 1_000_000),
        absorbed_limit=np.full(count, 1_000_000.0),
        money=nothing_moved(np.zeros(count, dtype=np.int64)),
        status=np.full(count, OPEN, dtype=np.int8),
        on_time_streak=np.full(count, 12),
        distressed=np.zeros(scene.customers.count, dtype=np.bool_),
    )
    arrays = {
        name: np.full(getattr(quiet, name).shape, value, dtype=getattr(quiet, name).dtype)
        if np.isscalar(value)
        else value
        for name, value in changes.items()
    }
    return scene, replace(quiet, **arrays)


def month_after(standing, **changes):
    return replace(standing, month=standing.month + 1, **changes)


def money(standing, **amounts):
    """The money of a month in which every account has these amounts, minor units."""
    count = len(standing.limit)
    whole = {name: np.full(count, amount, dtype=np.int64) for name, amount in amounts.items()}
    return replace(standing.money, **whole)


def lived(world_parameters, orders=None):
    """A world's months as (before, after, changes); ``orders`` is made from the world."""
    world, months = RunningWorld(world_parameters), []
    for _ in range(world_parameters.months):
        before = world.standing
        world.step(orders(world) if orders else None)
        months.append((before, world.standing, world.changes))
    return world.scene, months


def month_figures(month=0, *, bad_debt=100_00, **changes):
    """Profit is 700 + 200 + 50 - 300 - 80 - 5 = 565 yuan, unless a part is changed."""
    parts = {
        "interest_minor": 700_00,
        "interchange_minor": 200_00,
        "fees_minor": 50_00,
        "funding_minor": 300_00,
        "loss_minor": 80_00,
        "change_cost_minor": 5_00,
    } | {name: value for name, value in changes.items() if name.endswith("_minor")}
    others = {name: value for name, value in changes.items() if name not in parts}
    costs = parts["funding_minor"] + parts["loss_minor"] + parts["change_cost_minor"]
    earned = parts["interest_minor"] + parts["interchange_minor"] + parts["fees_minor"]
    return MonthFigures(
        month_end=add_months(FIRST, month),
        accounts=100,
        limit_minor=900_000_00,
        balance_minor=300_000_00,
        profit_minor=earned - costs,
        bad_debt_minor=bad_debt,
        **parts,
        **({"d30_share": 0.02, "d90_share": 0.01, "increases": 0, "decreases": 0} | others),
    )


def policy_result(name, *, profit=0.0, bad_debt=0.0, months=None):
    def around(value):
        return Spread(value, value - 1.0, value + 1.0)

    return PolicyResult(
        name=name,
        title=name.replace("_", " ").capitalize(),
        months=tuple(months or [month_figures(month) for month in range(12)]),
        groups=(GroupFigures("product", "pay_later", 70, 5_000_00, 1, 2, 0.03, 4),),
        cohorts=(CohortFigures(FIRST, 100, 0.02, 0.021),),
        profit=around(profit),
        bad_debt=around(bad_debt),
        limit=around(900_000_00.0),
        default_rate=Spread(0.03, 0.02, 0.04),
        profit_over_hold=around(profit),
    )


def rehearsal_result():
    return RehearsalResult(
        scenario="2020",
        title="A shock like that of 2020",
        customers=1_000,
        history_months=12,
        months=12,
        seeds=(7, 8),
        shock_month_end=add_months(FIRST, 4),
        policies=(policy_result("hold"), policy_result("platform", profit=5.0)),
        events=(Event(add_months(FIRST, 5), EventKind.ALARM, "Early delinquency doubled."),),
        scores=(Score("regret", None, "share", "small", None, "Nothing to gain."),),
        cap_use=(CapUse(FIRST, "exposure", 10.0, 9.5, 0.25),),
        actions=(grade_actions(FIRST, Grade.A, 10, range(10)),),
    )

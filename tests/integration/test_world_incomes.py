"""Incomes on record over the months of a world: lost in distress, there again after it."""

import numpy as np
import pytest

from credit_limits.simulation.parameters import Population, WorldParameters
from credit_limits.simulation.portfolio import BURN_IN_MONTHS, begin
from credit_limits.simulation.world import RunningWorld

RATIO = 0.5
STILL = Population(
    income_change_monthly=0.0, distress_income_share=1.0, distress_income_ratio=RATIO
)


@pytest.fixture(scope="module")
def lived():
    """A world whose incomes change by distress alone, its rows and who is in distress."""
    world = RunningWorld(WorldParameters(customers=200, months=8, seed=5, population=STILL))
    batches = [(world.step(), world.standing.distressed.copy()) for _ in range(8)]
    return world, batches


def stated(world, batches, months):
    """The last income on record of each customer after so many months; NaN where none is."""
    latest = np.full(world.scene.customers.count, np.nan)
    when = np.full(len(latest), -np.inf)
    for batch, _ in batches[:months]:
        rows = batch.tables.get("customers")
        for row in rows.to_pylist() if rows else []:
            number, at = int(row["customer_id"][1:]), row["event_timestamp"].timestamp()
            if at > when[number] and row["income_monthly_minor"] is not None:
                latest[number], when[number] = row["income_monthly_minor"], at
    return latest


def test_the_income_on_record_is_short_of_the_ratio_for_as_long_as_the_distress(lived):
    world, batches = lived
    customers = world.scene.customers
    own = np.exp(customers.log_income + customers.stated_error) * 100.0
    # who came in distress stated what they earn at other times
    calm = ~begin(world.scene).distressed
    calm &= world.scene.first_seen_us < world.scene.calendar.first_us(-BURN_IN_MONTHS)
    for month in (2, 5, 8):
        on_record, distressed = stated(world, batches, month), batches[month - 1][1]
        known = ~np.isnan(on_record) & calm
        assert (known & distressed).sum() >= 3
        expected = np.where(distressed, RATIO, 1.0) * own
        np.testing.assert_allclose(on_record[known], expected[known], atol=600.0)


def test_what_is_lost_on_record_moves_no_payment():
    """Distress acts on payments by itself; the record of it must not count a second time."""

    def statements(**population):
        parameters = WorldParameters(
            customers=120, months=3, seed=5, population=Population(**population)
        )
        world = RunningWorld(parameters)
        return [world.step().tables["statements"] for _ in range(3)]

    told, kept = statements(distress_income_share=1.0), statements(distress_income_share=0.0)
    assert all(one.equals(other) for one, other in zip(told, kept, strict=True))

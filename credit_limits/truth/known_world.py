"""A world with its truth beside it, for whoever judges what a lender made of the tables."""

from dataclasses import dataclass

from credit_limits.simulation.columns import Table
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import RunningWorld, gathered
from credit_limits.truth.risk import Truth, true_month, truth_of


@dataclass(frozen=True, slots=True)
class KnownWorld:
    """``tables`` by name, as :func:`~credit_limits.simulation.world.simulate_tables` gives them."""

    tables: dict[str, Table]
    truth: Truth


def simulate_known_world(parameters: WorldParameters) -> KnownWorld:
    """The world of these parameters under the past policy, with the truth of every month."""
    world = RunningWorld(parameters)
    batches, months = [], []
    for _ in range(parameters.months):
        batches.append(world.step())
        months.append(true_month(world.scene, world.standing))
    return KnownWorld(gathered(batches), truth_of(world.scene, months))

"""Distress of customers: months in which money is short, alone or with one's whole circle.

A lender does not see it; it shows in log-ins, applications elsewhere, use of lines, and arrears.
"""

import numpy as np

from credit_limits.simulation.columns import Flags, Floats
from credit_limits.simulation.customers import Customers
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.relations import Circles


def lone_entry(customers: Customers, unemployment: float, p: WorldParameters) -> Floats:
    """A customer's chance to fall into distress in a month by themselves."""
    r = p.repayment
    log_rate = r.distress_entry_creditworthiness_effect * customers.creditworthiness
    macro = r.distress_entry_macro_effect * (unemployment - p.macro.unemployment_mean)
    return np.minimum(r.distress_entry_monthly * np.exp(log_rate + macro), 1.0)


def entry(
    customers: Customers, circles: Circles, unemployment: float, p: WorldParameters
) -> Floats:
    """A customer's chance to fall into distress in a month, through their circle or alone."""
    reached = p.repayment.circle_shock_monthly * p.repayment.circle_shock_reach
    spared = np.where(circles.circle_of >= 0, 1.0 - reached, 1.0)
    return np.asarray(1.0 - (1.0 - lone_entry(customers, unemployment, p)) * spared)


def stationary_share(customers: Customers, circles: Circles, p: WorldParameters) -> Floats:
    """Each customer's long-run share of months in distress, at mean unemployment."""
    enters = entry(customers, circles, p.macro.unemployment_mean, p)
    return np.asarray(enters / (enters + p.repayment.distress_exit_monthly))


def next_distress(
    distressed: Flags,
    customers: Customers,
    circles: Circles,
    unemployment: float,
    *,
    p: WorldParameters,
    rng: np.random.Generator,
) -> Flags:
    """Who is in distress this month, given who was the month before."""
    count = customers.count
    struck = rng.random(circles.count + 1) < p.repayment.circle_shock_monthly
    struck[-1] = False
    reached = struck[circles.circle_of] & (rng.random(count) < p.repayment.circle_shock_reach)
    alone = rng.random(count) < lone_entry(customers, unemployment, p)
    stays = rng.random(count) >= p.repayment.distress_exit_monthly
    return np.asarray(np.where(distressed, stays, reached | alone), dtype=np.bool_)

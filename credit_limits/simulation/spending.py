"""What customers want to spend, and how it answers to the limit.

Use aims at utilization x limit^elasticity x reference^(1 - elasticity), so that a higher limit
raises it with diminishing effect, and habits take in a change of limit by degrees: of a change,
1 - 0.8^k is taken in after k months.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.simulation.accounts import Accounts
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.parameters import PastPolicy, Spending

_SEASON = np.array([1.05, 0.95, 0.96, 0.97, 1.00, 1.06, 0.98, 0.97, 1.00, 1.02, 1.14, 1.05])
_MERCHANT_SEASON_POWER = 2.5
_CASH_REDRAW_SHARE, _CASH_REDRAW_SHARE_IN_DISTRESS = 0.08, 0.25
_CASH_REDRAW_SIZE = 0.35


@dataclass(frozen=True, slots=True)
class Demand:
    """Wanted spending in minor units: of a line in use, and of one that is taken into use."""

    usual: Floats
    at_start: Floats


def absorbed(absorbed_limit: Floats, limit: Ints, p: Spending) -> Floats:
    """The limit that habits have taken in, a month later."""
    return np.asarray(absorbed_limit + p.limit_absorption_monthly * (limit - absorbed_limit))


def target_balance(
    accounts: Accounts, absorbed_limit: Floats, p: Spending, policy: PastPolicy
) -> Floats:
    """The balance that an account in use tends to, in minor units.

    Half of a limit at the reference of 6,000 yuan: 3,000. At 12,000 with elasticity 0.9:
    0.5 x 6,000 x 2^0.9 = 5,598, not 6,000.
    """
    reference = accounts.reference_limit_minor(policy)
    ratio = absorbed_limit / reference
    return np.asarray(accounts.utilization * reference * ratio**p.limit_elasticity)


def demand(
    accounts: Accounts,
    target: Floats,
    distressed: Flags,
    micro_merchant: Flags,
    calendar_month: int,
    *,
    p: Spending,
    rng: np.random.Generator,
) -> Demand:
    """Wanted spending of a month (``calendar_month`` 1 to 12)."""
    noise = np.exp(p.noise_log_sd * rng.standard_normal(accounts.count) - p.noise_log_sd**2 / 2.0)
    season = _SEASON[calendar_month - 1]
    seasonal = np.where(micro_merchant, season**_MERCHANT_SEASON_POWER, season)
    aim = target * seasonal * np.where(distressed, p.distress_ratio, 1.0) * noise
    redraw_share = np.where(distressed, _CASH_REDRAW_SHARE_IN_DISTRESS, _CASH_REDRAW_SHARE)
    redraws = rng.random(accounts.count) < redraw_share
    flow = np.where(accounts.revolver, accounts.pay_share * aim, aim)
    usual = np.where(accounts.cash_loan, np.where(redraws, _CASH_REDRAW_SIZE * aim, 0.0), flow)
    return Demand(usual, aim)


def all_at_once(demand: Demand, limit: Ints, fraud: Flags) -> Demand:
    """The demand with that of frauds far above every limit."""
    every = np.where(fraud, 100.0 * limit, 0.0)
    return Demand(np.maximum(demand.usual, every), np.maximum(demand.at_start, every))

"""Rows of ``transactions``: each month's spending of an account as single purchases.

They add up to what was spent, to the fen.
"""

import numpy as np
import pyarrow as pa

from credit_limits.domain.account import Scenario
from credit_limits.simulation.calendar import HOUR_US, SECOND_US
from credit_limits.simulation.columns import (
    Flags,
    Floats,
    Ints,
    Table,
    chosen,
    instants,
    labels,
    whole,
)
from credit_limits.simulation.parameters import Spending
from credit_limits.simulation.portfolio import Scene, Standing
from credit_limits.simulation.streams import Concern

CHANNELS = ("app", "qr_code", "online", "terminal")
_CHANNEL_SHARES = (0.35, 0.35, 0.20, 0.10)
_SCENARIOS = tuple(Scenario)
# Mean shares of a customer's purchases, in the order of the scenarios.
_CONSUMER = np.array([0.38, 0.24, 0.08, 0.05, 0.05, 0.10, 0.07, 0.03, 0.00])
_MERCHANT = np.array([0.20, 0.10, 0.04, 0.03, 0.03, 0.06, 0.12, 0.04, 0.38])
_DISTRESSED = np.array([0.22, 0.14, 0.02, 0.02, 0.08, 0.06, 0.26, 0.20, 0.00])
_CASH_LOAN = np.array([0.00, 0.00, 0.00, 0.06, 0.06, 0.00, 0.33, 0.45, 0.10])
_TASTES = 64
_TASTE_CONCENTRATION = 12.0
_DISTRESSED_MIX = 0.5
_LEAST_MEAN_MINOR = 500
_WITHOUT_MERCHANT = (Scenario.TRANSFER, Scenario.CASH)


def transactions_of_month(scene: Scene, standing: Standing) -> Table:
    """The purchases of one month, account by account, all before its statements are struck."""
    accounts, calendar, month = scene.accounts, scene.calendar, standing.month
    rng = scene.streams.of(Concern.TRANSACTIONS, month)
    buyers = np.flatnonzero(standing.money.spent > 0)
    spent = standing.money.spent[buyers]
    counts = _counts(spent, accounts.cash_loan[buyers], scene.parameters.spending, rng)
    of = np.repeat(buyers, counts)
    distressed = standing.distressed[accounts.customer[of]]
    scenario = _scenarios(scene, of, distressed, rng)
    begins = np.maximum(calendar.statement_us(month - 1), accounts.opened_us + 3 * HOUR_US)
    room = calendar.statement_us(month) - 2 * HOUR_US - begins
    event = begins[of] + (rng.random(len(of)) * room[of]).astype(np.int64) // SECOND_US * SECOND_US
    created = event + rng.integers(1, 7200, size=len(of)) * SECOND_US
    merchants = scene.parameters.spending.merchants
    merchant = (merchants * rng.random(len(of)) ** 2).astype(np.int64)
    without = np.isin(scenario, [_SCENARIOS.index(name) for name in _WITHOUT_MERCHANT])
    return pa.table(
        {
            "transaction_id": labels(f"T{month:03d}", np.arange(len(of)), 9),
            "account_id": labels("A", accounts.number[of], 8),
            "amount_minor": whole(_amounts(spent, counts, rng)),
            "scenario": chosen(_SCENARIOS, scenario),
            "channel": chosen(CHANNELS, _pick(np.cumsum(_CHANNEL_SHARES), rng.random(len(of)))),
            "merchant_id": labels("M", merchant, 6, absent=without),
            "event_timestamp": instants(event),
            "created_timestamp": instants(created),
        }
    )


def _pick(cumulative: Floats, uniform: Floats) -> Ints:
    return np.minimum(np.searchsorted(cumulative, uniform, side="right"), len(cumulative) - 1)


def _counts(spent: Ints, cash_loan: Flags, p: Spending, rng: np.random.Generator) -> Ints:
    """At least one purchase; not so many that they would be tiny."""
    mean = np.where(cash_loan, p.cash_loan_purchases, p.pay_later_purchases)
    counts = 1 + rng.poisson(mean - 1.0)
    return np.minimum(counts, np.maximum(spent // _LEAST_MEAN_MINOR, 1))


def _amounts(spent: Ints, counts: Ints, rng: np.random.Generator) -> Ints:
    """Amounts of at least 1 fen that add up to ``spent`` for each account."""
    starts = np.cumsum(counts) - counts
    weights = rng.standard_exponential(int(counts.sum()))
    scale = (spent - counts) / np.add.reduceat(weights, starts) if len(spent) else spent
    amounts = 1 + np.floor(weights * np.repeat(scale, counts)).astype(np.int64)
    if len(spent):
        amounts[starts] += spent - np.add.reduceat(amounts, starts)
    return amounts


def _scenarios(scene: Scene, of: Ints, distressed: Flags, rng: np.random.Generator) -> Ints:
    """What each purchase is for: by the customer's taste, and by need in distress."""
    customer = scene.accounts.customer[of]
    kind = np.where(scene.customers.micro_merchant[customer], 1, 0)
    kind = np.where(scene.accounts.cash_loan[of], 2, kind)
    needy = distressed & (kind != 2) & (rng.random(len(of)) < _DISTRESSED_MIX)
    kind = np.where(needy, 3, kind)
    row, place = kind * _TASTES + customer % _TASTES, rng.random(len(of))
    scenario = np.zeros(len(of), dtype=np.int64)
    for ends in _tastes(scene).T[:-1]:
        scenario += place >= ends[row]
    return scenario


def _tastes(scene: Scene) -> Floats:
    """Cumulative scenario shares, a row for each kind of buyer and taste."""
    rng = scene.streams.of(Concern.TASTES)
    means = (_CONSUMER, _MERCHANT, _CASH_LOAN, _DISTRESSED)
    drawn = [rng.gamma(mean * _TASTE_CONCENTRATION, size=(_TASTES, len(mean))) for mean in means]
    shares = np.concatenate(drawn)
    return np.asarray(np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1))

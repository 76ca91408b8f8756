"""Limits drawn at random, of customers whose answer to a limit is known."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from tidegate.adapters.dated_policies import load_dated
from training.limit_response import ResponseLineage
from training.response_policy import ResponsePolicy, parse_response_policy
from training.response_rows import COLUMNS, ResponseRows

POLICIES = Path(__file__).parent.parent / "policies" / "training" / "limit_response"
AS_OF = date(2024, 12, 31)
RATIOS, PROPENSITIES = np.array([0.8, 1.25, 1.6]), np.array([0.25, 0.45, 0.30])


@cache
def response_policy(rows: int = 1000, defaults: int = 800, step_rows: int = 50) -> ResponsePolicy:
    """The policy in force, with floors that fit a sample."""
    file = load_dated(POLICIES, AS_OF)
    found = parse_response_policy(file.version, file.digest, file.content)
    floors = replace(found.floors, rows=rows, defaults=defaults, step_rows=step_rows)
    return replace(found, floors=floors)


def trial(
    count: int = 2000,
    *,
    elasticity: float = 0.4,
    log_odds: float = 0.0,
    default_rate: float = 0.02,
    ratios: np.ndarray = RATIOS,
    propensities: np.ndarray = PROPENSITIES,
    seed: int = 0,
) -> ResponseRows:
    """A trial: balances answer with ``elasticity``, default with ``log_odds`` per log of the limit.

    Every third customer has two accounts; a sixth owes nothing before; a fifth are cash loans.
    """
    random = np.random.default_rng(seed)
    arm = random.choice(len(ratios), count, p=propensities)
    dose = np.log(ratios)[arm]
    limit = random.integers(2, 400, count) * 50_000
    use = random.beta(2.0, 4.0, count) * (random.random(count) > 1 / 6)
    after = (use + 0.02) * np.exp(elasticity * dose) * random.gamma(8.0, 1 / 8.0, count)
    chance = 1.0 / (1.0 + np.exp(-(np.log(default_rate / (1 - default_rate)) + log_odds * dose)))
    number = np.arange(count)
    frame = pd.DataFrame(
        {
            "account_id": [f"A{n:05d}" for n in number],
            "customer_id": [f"C{n - (n % 3 == 2):05d}" for n in number],
            "product": np.where(number % 5 == 0, "cash_loan", "pay_later"),
            "changed_at": pd.Timestamp("2024-03-01", tz="UTC"),
            "log_limit_ratio": dose,
            "propensity": propensities[arm],
            "from_minor": limit,
            "balance_before_minor": use * limit,
            "balance_after_minor": after * limit,
            "defaulted": random.random(count) < chance,
        }
    )
    return ResponseRows(frame[list(COLUMNS)], count + 30, 20)


def response_lineage(**changed: object) -> ResponseLineage:
    fields = {
        "as_of": AS_OF,
        "data_versions": {"accounts": 0, "limit_changes": 2, "statements": 1},
        "policy_version": response_policy().version,
        "policy_digest": response_policy().digest,
        "code_digest": "c0de",
    }
    return ResponseLineage(**{**fields, **changed})


def drawn_changes(statements: pa.Table, count: int = 1200, *, rises: bool = True) -> pa.Table:
    """Changes of the sample lender's limits in July 2023, in three arms alike.

    Its balances know nothing of limits, so the answer is planted the other way round: with some
    noise, accounts that came to owe more have the arm that raised more; the less where not
    ``rises``.
    """
    owed = statements.to_pandas().sort_values("event_timestamp")
    after = owed["event_timestamp"] > pd.Timestamp("2023-07-10", tz="UTC")
    earlier, later = (
        owed[side].groupby("account_id")["balance_minor"].mean().sort_index().iloc[:count]
        for side in (~after, after)
    )
    grown = (np.log1p(later) - np.log1p(earlier)).clip(-1.0, 1.0)
    noise = np.random.default_rng(11).normal(0.0, grown.std(), count)
    rank = np.argsort(np.argsort((grown.to_numpy() + noise) * (1.0 if rises else -1.0)))
    when = pa.array([datetime(2023, 7, 10, 2, tzinfo=UTC)] * count, pa.timestamp("us", tz="UTC"))
    before = np.full(count, 1_000_000)
    return pa.table(
        {
            "account_id": grown.index.to_list(),
            "from_minor": before,
            "to_minor": (before * RATIOS[rank * 3 // count]).astype(np.int64),
            "randomized": [True] * count,
            "propensity": [1 / 3] * count,
            "event_timestamp": when,
            "created_timestamp": when,
        }
    )

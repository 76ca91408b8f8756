"""Limits drawn at random, of customers whose answer to a limit is known."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

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

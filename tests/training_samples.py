"""Labelled rows of an invented lender, where what drives default is known."""

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from credit_limits.domain.features import service_named
from credit_limits.domain.periods import month_ends_back
from tidegate.adapters.dated_policies import load_dated
from training.fit import Inputs
from training.labels import CohortCount
from training.policy import TrainingPolicy, parse_training_policy
from training.rows import LabelledRows
from training.run import Lineage, TrainingRun, train
from training.split import split_rows

POLICIES = Path(__file__).parent.parent / "policies" / "training" / "default_risk"
SERVICE = service_named("default_risk_statements_v1")
INPUTS = Inputs(SERVICE.feature_names, tuple(feature.direction for feature in SERVICE.features))
AS_OF = date(2024, 12, 31)


@cache
def policy() -> TrainingPolicy:
    """The policy in force, with little patience so that tests are quick."""
    file = load_dated(POLICIES, AS_OF)
    found = parse_training_policy(file.version, file.digest, file.content)
    return replace(
        found,
        booster=replace(found.booster, learning_rate=0.1, patience_rounds=20),
        evaluation=replace(found.evaluation, resamples=50),
    )


def labelled_rows(cohorts: int = 1, customers: int = 3000, seed: int = 0) -> LabelledRows:
    """A row a customer and month end; risk rises with days past due and falls with payments.

    Incomes are not known at all, statement counts are the same for all, and a tenth of the
    payment ratios are not known: an all-null, a constant and a patchy input.
    """
    random = np.random.default_rng(seed)
    count = cohorts * customers
    weakness = np.tile(random.normal(size=customers), cohorts)
    frame = pd.DataFrame({name: random.normal(size=count) for name in SERVICE.feature_names})
    late = random.random(count) < 1 / (1 + np.exp(2.0 - weakness))
    frame["days_past_due_latest"] = np.where(late, 30.0 * random.integers(1, 3, count), 0.0)
    paid = np.clip(0.6 - 0.2 * weakness + 0.2 * random.normal(size=count), 0.0, 2.0)
    frame["payment_ratio_1m"] = np.where(random.random(count) < 0.1, np.nan, paid)
    frame["income_monthly_minor"] = np.nan
    frame["statement_count_12m"] = 6.0
    log_odds = -2.6 + 1.2 * weakness + 0.02 * frame["days_past_due_latest"]
    months = month_ends_back(date(2024, 6, 30), cohorts)
    numbers = np.tile(np.arange(customers), cohorts)
    keys = pd.DataFrame(
        {
            "account_id": [f"A{number:05d}" for number in numbers],
            "customer_id": [f"C{number:05d}" for number in numbers],
            "as_of": np.repeat(pd.to_datetime(list(months)), customers),
            "label": random.random(count) < 1 / (1 + np.exp(-log_odds)),
            "label_known_at": pd.Timestamp(AS_OF, tz="UTC"),
        }
    )
    return LabelledRows(pd.concat([keys, frame], axis="columns"), SERVICE.feature_names)


def lineage(rows: LabelledRows, seed: int = 7) -> Lineage:
    return Lineage(
        as_of=AS_OF,
        feature_service=SERVICE.name,
        schema_hash="5c4e",
        label_window_months=6,
        cohorts=rows.cohorts,
        data_versions={"accounts": 0, "statements": 1},
        policy_version=policy().version,
        policy_digest=policy().digest,
        code_digest="c0de",
        seed=seed,
        response_key="7e59",
    )


def counts(rows: LabelledRows) -> tuple[CohortCount, ...]:
    return tuple(
        CohortCount(
            cohort,
            int(rows.in_cohorts([cohort]).sum()),
            int(rows.labels[rows.in_cohorts([cohort])].sum()),
            0,
            0,
            True,
        )
        for cohort in rows.cohorts
    )


@cache
def trained(cohorts: int = 1, seed: int = 7) -> TrainingRun:
    """A run on :func:`labelled_rows`; made once, since runs are values."""
    rows = labelled_rows(cohorts, customers=3000 if cohorts == 1 else 600)
    split = split_rows(rows, policy().split, label_window_months=6, seed=seed)
    return train(
        rows.take(split.used),
        split.of_used(),
        SERVICE,
        policy(),
        lineage(rows, seed),
        label_source="statements",
        cohorts=counts(rows),
        threads=1,
    )

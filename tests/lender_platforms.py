"""A lender with both products and a certified champion, and copies of it."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from credit_limits.domain.periods import end_of_day
from tests.promotion_samples import (
    AS_OF,
    SERVICE,
    accept_sample,
    lender_tables,
    open_sample,
    train_sample,
)
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model


def with_column(table: pa.Table, name: str, values: np.ndarray) -> pa.Table:
    if name in table.column_names:
        table = table.drop_columns([name])
    return table.append_column(name, pa.array(values))


def tables() -> dict[str, pa.Table]:
    """The sample lender, with both products, wishes of customers, bills, and changes of limits."""
    found, random = lender_tables(), np.random.default_rng(5)
    count = found["accounts"].num_rows
    for name in ("human_review_only", "declines_increases"):
        found["customers"] = with_column(found["customers"], name, random.random(count) < 0.05)
    segments = np.where(np.arange(count) % 10 == 3, "micro_merchant", "consumer")
    found["customers"] = with_column(found["customers"], "segment", segments)
    products = np.where(random.random(count) < 0.3, "cash_loan", "pay_later")
    found["accounts"] = with_column(found["accounts"], "product", products)
    found["accounts"] = with_column(found["accounts"], "apr", random.uniform(0.1, 0.24, count))
    owed = found["statements"]["balance_minor"].to_numpy().clip(min=0) // 20
    found["statements"] = with_column(found["statements"], "minimum_due_minor", owed)
    changed = found["accounts"]["account_id"].to_pylist()[:200]
    when = [end_of_day(date(2023, 12, 1))] * 200
    found["limit_changes"] = pa.table(
        {
            "account_id": changed,
            "from_minor": [100_000] * 200,
            "to_minor": [200_000] * 200,
            "event_timestamp": pa.array(when, pa.timestamp("us", tz="UTC")),
            "created_timestamp": pa.array(when, pa.timestamp("us", tz="UTC")),
        }
    )
    return found


def lender_with_champion(folder: Path) -> Platform:
    """A lender with a champion and no decisions."""
    opened = open_sample(folder / "var")
    for table, rows in tables().items():
        opened.lake.append(table, rows, "batch-1")
    accept_sample(opened)
    materialize_features(
        opened, MaterializeFeaturesRequest(as_of=AS_OF, feature_service=SERVICE, history_months=2)
    )
    train_sample(opened, "1")
    assert promote_model(opened, PromoteModelRequest(version="1")).cleared
    return opened


def copied(original: Platform, folder: Path, policies: Path | None = None) -> Platform:
    shutil.copytree(original.settings.var_dir, folder / "var")
    opened = open_sample(folder / "var", policies_dir=policies)
    opened.__dict__["registry"] = original.registry.copy()
    opened.__dict__["feature_store"] = original.feature_store
    return opened

"""What a candidate brings before the gate, and every way in which it can bring nothing."""

import io
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from credit_limits.domain.errors import DataMissing, FeatureStoreError, ModelError
from credit_limits.gates.evidence import TableSeen
from credit_limits.ledger.entry import EntryKind
from tests.feature_tables import LONG_AGO, arrow, rows
from tests.promotion_samples import SERVICE, MemoryRegistry, open_sample
from tidegate.operations.candidate import Candidate
from tidegate.operations.data_evidence import data_evidence
from tidegate.operations.platform import Platform
from tidegate.operations.scored_rows import (
    read_reference,
    read_scored_sample,
    read_training_rows,
)

LINEAGE = {"accounts": 1, "customers": 0, "statements": 0, "transactions": 0, "protected": 0}
SAMPLE = pd.DataFrame(
    {
        "account_id": ["A1", "A2", "A3"],
        "as_of": pd.Timestamp("2024-01-31"),
        "label": [True, False, False],
        "score": [0.9, 0.1, 0.2],
        "part": "test",
    }
)


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """Accounts A1 and A2 of one customer came in batch-1, A3 in batch-2."""
    opened = open_sample(tmp_path / "var")
    for batch, accounts in (("batch-1", {"A1": "C1", "A2": "C1"}), ("batch-2", {"A3": "C2"})):
        given = [
            {"account_id": account, "customer_id": customer, "event_timestamp": LONG_AGO}
            for account, customer in accounts.items()
        ]
        opened.lake.append(
            "accounts", arrow("accounts", rows("accounts", *given)["accounts"]), batch
        )
    for table in ("customers", "statements"):
        one = rows(table, {"event_timestamp": LONG_AGO})[table]
        opened.lake.append(table, arrow(table, one), "batch-1")
    return opened


def candidate(platform: Platform, sample: pd.DataFrame = SAMPLE, **tags: str) -> Candidate:
    registry: MemoryRegistry = platform.registry
    for name in ("scored_sample.parquet", "training_rows.parquet"):
        buffer = io.BytesIO()
        sample.to_parquet(buffer)
        registry.files["1", name] = buffer.getvalue()
    loaded = SimpleNamespace(
        model_name="default_risk",
        version="1",
        feature_service=SERVICE,
        tags={"data_versions": json.dumps(LINEAGE)} | tags,
    )
    return Candidate(platform, loaded, date(2024, 1, 31), None)


def accept(platform: Platform, batch: str) -> None:
    platform.ledger.append(EntryKind.BATCH_ACCEPTED, "tester", {"batch_id": batch}, key=batch)


def test_the_lineage_is_that_of_the_tables_the_model_reads(platform):
    assert candidate(platform).lineage == {"accounts": 1, "customers": 0, "statements": 0}


def test_outcomes_belong_to_the_lineage_where_there_are_any(platform):
    with_outcomes = json.dumps(LINEAGE | {"outcomes": 3})
    assert candidate(platform, data_versions=with_outcomes).lineage["outcomes"] == 3


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("", "which version of accounts, customers, statements it saw"),
        ("{}", "which version of accounts, customers, statements it saw"),
        ('{"accounts": 1, "customers": 0}', "which version of statements it saw"),
        ("accounts", "data_versions cannot be read"),
        ("[]", "data_versions cannot be read"),
        ('{"accounts": "one"}', "data_versions cannot be read"),
        ('{"accounts": null}', "data_versions cannot be read"),
    ],
)
def test_a_lineage_that_says_nothing_is_an_error(platform, tag, said):
    with pytest.raises(ModelError, match=said):
        assert candidate(platform, data_versions=tag).lineage


def test_a_service_that_there_is_not_is_an_error(platform):
    unknown = candidate(platform)
    unknown.loaded.feature_service = "default_risk_v9"
    with pytest.raises(FeatureStoreError, match="default_risk_v9"):
        assert unknown.service


def test_rows_are_counted_by_the_batch_that_brought_them(platform):
    accept(platform, "batch-1")
    assert data_evidence(candidate(platform)).tables == (
        TableSeen("accounts", 1, 3, 1),
        TableSeen("customers", 0, 1, 0),
        TableSeen("statements", 0, 1, 0),
    )
    accept(platform, "batch-2")
    assert data_evidence(candidate(platform)).tables[0] == TableSeen("accounts", 1, 3, 0)


def test_rows_later_than_the_lineage_are_not_counted(platform):
    earlier = candidate(platform, data_versions=json.dumps(LINEAGE | {"accounts": 0}))
    assert data_evidence(earlier).tables[0] == TableSeen("accounts", 0, 2, 2)


def test_accounts_of_one_customer_belong_together(platform):
    assert candidate(platform).customer.tolist() == [0, 0, 1]


def test_an_account_without_a_customer_is_no_evidence(platform):
    unknown = SAMPLE.assign(account_id=["A1", "A2", "A9"])
    with pytest.raises(DataMissing, match="no customer of an account"):
        assert candidate(platform, unknown).customer is None


def test_the_sample_is_read_with_its_types(platform):
    counted = SAMPLE.assign(label=SAMPLE["label"].astype("int8"), score=[1, 0, 0])
    read = candidate(platform, counted)
    assert read.label.tolist() == [True, False, False]
    assert read.score.dtype == np.float64


@pytest.mark.parametrize(
    "spoil",
    [
        lambda sample: sample.iloc[:0],
        lambda sample: sample.drop(columns="label"),
        lambda sample: sample.drop(columns="account_id"),
        lambda sample: sample.drop(columns="as_of"),
        lambda sample: sample.assign(label=[True, None, False]),
    ],
    ids=["no rows", "no label", "no account", "no day", "a label not known"],
)
@pytest.mark.parametrize("read", [read_scored_sample, read_training_rows])
def test_a_sample_that_says_nothing_is_an_error(platform, spoil, read):
    spoiled = candidate(platform, spoil(SAMPLE))
    with pytest.raises(ModelError, match=r"version 1 has \d rows, lacks"):
        read(platform, spoiled.loaded)


def test_each_sample_needs_its_own_column(platform):
    loaded = candidate(platform, SAMPLE.drop(columns=["score", "part"])).loaded
    with pytest.raises(ModelError, match=r"lacks \['score'\]"):
        read_scored_sample(platform, loaded)
    with pytest.raises(ModelError, match=r"lacks \['part'\]"):
        read_training_rows(platform, loaded)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"columns": []}', b"\xff"])
def test_a_reference_that_is_none_is_an_error(platform, content):
    loaded = candidate(platform).loaded
    platform.registry.files["1", "reference.json"] = content
    with pytest.raises(ModelError, match=r"reference\.json of version 1"):
        read_reference(platform, loaded)

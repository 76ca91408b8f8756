"""A training run: its parts agree with each other, and its files with it."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from credit_limits.domain.errors import ModelError
from tests.training_samples import SERVICE, labelled_rows, lineage, trained
from training.artefacts import artefacts_of
from training.evaluate import auc
from training.rows import LabelledRows
from training.split import SplitMethod

ONE, MANY = trained(), trained(cohorts=13)


def read(content: bytes) -> pd.DataFrame:
    return pq.read_table(io.BytesIO(content)).to_pandas()


@pytest.mark.parametrize("run", [ONE, MANY])
def test_rows_are_counted_once(run):
    sizes = run.split.sizes
    assert run.rows_test == sizes["test"] == len(run.sample)
    assert run.rows_train == sum(sizes.values()) - sizes["test"]
    assert len(run.assignments) == run.rows_train + run.rows_test
    assert run.assignments["part"].value_counts().to_dict() == sizes
    assert run.default_rate == run.assignments["label"].mean()


@pytest.mark.parametrize("run", [ONE, MANY])
def test_figures_are_of_the_sample(run):
    label, score = run.sample["label"].to_numpy(), run.sample["score"].to_numpy()
    assert run.figures.auc.value == auc(label, score)
    assert run.figures.auc.value > 0.7


@pytest.mark.parametrize("run", [ONE, MANY])
def test_the_golden_sample_is_scored_again_to_the_bit(run):
    again = run.model.score(run.golden, threads=1)
    stored = run.golden["score"].to_numpy()
    assert (again.view(np.int64) == stored.view(np.int64)).all()
    assert len(run.golden) == run.policy.evaluation.golden_rows


def test_the_golden_sample_has_every_cohort_and_the_extremes():
    assert set(MANY.golden["as_of"]) == set(MANY.assignments["as_of"])
    assert ONE.golden["score"].max() >= ONE.sample["score"].max()


def test_one_cohort_is_cross_validated_and_many_are_not():
    assert ONE.cross_validation is not None
    assert ONE.split.method is SplitMethod.ONE_COHORT
    assert ONE.cross_validation.rows == 3000
    assert MANY.cross_validation is None
    assert MANY.split.method is SplitMethod.EMBARGOED


def test_what_drives_default_is_important_and_noise_is_not():
    importances = ONE.importances
    assert list(importances.values()) == sorted(importances.values(), reverse=True)
    assert {"days_past_due_latest", "payment_ratio_1m"} <= set(list(importances)[:2])
    assert importances["statement_count_12m"] == 0.0
    with pytest.raises(TypeError):
        importances["age_years"] = 1.0


def test_no_direction_is_violated():
    declared = [feature for feature in SERVICE.features if feature.direction]
    tried = {item.feature for item in ONE.behaviour.directions}
    assert tried == {feature.name for feature in declared} - {"income_monthly_minor"}
    assert sum(item.violations for item in ONE.behaviour.directions) == 0
    assert ONE.behaviour.days_past_due is not None
    assert ONE.behaviour.days_past_due.violations == 0


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"schema_hash": "other"},
        {"data_versions": {"accounts": 1, "statements": 1}},
        {"label_window_months": 5},
        {"policy_digest": "other"},
        {"code_digest": "other"},
        {"feature_service": "default_risk_v1"},
        {"cohorts": ()},
    ],
)
def test_the_run_key_follows_from_every_part_of_the_lineage(change):
    own = lineage(labelled_rows())
    assert replace(own, **change).run_key != own.run_key
    assert replace(own).run_key == own.run_key


def test_files_say_what_the_run_says():
    files = artefacts_of(ONE)
    assert json.loads(files["figures.json"]) == ONE.figures.as_plain()
    assert json.loads(files["lineage.json"])["seed"] == 7
    assert json.loads(files["cross_validation.json"])["folds"] == 5
    assert list(json.loads(files["importance.json"])) == sorted(ONE.importances)
    pd.testing.assert_frame_equal(read(files["golden.parquet"]), ONE.golden)
    assert list(read(files["scored_sample.parquet"])) == [
        "account_id",
        "customer_id",
        "as_of",
        "label",
        "label_known_at",
        "score",
    ]
    assert len(read(files["training_rows.parquet"])) == 3000
    assert "cross_validation.json" not in artefacts_of(MANY)


def test_files_are_the_same_bytes_each_time():
    assert artefacts_of(ONE) == artefacts_of(ONE)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda frame: frame.drop(columns="age_years"), "without the columns"),
        (lambda frame: frame.drop(columns="customer_id"), "without the columns"),
        (lambda frame: frame.assign(age_years=1), "not of their type"),
        (lambda frame: frame.assign(label=1.0), "not of their type"),
        (lambda frame: frame.assign(as_of="2024-01-31"), "not of their type"),
        (lambda frame: pd.concat([frame, frame.head(1)]), "twice in one cohort"),
    ],
)
def test_rows_that_do_not_hold_together_cannot_be_built(spoil, told):
    rows = labelled_rows(1, customers=20)
    with pytest.raises(ModelError, match=told):
        LabelledRows(spoil(rows.frame), rows.feature_names)

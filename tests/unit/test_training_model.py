"""The model as a value: read by name, stored as text, explained in the units it scores in."""

import json
from dataclasses import replace

import lightgbm
import numpy as np
import pandas as pd
import pytest

from credit_limits.domain.errors import ModelError
from tests.training_samples import SERVICE, labelled_rows, trained
from training.calibration import Calibration
from training.model import BOOSTER_FILE, SCORING_FILE, DefaultRiskModel

MODEL = trained().model
ROWS = labelled_rows(1, customers=500, seed=11)
FRAME = ROWS.frame


def bits(values: np.ndarray) -> list[int]:
    return values.view(np.int64).tolist()


def test_log_odds_are_the_boosters_own_bit_for_bit():
    booster = lightgbm.Booster(model_str=MODEL.booster_text)
    assert bits(MODEL.log_odds(FRAME)) == bits(booster.predict(ROWS.features, raw_score=True))


def test_files_give_the_same_model_back_to_the_bit():
    again = DefaultRiskModel.from_files(MODEL.files())
    assert again == MODEL
    assert again.artefact_digest == MODEL.artefact_digest
    assert bits(again.score(FRAME)) == bits(MODEL.score(FRAME))


def test_nothing_is_pickled():
    files = MODEL.files()
    assert set(files) == {BOOSTER_FILE, SCORING_FILE}
    assert files[BOOSTER_FILE].startswith(b"tree\n")
    assert set(json.loads(files[SCORING_FILE])) == {"feature_names", "calibration"}


def test_columns_are_read_by_name_in_any_order():
    shuffled = FRAME[FRAME.columns[::-1]]
    assert bits(MODEL.score(shuffled)) == bits(MODEL.score(FRAME))


def test_a_missing_column_is_refused_by_name():
    with pytest.raises(ModelError, match="days_past_due_latest"):
        MODEL.score(FRAME.drop(columns="days_past_due_latest"))


@pytest.mark.parametrize("shape", [(3, 2), (33,)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(ModelError, match="33 inputs"):
        MODEL.score(np.zeros(shape))


def test_a_score_does_not_depend_on_the_batch_or_the_threads():
    whole = MODEL.score(FRAME, threads=2)
    single = [MODEL.score(FRAME.iloc[[row]], threads=1)[0] for row in range(50)]
    assert bits(whole[:50]) == bits(np.array(single))
    assert bits(MODEL.score(FRAME, threads=1)) == bits(whole)


def test_null_of_any_kind_means_not_known():
    nulls = FRAME.assign(payment_ratio_1m=np.nan)
    nullable = nulls.assign(payment_ratio_1m=pd.array([None] * len(nulls), dtype="Float64"))
    assert bits(MODEL.score(nullable)) == bits(MODEL.score(nulls))


def test_no_rows_have_no_scores():
    assert MODEL.score(FRAME.head(0)).shape == (0,)
    assert MODEL.contributions(FRAME.head(0)).shape == (0, len(SERVICE.feature_names))


def test_contributions_add_up_to_the_calibrated_log_odds():
    score = MODEL.score(FRAME)
    told = MODEL.base_log_odds + MODEL.contributions(FRAME).sum(axis=1)
    assert told == pytest.approx(np.log(score / (1 - score)), abs=1e-8)


def test_an_input_that_says_nothing_contributes_nothing():
    told = MODEL.contributions(FRAME)
    assert (told[:, SERVICE.feature_names.index("income_monthly_minor")] == 0).all()


def test_the_digest_covers_trees_names_and_calibration():
    moved = replace(MODEL, calibration=Calibration(1.0, 0.25))
    assert moved.artefact_digest != MODEL.artefact_digest
    other = trained(seed=8).model
    assert other.artefact_digest != MODEL.artefact_digest


def test_names_that_are_not_the_boosters_are_refused():
    with pytest.raises(ModelError, match="the booster reads"):
        replace(MODEL, feature_names=MODEL.feature_names[::-1])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (BOOSTER_FILE, b"tree\nnonsense"),
        (BOOSTER_FILE, b""),
        (BOOSTER_FILE, b"\xff\xfe"),
        (SCORING_FILE, b"{}"),
        (SCORING_FILE, b"not json"),
        (SCORING_FILE, b'{"feature_names": [], "calibration": {"slope": -1, "intercept": 0}}'),
    ],
)
def test_damaged_files_are_refused(name, content):
    with pytest.raises(ModelError):
        DefaultRiskModel.from_files({**MODEL.files(), name: content})


@pytest.mark.parametrize("name", [BOOSTER_FILE, SCORING_FILE])
def test_an_absent_file_is_refused(name):
    files = MODEL.files()
    del files[name]
    with pytest.raises(ModelError, match="no default_risk model"):
        DefaultRiskModel.from_files(files)

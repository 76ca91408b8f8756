"""What must hold of every fit: same bytes, no look at the test, declared directions kept."""

from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from credit_limits.domain.features import Direction
from tests.training_samples import INPUTS, SERVICE, labelled_rows, policy
from training import fit as fitting
from training.behaviour import splits_against
from training.cross_validate import cross_validate, fold_parts
from training.fit import Inputs, fit_model
from training.model import DefaultRiskModel
from training.rows import LabelledRows
from training.split import Part, Split, split_rows

ROWS = labelled_rows(1, customers=2000)
SPLIT = split_rows(ROWS, policy().split, label_window_months=6, seed=7)


def fit(
    rows: LabelledRows = ROWS,
    split: Split = SPLIT,
    seed: int = 7,
    threads: int = 1,
    inputs: Inputs = INPUTS,
) -> DefaultRiskModel:
    return fit_model(
        rows.features, rows.labels, split.parts, inputs, policy(), seed=seed, threads=threads
    )


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(monkeypatch):
    monkeypatch.setattr(fitting, "_CELLS_A_THREAD", 1)
    assert fit(threads=1).files() == fit(threads=2).files() == fit(threads=1).files()


def test_another_seed_gives_another_model():
    assert fit(seed=8).files() != fit().files()


@pytest.mark.parametrize("spoil", ["features", "labels"])
def test_the_test_rows_are_not_looked_at(spoil):
    frame, test = ROWS.frame.copy(), SPLIT.rows(Part.TEST)
    if spoil == "features":
        frame.loc[test, list(SERVICE.feature_names)] = 1e6
    else:
        frame.loc[test, "label"] = ~frame.loc[test, "label"]
    assert fit(LabelledRows(frame, ROWS.feature_names)).files() == fit().files()


@pytest.mark.parametrize(
    ("part", "changes_trees"),
    [(Part.FIT, True), (Part.EARLY_STOPPING, True), (Part.CALIBRATION, False)],
)
def test_each_part_settles_its_own_and_no_more(part, changes_trees):
    """Flipping its labels shows in the trees, or in the calibration alone."""
    frame, rows = ROWS.frame.copy(), SPLIT.rows(part)[:40]
    frame.loc[rows, "label"] = ~frame.loc[rows, "label"]
    spoilt, plain = fit(LabelledRows(frame, ROWS.feature_names)), fit()
    assert (spoilt.booster_text != plain.booster_text) is changes_trees
    assert spoilt.calibration != plain.calibration


def test_inputs_that_say_nothing_keep_their_place():
    assert fit().feature_names == SERVICE.feature_names
    assert {"income_monthly_minor", "statement_count_12m"} <= set(fit().booster.feature_name())


@given(st.integers(0, 10_000))
@settings(max_examples=8)
def test_declared_directions_hold_whatever_the_seed(seed):
    model = fit(seed=seed)
    random = np.random.default_rng(seed)
    rows = ROWS.features[random.integers(0, len(ROWS), 200)]
    for place, direction in enumerate(INPUTS.directions):
        if direction is Direction.UNKNOWN:
            continue
        low, high = rows.copy(), rows.copy()
        pair = np.sort(random.normal(0, 2, (200, 2)), axis=1)
        low[:, place], high[:, place] = pair[:, 0], pair[:, 1]
        moved = direction * (model.score(high) - model.score(low))
        assert (moved >= 0.0).all(), INPUTS.names[place]


def test_trees_against_a_declared_direction_are_found():
    """The same trees, held against directions that nobody told LightGBM of."""
    free = fit(inputs=replace(INPUTS, directions=(Direction.UNKNOWN,) * len(INPUTS.names)))
    assert splits_against(fit().booster_text, INPUTS.directions) == 0
    assert splits_against(free.booster_text, INPUTS.directions) > 0
    turned = [Direction(-direction) for direction in INPUTS.directions]
    assert splits_against(fit().booster_text, turned) > 0


def test_a_fit_that_broke_its_directions_is_refused(monkeypatch):
    """Path smoothing breaks LightGBM's constraints; whatever does, no model comes of it."""
    plain = fitting._parameters

    def forgetful(*arguments: object) -> dict[str, object]:
        return {**plain(*arguments), "monotone_constraints": [0] * len(INPUTS.names)}

    monkeypatch.setattr(fitting, "_parameters", forgetful)
    with pytest.raises(ModelError, match="go against a declared direction"):
        fit()


def test_path_smoothing_still_breaks_constraints():
    """When this fails LightGBM was mended, and the policy's reason against it is gone."""
    rows = labelled_rows(6, customers=600, seed=5)
    constraints = [int(direction) for direction in INPUTS.directions]
    found = 0
    for seed in range(12):
        data = lightgbm.Dataset(rows.features, rows.labels.astype(float))
        booster = lightgbm.train(
            {
                "objective": "binary",
                "path_smooth": 20.0,
                "monotone_constraints": constraints,
                "num_leaves": 15,
                "min_data_in_leaf": 40,
                "bagging_fraction": 0.6,
                "bagging_freq": 1,
                "feature_fraction": 0.5,
                "lambda_l2": 10.0,
                "seed": seed,
                "num_threads": 1,
                "verbosity": -1,
            },
            data,
            num_boost_round=150,
        )
        found += splits_against(booster.model_to_string(), INPUTS.directions)
    assert found > 0


@pytest.mark.parametrize("part", [Part.FIT, Part.EARLY_STOPPING, Part.CALIBRATION])
def test_a_part_of_one_kind_is_refused(part):
    frame = ROWS.frame.copy()
    frame.loc[SPLIT.rows(part), "label"] = False
    with pytest.raises(NotEnoughOutcomes, match=f"for {part.name.lower()}: both kinds"):
        fit(LabelledRows(frame, ROWS.feature_names))


def test_as_many_directions_as_names_are_needed():
    with pytest.raises(ValueError, match="2 names, 1 directions"):
        Inputs(("a", "b"), (Direction.UNKNOWN,))


def test_every_row_is_tested_once_and_by_a_model_that_never_saw_it():
    parts = list(fold_parts(ROWS.labels, ROWS.customers, policy(), seed=3))
    tested = np.sum([part == Part.TEST for part in parts], axis=0)
    assert (tested == 1).all()
    assert all(set(np.unique(part)) == {0, 1, 2, 3} for part in parts)


def test_cross_validated_figures_do_not_depend_on_the_threads():
    quick = replace(policy(), evaluation=replace(policy().evaluation, folds=3, resamples=10))
    one, two = (
        cross_validate(
            ROWS.features, ROWS.labels, ROWS.customers, INPUTS, quick, seed=1, threads=threads
        )
        for threads in (1, 2)
    )
    assert one == two
    assert one.auc.low < one.auc.value < one.auc.high
    assert one.auc.value == pytest.approx(np.mean(one.auc_by_fold))
    assert one.folds == len(one.ece_by_fold) == 3


def test_labels_without_a_cause_cross_validate_to_half():
    """Were a test row seen by its model, noise would look like skill."""
    label = np.random.default_rng(0).random(len(ROWS)) < 0.2
    quick = replace(policy(), evaluation=replace(policy().evaluation, resamples=10))
    found = cross_validate(ROWS.features, label, ROWS.customers, INPUTS, quick, seed=1, threads=2)
    assert 0.45 < found.auc.value < 0.55

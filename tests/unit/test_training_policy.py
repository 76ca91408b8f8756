"""The training policy: every entry is there, of its kind and within its range."""

import copy
from datetime import date

import pytest

from credit_limits.domain.errors import PolicyError
from tests.training_samples import POLICIES
from tidegate.adapters.dated_policies import load_dated
from training.policy import TrainingPolicy, parse_training_policy


def content() -> dict[str, object]:
    return copy.deepcopy(load_dated(POLICIES, date(2024, 1, 1)).content)


def parse(changed: dict[str, object]) -> TrainingPolicy:
    return parse_training_policy("default_risk/2005-01-01", "d1ge57", changed)


def test_the_file_in_force_is_read():
    policy = parse(content())
    assert policy.version == "default_risk/2005-01-01"
    assert policy.digest == "d1ge57"
    assert isinstance(policy.booster.leaves, int)
    assert isinstance(policy.booster.leaf_penalty, float)
    assert policy.evaluation.folds == 5


@pytest.mark.parametrize("folder_file", sorted(POLICIES.glob("*.yaml")))
def test_every_file_of_the_folder_holds_together(folder_file):
    file = load_dated(POLICIES, date.fromisoformat(folder_file.stem))
    parse_training_policy(file.version, file.digest, file.content)


@pytest.mark.parametrize(
    ("section", "entry", "value", "told"),
    [
        ("booster", "learning_rate", 0.0, "learning_rate is 0.0, outside 0 to 1"),
        ("booster", "row_share", 1.5, "row_share is 1.5, outside 0 to 1"),
        ("booster", "leaves", 1, "leaves is 1, below 2"),
        ("booster", "leaves", 15.5, "leaves is 15.5; a whole number is needed"),
        ("booster", "rounds_ceiling", 0, "rounds_ceiling is 0, below 1"),
        ("booster", "leaf_penalty", -1.0, "leaf_penalty is -1.0, below 0"),
        ("booster", "leaf_penalty", "ten", "leaf_penalty.value is 'ten', not a number"),
        ("booster", "leaf_penalty", True, "leaf_penalty.value is True, not a number"),
        ("booster", "leaf_penalty", float("nan"), "leaf_penalty.value is nan, not finite"),
        ("split", "test_share", 0.9, "leave no fit"),
        ("split", "cohorts_ceiling", 0, "cohorts_ceiling is 0, below 1"),
        ("split", "cohorts_ceiling", 1.5, "cohorts_ceiling is 1.5; a whole number is needed"),
        ("split", "rows_ceiling", 0, "rows_ceiling is 0, below 1"),
        ("calibration", "slope_prior_rows", -1.0, "slope_prior_rows is -1.0, below 1"),
        ("evaluation", "folds", 1, "folds is 1, below 2"),
    ],
)
def test_a_value_out_of_range_stops_the_training(section, entry, value, told):
    changed = content()
    changed[section][entry]["value"] = value
    with pytest.raises(PolicyError, match=told):
        parse(changed)


@pytest.mark.parametrize("missing", ["value", "unit", "reason"])
def test_an_entry_without_value_unit_or_reason_is_refused(missing):
    changed = content()
    del changed["booster"]["leaves"][missing]
    with pytest.raises(PolicyError, match=rf"booster\.leaves: absent: {missing}"):
        parse(changed)


def test_a_misspelled_entry_is_refused():
    changed = content()
    changed["booster"]["leafs"] = changed["booster"].pop("leaves")
    with pytest.raises(PolicyError, match="booster: absent: leaves"):
        parse(changed)


@pytest.mark.parametrize("section", ["booster", "split", "calibration", "evaluation"])
def test_an_absent_section_is_refused(section):
    changed = content()
    del changed[section]
    with pytest.raises(PolicyError, match=f"{section} is absent or not a mapping"):
        parse(changed)


def test_an_unknown_section_is_refused():
    with pytest.raises(PolicyError, match=r"unknown sections \['tuning'\]"):
        parse({**content(), "tuning": {}})

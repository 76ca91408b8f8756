"""Which cohorts a training reads: mature ones, and of them no more than the policy says."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from credit_limits.domain.features import service_named
from credit_limits.domain.periods import add_months
from feature_repo.snapshots import snapshot_path
from tests.training_samples import POLICIES
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.training_inputs import lineage_of
from training.policy import parse_training_policy

SERVICE = service_named("default_risk_statements_v1")
FIRST = date(2023, 1, 31)
MONTHS = [add_months(FIRST, number) for number in range(12)]


@pytest.fixture
def platform(tmp_path):
    """Twelve month ends with features, and a day of decisions between two of them."""
    for day in (*MONTHS, date(2023, 2, 14)):
        for view in SERVICE.views:
            path = snapshot_path(tmp_path, view, day)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return SimpleNamespace(
        lake=SimpleNamespace(versions=lambda: {"statements": 3}),
        feature_store=SimpleNamespace(schema_hash=lambda _: "hash"),
        settings=SimpleNamespace(features_dir=tmp_path),
    )


def lineage(platform, ceiling, as_of=MONTHS[-1], response_key="7e59"):
    file = load_dated(POLICIES, as_of)
    policy = parse_training_policy(file.version, file.digest, file.content)
    policy = replace(policy, split=replace(policy.split, cohorts_ceiling=ceiling))
    return lineage_of(
        platform,
        SERVICE,
        policy,
        as_of=as_of,
        label_window_months=6,
        seed=7,
        response_key=response_key,
    )


def test_below_the_ceiling_every_cohort_is_read_whose_window_is_over(platform):
    assert lineage(platform, 24).cohorts == tuple(MONTHS[:6])
    assert lineage(platform, 6).cohorts == tuple(MONTHS[:6])


@pytest.mark.parametrize("ceiling", [1, 4])
def test_above_it_the_latest_are(platform, ceiling):
    assert lineage(platform, ceiling).cohorts == tuple(MONTHS[6 - ceiling : 6])


def test_the_window_of_cohorts_moves_on_with_the_date_and_makes_another_training(platform):
    earlier, later = (lineage(platform, 4, day) for day in MONTHS[-2:])
    assert later.cohorts[:-1] == earlier.cohorts[1:]
    assert len(later.cohorts) == len(earlier.cohorts) == 4
    assert later.run_key != earlier.run_key


def test_another_response_beside_it_makes_another_training(platform):
    one, other = (lineage(platform, 4, response_key=key) for key in ("one", "other"))
    assert one.run_key != other.run_key

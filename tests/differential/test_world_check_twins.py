"""The world's figures against the same from its tables, and from another library."""

import duckdb
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from credit_limits.rehearsal.world_check import true_probabilities
from credit_limits.rehearsal.world_quantities import (
    auc,
    cohorts_of,
    logistic_slope,
    month_end_of,
    share_past_due,
)
from credit_limits.simulation.columns import labels
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import RunningWorld, gathered
from credit_limits.truth.known_world import simulate_known_world
from credit_limits.truth.risk import default_probability

PARAMETERS = WorldParameters(customers=700, months=10, seed=13)


@pytest.fixture(scope="module")
def lived():
    """Month ends as they are measured, and the tables that a lender has."""
    world = RunningWorld(PARAMETERS)
    batches, months = [], []
    for _ in range(PARAMETERS.months):
        batches.append(world.step())
        chance = default_probability(world.scene, world.standing)
        months.append(month_end_of(world.standing, chance))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    statements = gathered(batches)["statements"]
    connection.register("statements", statements)
    connection.execute(
        "CREATE TABLE struck AS SELECT *, month(event_timestamp) - 1 AS month FROM statements "
        "WHERE created_timestamp = event_timestamp + INTERVAL 1 HOUR"
    )
    return world.scene, months, connection


@pytest.mark.parametrize("least_days", [30, 60, 90])
def test_shares_of_the_balance_are_those_of_the_statements(lived, least_days):
    _, months, connection = lived
    shares = connection.execute(
        "SELECT sum(balance_minor) FILTER (days_past_due >= ?) / sum(balance_minor) "
        "FROM struck GROUP BY month ORDER BY month",
        [least_days],
    ).fetchnumpy()
    expected = np.ma.filled(next(iter(shares.values())), 0.0)
    found = [share_past_due(month, least_days) for month in months]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_cohorts_and_their_defaults_are_those_of_the_statements(lived):
    scene, months, connection = lived
    cohorts = cohorts_of(months)
    assert len(cohorts) == PARAMETERS.months - 6
    names = np.array(labels("A", scene.accounts.number, 8).to_pylist())
    for at, cohort in enumerate(cohorts):
        rows = connection.execute(
            """
            SELECT s.account_id, coalesce(bool_or(l.days_past_due >= 90), false) AS defaulted
            FROM struck AS s LEFT JOIN struck AS l ON l.account_id = s.account_id
                AND l.month > s.month AND l.month <= s.month + 6
            WHERE s.month = ? AND s.days_past_due < 90 GROUP BY s.account_id
            """,
            [at],
        ).fetchall()
        expected = dict(rows)
        found = dict(zip(names[months[at].at_risk], cohort.defaulted.tolist(), strict=True))
        assert found == expected
    assert sum(int(cohort.defaulted.sum()) for cohort in cohorts) > 20


def test_the_slope_is_that_of_an_unpenalized_logistic_regression(lived):
    _, months, _ = lived
    cohorts = cohorts_of(months)
    defaulted = np.concatenate([cohort.defaulted for cohort in cohorts])
    log_limit = np.log(np.concatenate([cohort.limit_minor for cohort in cohorts]))
    twin = LogisticRegression(C=1e12, tol=1e-10, max_iter=1_000)
    twin.fit((log_limit - log_limit.mean()).reshape(-1, 1), defaulted)
    assert logistic_slope(defaulted, log_limit) == pytest.approx(twin.coef_[0, 0], rel=1e-4)


def test_the_area_is_that_of_another_library(lived):
    _, months, _ = lived
    cohort = cohorts_of(months)[0]
    assert auc(cohort.defaulted, cohort.chance) == pytest.approx(
        roc_auc_score(cohort.defaulted, cohort.chance), rel=1e-12
    )


def test_true_probabilities_by_row_are_those_of_the_known_world():
    truth = simulate_known_world(PARAMETERS).truth
    rng = np.random.default_rng(1)
    month = rng.integers(0, PARAMETERS.months, 500)
    account = rng.integers(0, len(truth.number), 500)
    names = np.array(labels("A", truth.number[account], 8).to_pylist())
    found = true_probabilities(PARAMETERS, names, [truth.month_ends[at] for at in month])
    expected = truth.default_probability_6m[month, account]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.isnan(found).any()
    assert np.isfinite(found).any()


def test_a_row_of_no_month_end_or_of_no_account_is_named():
    day = simulate_known_world(PARAMETERS).truth.month_ends[0]
    with pytest.raises(ValueError, match="2023-01-30 is no month end of the world"):
        true_probabilities(PARAMETERS, np.array(["A00000000"]), [day.replace(day=30)])
    with pytest.raises(ValueError, match="the world has no account A99999999"):
        true_probabilities(PARAMETERS, np.array(["A99999999"]), [day])


def test_no_rows_ask_for_no_month():
    assert len(true_probabilities(PARAMETERS, np.array([], dtype=str), [])) == 0

"""A world of some size: do its figures lie where they were meant to, and does risk behave?"""

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from credit_limits.simulation.columns import labels
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import PastPolicy, Repayment, WorldParameters
from credit_limits.simulation.past_policy import NO_CHANGES, LimitChanges
from credit_limits.simulation.portfolio import advance, begin
from credit_limits.simulation.world import build_scene
from credit_limits.truth.known_world import KnownWorld, simulate_known_world

PARAMETERS = WorldParameters(customers=8_000, months=18, seed=11)


@pytest.fixture(scope="module")
def world() -> KnownWorld:
    return simulate_known_world(PARAMETERS)


@pytest.fixture(scope="module")
def connection(world):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in world.tables.items():
        connection.register(name, table)
    connection.execute(
        """
        CREATE TABLE struck AS SELECT account_id, event_timestamp::DATE AS month_end,
            balance_minor, days_past_due FROM statements
        WHERE created_timestamp = event_timestamp + INTERVAL 1 HOUR
        """
    )
    return connection


@pytest.fixture(scope="module")
def cohorts(world, connection):
    """A row an account and month: truth, what happened in six months, and what a lender sees."""
    truth = world.truth
    months, accounts = truth.default_probability_6m.shape
    rows = pa.table(
        {
            "account_id": pa.concat_arrays([labels("A", truth.number, 8)] * months),
            "month_end": pa.array(np.repeat(np.array(truth.month_ends), accounts)),
            "chance": truth.default_probability_6m.ravel(),
        }
    )
    connection.register("truth", rows)
    return connection.execute(
        """
        WITH first_bad AS (
            SELECT account_id, min(month_end) AS bad FROM struck WHERE days_past_due >= 90
            GROUP BY account_id
        ),
        bad AS (SELECT account_id, month_end FROM struck WHERE days_past_due >= 90)
        SELECT s.*, t.chance, a.product, a.limit_minor / 100 AS limit_yuan,
            EXISTS (FROM bad AS b WHERE b.account_id = s.account_id AND b.month_end > s.month_end
                AND b.month_end <= last_day(s.month_end + INTERVAL 6 MONTH)) AS defaulted
        FROM struck AS s JOIN truth AS t USING (account_id, month_end)
        ASOF JOIN accounts AS a ON a.account_id = s.account_id
            AND a.event_timestamp <= s.month_end + INTERVAL 1 DAY
        WHERE s.days_past_due < 90 AND s.month_end <= DATE '2023-12-31'
        ORDER BY s.account_id, s.month_end
        """
    ).df()


def one(connection, sql):
    return connection.execute(sql).fetchall()[0][0]


def test_the_base_rate_is_in_its_band(cohorts):
    assert 0.012 < cohorts["defaulted"].mean() < 0.020
    assert cohorts.groupby("product")["defaulted"].mean().between(0.004, 0.025).all()


def test_the_truth_is_calibrated(cohorts):
    assert cohorts["chance"].mean() == pytest.approx(cohorts["defaulted"].mean(), rel=0.10)
    tenth = np.ceil(cohorts["chance"].rank(pct=True) * 10)
    by_tenth = cohorts.groupby(tenth).agg(chance=("chance", "mean"), came=("defaulted", "mean"))
    riskiest = by_tenth.iloc[-1]
    assert riskiest["came"] == pytest.approx(riskiest["chance"], rel=0.10)
    assert np.allclose(by_tenth["came"], by_tenth["chance"], rtol=0.35, atol=0.002)


def test_no_model_could_do_better_than_the_ceiling_that_was_meant(cohorts):
    assert 0.85 < roc_auc_score(cohorts["defaulted"], cohorts["chance"]) < 0.90
    current = cohorts[cohorts["days_past_due"] == 0]
    assert 0.79 < roc_auc_score(current["defaulted"], current["chance"]) < 0.86


@pytest.mark.parametrize("product", ["pay_later", "cash_loan"])
def test_observed_default_falls_with_the_limit(cohorts, product):
    rows = cohorts[cohorts["product"] == product]
    log_limit = np.log(rows[["limit_yuan"]].to_numpy())
    naive = LogisticRegression().fit(log_limit, rows["defaulted"])
    assert naive.coef_[0, 0] < -0.1


def test_the_truth_says_the_opposite(world):
    assert world.truth.limit_effect_log_odds == Repayment().limit_effect > 0


def test_the_lowest_tenth_of_limits_defaults_far_more_than_the_highest(cohorts):
    tenth = np.ceil(cohorts["limit_yuan"].rank(pct=True) * 10)
    rate = cohorts.groupby(tenth)["defaulted"].mean()
    assert rate.iloc[0] > 2.0 * rate.iloc[-1]


def test_default_falls_with_income_and_with_creditworthiness(world, cohorts, connection):
    income = "SELECT account_id, first(income_monthly_minor ORDER BY c.event_timestamp) AS income "
    income += "FROM accounts JOIN customers AS c USING (customer_id) GROUP BY account_id"
    rows = cohorts.merge(connection.execute(income).df(), on="account_id").dropna()
    rate = rows.groupby(np.ceil(rows["income"].rank(pct=True) * 4))["defaulted"].mean()
    assert rate.iloc[0] > 1.2 * rate.iloc[-1]
    chance = world.truth.default_probability_6m
    worst = world.truth.creditworthiness < -1.0
    assert np.nanmean(chance[:, worst]) > 2.0 * np.nanmean(chance[:, ~worst])


def test_the_books_look_like_a_lenders(connection):
    shares = dict(
        connection.execute(
            "SELECT days_past_due, count(*) / sum(count(*)) OVER () FROM struck GROUP BY 1"
        ).fetchall()
    )
    assert set(shares) == {0, 30, 60, 90, 120, 150, 180}
    assert 0.98 < shares[0] < 0.99
    assert shares[30] > shares[60] > shares[120] > shares[180]


@pytest.mark.parametrize(("days", "low", "high"), [(30, 0.012, 0.020), (90, 0.007, 0.013)])
def test_the_shares_of_balance_in_arrears_are_those_that_lenders_publish(
    connection, days, low, high
):
    late = "SELECT sum(balance_minor) FILTER (days_past_due >= ?) / sum(balance_minor) FROM struck"
    assert low < connection.execute(late, [days]).fetchall()[0][0] < high


def test_products_and_sizes(connection, world):
    lines = dict(
        connection.execute(
            "SELECT product, count(DISTINCT account_id) FROM accounts GROUP BY 1"
        ).fetchall()
    )
    customers = world.tables["protected"].num_rows
    assert customers == PARAMETERS.customers
    assert lines["pay_later"] / customers == pytest.approx(0.95, abs=0.02)
    assert lines["cash_loan"] / customers == pytest.approx(0.40, abs=0.03)
    statements = one(connection, "SELECT count(*) FROM struck")
    assert 3.0 < world.tables["transactions"].num_rows / statements < 5.0
    spread = "SELECT quantile_cont(limit_minor, [0.01, 0.5, 0.99]) FROM accounts"
    low, middle, high = one(connection, spread)
    assert low < 150_000
    assert 500_000 < middle < 1_500_000
    assert high > 5_000_000


@pytest.mark.parametrize(
    ("predicate", "low", "high"),
    [
        ("declines_increases", 0.02, 0.04),
        ("human_review_only", 0.006, 0.015),
        ("NOT consent_transactions", 0.03, 0.05),
        ("NOT consent_activity", 0.03, 0.05),
        ("NOT consent_links", 0.03, 0.05),
        ("NOT consent_bureau", 0.03, 0.05),
        ("segment = 'micro_merchant'", 0.06, 0.10),
        ("income_monthly_minor IS NULL", 0.03, 0.07),
    ],
)
def test_small_groups_are_small(connection, predicate, low, high):
    share = f"SELECT avg(({predicate})::INT) FROM customers"
    assert low < one(connection, share) < high


def test_some_statements_are_corrected_weeks_later(connection):
    corrections = """
        SELECT count(*), min(d), max(d) FROM (
            SELECT date_diff('day', event_timestamp, created_timestamp) AS d FROM statements)
        WHERE d > 0
    """
    found, soonest, latest = connection.execute(corrections).fetchall()[0]
    assert 0.002 < found / one(connection, "SELECT count(*) FROM struck") < 0.004
    assert (soonest, latest) >= (20, 60)
    assert latest <= 70
    same = """
        SELECT count(*) FROM (SELECT account_id, event_timestamp FROM statements
            GROUP BY ALL HAVING count(*) = 2 AND count(DISTINCT paid_minor) = 1)
    """
    assert one(connection, same) == 0


def test_the_trial_drew_its_arms_with_the_propensity_that_it_states(connection):
    arms = connection.execute(
        """
        SELECT propensity, count(*) / sum(count(*)) OVER () AS drawn,
            median(to_minor / from_minor) AS ratio
        FROM limit_changes WHERE randomized GROUP BY propensity ORDER BY ratio
        """
    ).df()
    policy = PastPolicy()
    assert tuple(arms["propensity"]) == policy.trial_propensities
    assert np.allclose(arms["drawn"], arms["propensity"], atol=0.06)
    assert np.allclose(arms["ratio"], policy.trial_ratios, atol=0.02)
    assert one(connection, "SELECT count(propensity) FROM limit_changes WHERE NOT randomized") == 0


def test_the_trial_is_blind_to_risk(connection, world):
    """Raised and cut accounts of the trial are alike in what nobody sees; reviewed ones are not."""
    truth = pa.table(
        {
            "account_id": labels("A", world.truth.number, 8),
            "worth": world.truth.creditworthiness,
        }
    )
    connection.register("worth", truth)
    mean = "SELECT avg(worth) FROM limit_changes JOIN worth USING (account_id) WHERE "
    up = one(connection, mean + "randomized AND to_minor > from_minor")
    down = one(connection, mean + "randomized AND to_minor < from_minor")
    assert abs(up - down) < 0.25
    reviewed = one(connection, mean + "reason = 'review_on_time'")
    assert reviewed > one(connection, mean + "reason = 'review_overdue'") + 0.5


def test_who_declines_increases_or_wants_a_person_is_left_alone(connection):
    joined = "SELECT count(*) FROM limit_changes JOIN accounts USING (account_id) "
    joined += "JOIN customers USING (customer_id) WHERE "
    assert one(connection, joined + "human_review_only") == 0
    assert one(connection, joined + "declines_increases AND to_minor > from_minor") == 0


def test_applications_come_in_bursts_before_trouble(connection):
    """Customers whose first default comes within two months apply far more often than others."""
    ratio = """
        WITH bad AS (
            SELECT a.customer_id, min(s.month_end) AS bad FROM struck AS s
            JOIN (SELECT DISTINCT account_id, customer_id FROM accounts) AS a USING (account_id)
            WHERE days_past_due = 90 GROUP BY 1
        )
        SELECT avg((event_timestamp < bad AND event_timestamp > bad - INTERVAL 120 DAY)::INT)
            / (120 / (18 * 30.4))
        FROM activity_events JOIN bad USING (customer_id) WHERE kind = 'loan_application'
    """
    assert one(connection, ratio) > 2.0


def test_linked_customers_share_their_trouble(connection):
    linked = """
        WITH late AS (
            SELECT DISTINCT a.customer_id FROM struck AS s
            JOIN (SELECT DISTINCT account_id, customer_id FROM accounts) AS a USING (account_id)
            WHERE days_past_due >= 60
        ),
        ends AS (
            SELECT customer_id IN (FROM late) AS one, linked_customer_id IN (FROM late) AS other
            FROM links WHERE active
        )
        SELECT avg(other::INT) FILTER (one) / avg(other::INT) FILTER (NOT one) FROM ends
    """
    assert one(connection, linked) > 1.3


def test_sex_differs_in_income_and_not_in_risk_given_the_rest(world, connection):
    income = """
        SELECT sex, median(income_monthly_minor) FROM customers JOIN protected USING (customer_id)
        GROUP BY sex
    """
    by_sex = dict(connection.execute(income).fetchall())
    assert 1.03 < by_sex["male"] / by_sex["female"] < 1.30
    sex = "SELECT (sex = 'male')::INT FROM protected ORDER BY customer_id"
    male = connection.execute(sex).fetchnumpy()
    of_account = next(iter(male.values()))[world.truth.number // 2]
    assert abs(np.corrcoef(of_account, world.truth.creditworthiness)[0, 1]) < 0.03


def response(ratio):
    """Standings of 37 months in which every limit is multiplied by ``ratio`` in the third."""
    scene = build_scene(WorldParameters(customers=1_500, months=38, seed=5))
    standing = begin(scene)
    for month in range(-6, 38):
        everyone = np.flatnonzero(standing.state <= State.CURRENT)
        raised = NO_CHANGES
        if month == 2:
            nothing = np.zeros(len(everyone), dtype=np.int64)
            raised = LimitChanges(
                everyone,
                standing.limit[everyone],
                (standing.limit[everyone] * ratio).astype(np.int64),
                nothing,
                nothing.astype(np.float64),
                nothing,
            )
        standing = advance(scene, standing, raised, standing.log_income)
        if month in (4, 37):
            yield standing


def test_spending_answers_to_the_limit_as_published():
    """About 11 cents of an added unit are owed after a quarter, 28 by the third year."""
    for (as_was, raised), (low, high) in zip(
        zip(response(1.0), response(1.2), strict=True), [(0.08, 0.14), (0.21, 0.35)], strict=True
    ):
        both = (as_was.state <= State.CURRENT) & (raised.state <= State.CURRENT)
        added = raised.limit - as_was.limit
        owed = (raised.money.balance - as_was.money.balance)[both & (added > 0)]
        assert low < (owed / added[both & (added > 0)]).mean() < high

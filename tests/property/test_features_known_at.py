"""What must hold of the features of any portfolio, whatever its history."""

import math
import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.account import Scenario
from credit_limits.domain.features import View
from credit_limits.domain.periods import end_of_day
from tests.feature_tables import AS_OF, Rows, begun, features, ingest, random_tables
from tidegate.adapters.lake import Lake
from tidegate.adapters.snapshots import compute_view, read_knowledge

seeds = st.integers(0, 10**6)
dates = st.dates(date(2024, 1, 1), AS_OF)
MONEY = {"limit_minor", "income_monthly_minor", "balance_minor", "paid_minor", "amount_minor"}


def lake_of(path, *batches: Rows) -> Lake:
    lake = Lake(path / "lake", path / "protected", threads=1)
    for number, tables in enumerate([begun(), *batches]):
        ingest(lake, tables, f"batch-{number}")
    return lake


def split(tables: Rows, as_of: date) -> tuple[Rows, Rows]:
    """Rows known at ``as_of`` and those that became known later."""
    instant = end_of_day(as_of)
    before = {
        t: [r for r in told if r["created_timestamp"] <= instant] for t, told in tables.items()
    }
    after = {t: [r for r in told if r["created_timestamp"] > instant] for t, told in tables.items()}
    return before, after


def snapshots(lake: Lake, as_of: date):
    with lake.connect(known_at=as_of) as connection:
        return {view: compute_view(connection, view, as_of) for view in View}


def keys(lake: Lake, as_of: date):
    versions = lake.versions()
    with lake.connect(versions) as connection:
        knowledge = read_knowledge(connection, versions)
    return {view: knowledge.snapshot_key(view, as_of) for view in View}


@settings(max_examples=4)
@given(seeds, dates)
def test_nothing_that_becomes_known_later_changes_a_feature(tmp_path_factory, seed, as_of):
    before, after = split(random_tables(seed), as_of)
    assert sum(map(len, after.values())) > 0
    then = lake_of(tmp_path_factory.mktemp("then"), before)
    now = lake_of(tmp_path_factory.mktemp("now"), before, after)
    assert snapshots(now, as_of) == snapshots(then, as_of)
    assert keys(now, as_of) == keys(then, as_of)


@settings(max_examples=4)
@given(seeds)
def test_a_row_that_was_known_and_comes_late_makes_its_views_stale(tmp_path_factory, seed):
    before, _ = split(random_tables(seed), AS_OF)
    late = {"bureau": [row for row in before["bureau"] if row["customer_id"] == "C0"]}
    late["bureau"] = late["bureau"] or [dict(before["bureau"][0], customer_id="C0")]
    then = keys(lake_of(tmp_path_factory.mktemp("then"), before), AS_OF)
    now = keys(lake_of(tmp_path_factory.mktemp("now"), before, late), AS_OF)
    assert {view for view in View if then[view] != now[view]} == {View.BUREAU}


@settings(max_examples=5)
@given(seeds, dates)
def test_the_order_of_rows_does_not_matter(seed, as_of):
    tables = random_tables(seed)
    shuffled = {table: random.Random(seed).sample(r, len(r)) for table, r in tables.items()}
    for view in View:
        assert features(view, shuffled, as_of) == features(view, tables, as_of)


@settings(max_examples=5)
@given(seeds, dates)
def test_ratios_are_free_of_the_currency(seed, as_of):
    tables = random_tables(seed)
    tenfold = {
        table: [
            row | {name: row[name] * 10 for name in MONEY & row.keys() if row[name] is not None}
            for row in told
        ]
        for table, told in tables.items()
    }
    for view in (View.PROFILE, View.REPAYMENT, View.SPENDING):
        plain, scaled = features(view, tables, as_of), features(view, tenfold, as_of)
        for account_id, values in plain.items():
            for name, value in values.items():
                factor = 10 if name.endswith("_minor") else 1
                expected = None if value is None else pytest.approx(value * factor, rel=1e-12)
                assert scaled[account_id][name] == expected, name


@settings(max_examples=10)
@given(seeds, dates)
def test_features_stay_within_their_bounds(seed, as_of):
    tables = random_tables(seed)
    for values in features(View.REPAYMENT, tables, as_of).values():
        for months in (1, 3, 6, 12):
            assert 0 <= (values[f"payment_ratio_{months}m"] or 0) <= 2
        for months in (3, 6, 12):
            assert 0 <= (values[f"revolving_share_{months}m"] or 0) <= 1
        worst = [values[f"days_past_due_{w}"] or 0 for w in ("latest", "worst_3m", "worst_6m")]
        assert worst == sorted(worst)
        assert (values["past_due_count_6m"] or 0) <= (values["past_due_count_12m"] or 0) <= 12
        on_time = values["on_time_streak_months"]
        assert on_time is None or (on_time == 0) == (values["days_past_due_latest"] > 0)
    for values in features(View.SPENDING, tables, as_of).values():
        shares = [values[f"scenario_share_{scenario}_90d"] for scenario in Scenario]
        if shares[0] is not None:
            assert math.isclose(sum(shares), 1)
            assert 1 / 9 - 1e-12 <= values["scenario_concentration_90d"] <= 1 + 1e-12
            assert 0 <= values["spend_trend_90d"] <= 3
        assert (values["spend_30d_minor"] or 0) <= (values["spend_90d_minor"] or 0)
    for values in features(View.ACTIVITY, tables, as_of).values():
        assert 0 <= (values["days_since_login"] or 0) <= 365
    for values in features(View.INQUIRIES, tables, as_of).values():
        week, month = (values[f"loan_application_count_{days}d"] for days in (7, 30))
        assert (week or 0) <= (month or 0)
    for values in features(View.LINKED_RISK, tables, as_of).values():
        assert (values["linked_past_due_count"] or 0) <= (values["linked_customer_count"] or 0)


@settings(max_examples=5)
@given(seeds, st.integers(1, 60))
def test_a_day_later_the_same_rows_are_no_younger(seed, days):
    """Without new rows, windows that count back from the date can only lose events."""
    before, _ = split(random_tables(seed), AS_OF)
    later = AS_OF + timedelta(days=days)
    now, then = features(View.ACTIVITY, before, AS_OF), features(View.ACTIVITY, before, later)
    for account_id in now.keys() & then.keys():
        for name in ("login_count_30d", "wealth_management_count_180d"):
            assert (then[account_id][name] or 0) <= (now[account_id][name] or 0)
        away = [frame[account_id]["days_since_login"] for frame in (now, then)]
        assert away[0] is None or away[0] <= away[1]

"""Materialization on a real lake, a real ledger and real files: what is computed, kept, refused."""

from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from credit_limits.domain.errors import DataMissing, FeatureStoreError
from credit_limits.domain.features import View, service_named
from credit_limits.ledger.entry import EntryKind
from feature_repo.queries import view_query
from feature_repo.snapshots import snapshot_path
from tests.feature_tables import (
    AS_OF,
    about,
    begun,
    days_before,
    features,
    ingest,
    month_back,
    numbers,
    random_tables,
    rows,
    together,
)
from tidegate.adapters.snapshots import Snapshots
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)

STATEMENTS_ONLY = "default_risk_statements_v1"
TABLES = together(begun(), random_tables(7))


def materialize(platform, as_of=AS_OF, service=STATEMENTS_ONLY, months=2, **options):
    request = MaterializeFeaturesRequest(
        as_of=as_of, feature_service=service, history_months=months, **options
    )
    return materialize_features(platform, request)


def files(platform):
    """Every snapshot with its content and when it was written."""
    return {
        path.relative_to(platform.settings.features_dir).as_posix(): (
            path.read_bytes(),
            path.stat().st_mtime_ns,
        )
        for path in platform.settings.features_dir.glob("*/as_of=*")
    }


def dates(platform, view=View.REPAYMENT):
    return Snapshots(platform.settings.features_dir).dates(view)


def test_every_view_at_past_month_ends_and_at_the_date(platform):
    ingest(platform.lake, TABLES)
    as_of = date(2024, 3, 20)
    outcome = materialize(platform, as_of, "default_risk_v1")
    expected = (date(2024, 1, 31), date(2024, 2, 29), as_of)
    for view in View:
        assert dates(platform, view) == expected
        for day in expected:
            stored = pq.read_table(snapshot_path(platform.settings.features_dir, view, day))
            instants = {datetime(day.year, day.month, day.day, 23, 59, 59, 999999, UTC)}
            assert set(stored["event_timestamp"].to_pylist()) == instants
            assert stored["event_timestamp"].equals(stored["created_timestamp"])
            computed = features(view, TABLES, day)
            assert stored["account_id"].to_pylist() == sorted(computed)
            for row in stored.drop_columns(["event_timestamp", "created_timestamp"]).to_pylist():
                assert numbers(computed[row.pop("account_id")]) == about(row)
    counts = {view: sum(len(features(view, TABLES, day)) for day in expected) for view in View}
    assert outcome.model_dump() == {
        "as_of": as_of,
        "feature_service": "default_risk_v1",
        "schema_hash": platform.feature_store.schema_hash("default_risk_v1"),
        "snapshots": 27,
        "snapshots_computed": 27,
        "rows": sum(counts.values()),
        "views": counts,
        "data_versions": dict.fromkeys(sorted(TABLES), 0),
        "recognised": False,
    }
    entry = platform.ledger.latest(EntryKind.FEATURES_MATERIALIZED)
    assert entry.payload == outcome.model_dump(mode="json")


def test_history_starts_where_statements_do(platform):
    billed = rows("statements", *({"event_timestamp": month_back(back)} for back in (0, 1, 2)))
    ingest(platform.lake, together(rows("customers", {}), rows("accounts", {}), billed))
    materialize(platform, months=12)
    assert dates(platform) == (date(2024, 1, 31), date(2024, 2, 29), AS_OF)


def test_the_date_is_taken_even_where_no_statement_is_known(platform):
    ingest(
        platform.lake,
        together(
            rows("customers", {}),
            rows("accounts", {}),
            {"statements": rows("statements", {"event_timestamp": days_before(-9)})["statements"]},
        ),
    )
    materialize(platform, months=3)
    assert dates(platform) == (AS_OF,)


def test_without_a_date_it_is_the_last_day_of_knowledge(platform):
    told = rows(
        "statements", {"event_timestamp": month_back(1), "created_timestamp": days_before(4)}
    )
    ingest(platform.lake, together(rows("customers", {}), rows("accounts", {}), told))
    assert materialize(platform, as_of=None).as_of == AS_OF - timedelta(days=4)


def test_the_same_again_is_recognised_and_changes_nothing(platform):
    ingest(platform.lake, TABLES)
    first = materialize(platform)
    written = files(platform)
    again = materialize(platform)
    assert again == first.model_copy(update={"recognised": True})
    assert files(platform) == written
    assert platform.ledger.verify() == 1


def test_a_batch_of_later_rows_leaves_old_snapshots_alone(platform):
    ingest(platform.lake, TABLES)
    materialize(platform, AS_OF - timedelta(days=1))
    written = files(platform)
    news = rows("statements", {"account_id": "A99", "event_timestamp": days_before(0)})
    ingest(platform.lake, news, "news")
    outcome = materialize(platform)
    assert outcome.snapshots_computed == len(service_named(STATEMENTS_ONLY).views)
    assert written.items() <= files(platform).items()
    assert not outcome.recognised


def test_a_row_that_was_known_earlier_renews_what_it_belongs_to(platform):
    ingest(platform.lake, TABLES)
    materialize(platform, months=3)
    written = files(platform)
    february = month_back(1) - timedelta(days=3)
    late = rows("statements", {"account_id": "A99", "event_timestamp": february})
    ingest(platform.lake, late, "late")
    outcome = materialize(platform, months=3)
    changed = {name for name, file in files(platform).items() if written[name] != file}
    assert changed == {f"repayment/as_of={day}.parquet" for day in ("2024-02-29", "2024-03-31")}
    assert outcome.snapshots_computed == 2


def test_a_changed_query_leaves_no_snapshot_of_the_old_one(platform, monkeypatch):
    ingest(platform.lake, TABLES)
    materialize(platform, months=3)
    plain = view_query(View.PROFILE)
    doubled = plain.replace("account.limit_minor::DOUBLE", "2.0::DOUBLE * account.limit_minor")
    assert doubled != plain
    for module in ("feature_repo.queries", "tidegate.adapters.snapshots", "feature_repo.views"):
        monkeypatch.setattr(
            f"{module}.view_query",
            lambda view: doubled if view is View.PROFILE else view_query(view),
        )
    outcome = materialize(platform, months=2)
    assert outcome.snapshots_computed == 2
    assert dates(platform, View.PROFILE) == (date(2024, 2, 29), AS_OF)
    assert dates(platform, View.REPAYMENT) == (date(2024, 1, 31), date(2024, 2, 29), AS_OF)
    limits = platform.feature_store.historical(
        platform.feature_store.accounts_at(AS_OF).assign(as_of=AS_OF), STATEMENTS_ONLY
    ).set_index("account_id")["limit_minor"]
    assert limits["A99"] == 2 * 1_000


def test_a_run_that_was_cut_short_ends_in_the_same_state(platform):
    ingest(platform.lake, TABLES)
    materialize(platform)
    whole = {name: content for name, (content, _) in files(platform).items()}
    lost = snapshot_path(platform.settings.features_dir, View.PROFILE, AS_OF)
    lost.rename(lost.with_name(f"{lost.name}.unfinished"))
    lost.with_name(f"{lost.name}.unfinished").write_bytes(b"half a file")
    assert materialize(platform).recognised
    assert {name: content for name, (content, _) in files(platform).items()} == whole
    assert platform.ledger.verify() == 1


def test_a_table_that_a_lender_does_not_have_is_named_with_the_service_that_does_without(platform):
    ingest(
        platform.lake,
        {table: TABLES[table] for table in TABLES if table not in ("bureau", "links")},
    )
    with pytest.raises(
        DataMissing, match=f"no table bureau, links.*linked_risk.*{STATEMENTS_ONLY}"
    ):
        materialize(platform, service="default_risk_v1")
    assert files(platform) == {}
    assert platform.ledger.entries() == []


def test_without_the_tables_of_any_service_the_advice_is_to_ingest(platform):
    ingest(platform.lake, {"accounts": TABLES["accounts"]})
    with pytest.raises(DataMissing, match=r"no table customers, statements.*tidegate ingest"):
        materialize(platform)


def test_before_any_account_there_is_nothing_to_compute(platform):
    ingest(platform.lake, TABLES)
    with pytest.raises(DataMissing, match="no account was known at 2019-12-31"):
        materialize(platform, date(2019, 12, 31))


def test_an_unknown_service_is_refused(platform):
    with pytest.raises(FeatureStoreError, match=r"nobody_v9.*default_risk_v1"):
        materialize(platform, service="nobody_v9")


def test_the_shape_of_the_taiwan_data_is_enough_for_the_statements_service(platform):
    """Clients without income, employment, opening date or consents to give; six statements."""
    ends = [datetime(2005, 9, 29, 16, tzinfo=UTC), datetime(2005, 8, 30, 16, tzinfo=UTC)]
    told = {"created_timestamp": ends[0], "event_timestamp": datetime(2005, 4, 1, tzinfo=UTC)}
    april = {"created_timestamp": told["event_timestamp"]}
    tables = {
        **rows("customers", told | april | {"birth_year": 2005 - 24}),
        **rows("accounts", told | april | {"limit_minor": 20_000 * 25}),
        **rows(
            "statements",
            {"event_timestamp": ends[0], "balance_minor": 3_913 * 25, "days_past_due": 60},
            {"event_timestamp": ends[1], "balance_minor": 3_102 * 25, "days_past_due": 60},
        ),
        **rows(
            "outcomes",
            {
                "event_timestamp": datetime(2005, 9, 30, tzinfo=UTC),
                "created_timestamp": datetime(2005, 10, 31, tzinfo=UTC),
                "known_at": datetime(2005, 10, 31, tzinfo=UTC),
                "defaulted": True,
            },
        ),
    }
    ingest(platform.lake, tables)
    outcome = materialize(platform, as_of=None)
    assert outcome.as_of == date(2005, 10, 31)
    assert dates(platform) == (date(2005, 9, 30), date(2005, 10, 31))
    accounts = platform.feature_store.accounts_at(date(2005, 9, 30))
    row = platform.feature_store.historical(
        accounts.assign(as_of=date(2005, 9, 30)), STATEMENTS_ONLY
    ).iloc[0]
    assert row["age_years"] == 24
    assert row["utilization_ratio_1m"] == 3_913 / 20_000
    assert row["payment_ratio_1m"] == 0
    assert row["days_past_due_worst_6m"] == 60
    assert row[["income_monthly_minor", "employment_months", "account_age_months"]].isna().all()


def test_the_request_says_what_each_field_is():
    for name, field in MaterializeFeaturesRequest.model_fields.items():
        assert field.description, name

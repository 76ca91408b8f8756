"""Feast itself, over snapshots of a real lake: rows and order, no leaks, online as offline."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from credit_limits.domain.errors import DataMissing, FeatureStoreError
from credit_limits.domain.features import FEATURES, View, service_named
from credit_limits.domain.periods import end_of_day
from feature_repo.snapshots import snapshot_path
from tests.feature_tables import (
    AS_OF,
    begun,
    days_before,
    ingest,
    month_back,
    random_tables,
    rows,
    together,
)
from tidegate.adapters.feature_store import FeatureStore, in_order
from tidegate.adapters.settings import Settings
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import open_platform

EVERYTHING, STATEMENTS_ONLY = "default_risk_v1", "default_risk_statements_v1"
FEBRUARY = date(2024, 2, 29)


def materialize(platform, as_of=AS_OF, service=STATEMENTS_ONLY, months=2, **options):
    materialize_features(
        platform,
        MaterializeFeaturesRequest(
            as_of=as_of, feature_service=service, history_months=months, **options
        ),
    )
    return platform.feature_store


def entities(*pairs):
    return pd.DataFrame(pairs, columns=["account_id", "as_of"])


def one(store, service=STATEMENTS_ONLY, as_of=AS_OF, account_id="A1"):
    return store.historical(entities((account_id, as_of)), service).iloc[0]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with all views at three dates, online at the last; only to be read."""
    settings = Settings(var_dir=tmp_path_factory.mktemp("filled"), actor="tester")
    platform = open_platform(settings)
    ingest(platform.lake, together(begun(), random_tables(11, customers=40)))
    return materialize(platform, service=EVERYTHING, months=3, online=True)


class TestRowsAndOrder:
    """Feast's own stores reorder rows, merge equal ones and drop old ones; here nothing is lost."""

    def test_duplicates_and_shuffled_rows_come_back_as_they_were_given(self, filled):
        days = [date(2024, 1, 31), FEBRUARY, AS_OF]
        known = [filled.accounts_at(day).assign(as_of=day) for day in days]
        asked = pd.concat([*known, *known, entities(("nobody", AS_OF))])
        asked = asked.sample(frac=1, random_state=3).assign(noise=1.0)
        asked.index = asked.index * 7 + 1
        answer = filled.historical(asked, EVERYTHING)
        pd.testing.assert_frame_equal(
            answer[["account_id", "as_of"]], asked[["account_id", "as_of"]]
        )
        names = service_named(EVERYTHING).feature_names
        assert tuple(answer.columns) == ("account_id", "as_of", *names)
        assert set(answer.dtypes[list(names)]) == {np.dtype("float64")}
        for (account_id, day), same in answer.groupby(["account_id", "as_of"]):
            assert len(same) == (1 if account_id == "nobody" else 2)
            assert same[list(names)].drop_duplicates().shape[0] == 1, (account_id, day)
        assert answer[answer["account_id"] == "nobody"][list(names)].isna().all(axis=None)

    def test_each_row_is_its_snapshots_row(self, filled):
        asked = filled.accounts_at(FEBRUARY).assign(as_of=FEBRUARY)[::-1]
        answer = filled.historical(asked, EVERYTHING)
        for view in View:
            path = snapshot_path(filled.settings.features_dir, view, FEBRUARY)
            stored = pq.read_table(path).to_pandas().set_index("account_id")
            names = [feature.name for feature in FEATURES if feature.view == view]
            pd.testing.assert_frame_equal(
                answer.set_index("account_id")[names], stored[names].loc[asked["account_id"]]
            )

    def test_no_rows_are_no_rows(self, filled):
        answer = filled.historical(entities(), EVERYTHING)
        assert answer.shape == (0, 2 + len(service_named(EVERYTHING).features))

    @pytest.mark.parametrize("found", [[0, 2], [0, 1, 1, 2], [0, 1, 1], [1, 2, 3]])
    def test_a_row_lost_or_repeated_is_an_error(self, found):
        with pytest.raises(FeatureStoreError, match=rf"macro was asked for 3 rows.*{len(found)}"):
            in_order(np.array(found), 3, View.MACRO)

    def test_what_comes_back_in_another_order_is_put_in_order(self):
        assert in_order(np.array([2, 0, 1]), 3, View.MACRO).tolist() == [1, 2, 0]


class TestTime:
    """A feature at a time is what was known at that time."""

    def test_a_date_is_the_end_of_its_day(self, filled):
        account_id = filled.accounts_at(AS_OF)["account_id"][0]
        by_date = one(filled, EVERYTHING, AS_OF, account_id)
        for as_of in (
            pd.Timestamp(end_of_day(AS_OF)),
            end_of_day(AS_OF) + timedelta(hours=1),
            pd.Timestamp(AS_OF),
            pd.Timestamp(AS_OF, tz="Asia/Shanghai") + pd.Timedelta(hours=32),
        ):
            same = one(filled, EVERYTHING, as_of, account_id)
            pd.testing.assert_series_equal(
                same.drop("as_of"), by_date.drop("as_of"), check_names=False
            )

    def test_an_instant_within_a_day_does_not_see_that_day(self, filled):
        morning = pd.Timestamp(FEBRUARY, tz="UTC") + pd.Timedelta(hours=9)
        with pytest.raises(DataMissing, match="2024-02-29"):
            one(filled, as_of=morning)
        later = pd.Timestamp(FEBRUARY, tz="UTC") + pd.Timedelta(days=2)
        at_february = one(filled, as_of=FEBRUARY, account_id="A99").drop("as_of")
        assert one(filled, as_of=later, account_id="A99").drop("as_of").equals(at_february)

    @pytest.mark.parametrize(
        ("as_of", "problem"),
        [(datetime(2024, 3, 31, 9), "neither a date nor an instant"), (None, "without as_of")],
    )
    def test_a_time_that_could_be_two_is_refused(self, filled, as_of, problem):
        with pytest.raises(FeatureStoreError, match=problem):
            one(filled, STATEMENTS_ONLY, as_of)

    def test_a_date_without_a_fresh_snapshot_is_refused(self, filled):
        assert one(filled, as_of=AS_OF + timedelta(days=27)) is not None
        for stale in (AS_OF + timedelta(days=28), date(2023, 12, 31)):
            with pytest.raises(DataMissing, match=f"profile were not computed for {stale}"):
                one(filled, as_of=stale)

    def test_a_late_correction_does_not_leak_back(self, platform):
        told = {"event_timestamp": month_back(1), "days_past_due": 0}
        corrected = told | {"days_past_due": 60, "created_timestamp": days_before(2)}
        opened = together(rows("customers", {}), rows("accounts", {}))
        ingest(platform.lake, together(opened, rows("statements", told)))
        ingest(platform.lake, rows("statements", corrected), "correction")
        store = materialize(platform)
        assert one(store, as_of=FEBRUARY)["days_past_due_latest"] == 0
        assert one(store, as_of=AS_OF)["days_past_due_latest"] == 60

    def test_a_value_written_later_than_it_is_dated_is_not_served_before(self, platform):
        """Were a snapshot made again in June and left beside the old, February must not see it."""
        opened = together(rows("customers", {}), rows("accounts", {"limit_minor": 1}))
        ingest(
            platform.lake, together(opened, rows("statements", {"event_timestamp": month_back(1)}))
        )
        store = materialize(platform)
        honest = snapshot_path(platform.settings.features_dir, View.PROFILE, FEBRUARY)
        june = pa.array([datetime(2024, 6, 15, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))
        table = pq.read_table(honest)
        for column, values in (("limit_minor", pa.array([9.0])), ("created_timestamp", june)):
            table = table.set_column(table.schema.get_field_index(column), column, values)
        pq.write_table(table, honest.with_name("as_of=2024-02-29-again.parquet"))
        honest.with_name("as_of=2024-02-29-again.parquet").rename(
            honest.with_name("as_of=2024-02-28.parquet")
        )
        assert one(store, as_of=FEBRUARY)["limit_minor"] == 1


class TestOnline:
    """What a single decision reads is what training would have seen."""

    def test_online_equals_offline(self, filled):
        accounts = filled.accounts_at(AS_OF).sample(frac=1, random_state=5, ignore_index=True)
        asked = pd.concat([accounts, accounts[:3]], ignore_index=True)
        online = filled.online(asked["account_id"].tolist(), EVERYTHING)
        pd.testing.assert_frame_equal(
            online, filled.historical(asked.assign(as_of=AS_OF), EVERYTHING)
        )

    def test_an_account_that_is_not_known_has_nothing(self, filled):
        answer = filled.online(["nobody"], STATEMENTS_ONLY)
        assert answer["account_id"].tolist() == ["nobody"]
        assert answer.drop(columns="account_id").isna().all(axis=None)

    def test_nobody_asked_nothing_answered(self, filled):
        assert filled.online([], STATEMENTS_ONLY).shape == (0, 2 + 33)

    def test_a_store_that_was_never_filled_says_so(self, platform):
        ingest(platform.lake, together(begun(), random_tables(7)))
        store = materialize(platform)
        with pytest.raises(DataMissing, match="--online"):
            store.online(["A99"], STATEMENTS_ONLY)

    def test_features_that_were_not_computed_cannot_be_put_online(self, filled):
        with pytest.raises(DataMissing, match="were not computed for 2024-03-30"):
            filled.materialize_online(STATEMENTS_ONLY, AS_OF - timedelta(days=1))

    def test_older_features_never_replace_newer_ones(self, filled):
        with pytest.raises(FeatureStoreError, match="holds features of 2024-03-31"):
            filled.materialize_online(STATEMENTS_ONLY, FEBRUARY)
        known = filled.accounts_at(AS_OF)["account_id"].tolist()
        assert set(filled.online(known, STATEMENTS_ONLY)["as_of"]) == {AS_OF}

    def test_an_account_closed_since_goes_stale_with_its_features(self, platform):
        opened = together(
            rows("customers", {}),
            rows("accounts", {}, {"account_id": "A2"}),
            rows("statements", {"event_timestamp": month_back(2)}),
        )
        closed = rows(
            "accounts",
            {"account_id": "A2", "status": "closed", "event_timestamp": days_before(9)},
        )
        ingest(platform.lake, together(opened, closed))
        store = materialize(platform, FEBRUARY, online=True)
        assert store.online(["A1", "A2"], STATEMENTS_ONLY)["as_of"].tolist() == [FEBRUARY, FEBRUARY]
        materialize(platform, online=True)
        answer = store.online(["A1", "A2"], STATEMENTS_ONLY)
        assert answer["as_of"].tolist()[0] == AS_OF
        assert answer.loc[1].drop("account_id").isna().all()
        assert one(store, account_id="A2").drop(["account_id", "as_of"]).isna().all()

    def test_a_consent_withdrawn_empties_the_view_offline_and_online(self, platform):
        withdrawn = rows(
            "customers",
            {
                "customer_id": "C99",
                "consent_transactions": False,
                "consent_activity": False,
                "consent_links": False,
                "consent_bureau": False,
                "event_timestamp": days_before(5),
            },
        )
        ingest(platform.lake, together(begun(), random_tables(7), withdrawn))
        guarded = [
            f.name for f in FEATURES if f.view not in (View.PROFILE, View.REPAYMENT, View.MACRO)
        ]
        store = materialize(platform, FEBRUARY, EVERYTHING, online=True)
        given = store.online(["A99"], EVERYTHING).iloc[0]
        assert given[
            ["transaction_count_90d", "login_count_30d", "bureau_other_line_count"]
        ].tolist() == [0, 0, 0]
        store = materialize(platform, AS_OF, EVERYTHING, online=True)
        for row in (
            store.online(["A99"], EVERYTHING).iloc[0],
            one(store, EVERYTHING, AS_OF, "A99"),
        ):
            assert row[guarded].isna().all()
            assert row["limit_minor"] == 1_000


class TestRegistry:
    """Feast's registry holds the catalogue, and is written only where it does not."""

    @staticmethod
    def written(store):
        registry = store.settings.features_dir / "registry.db"
        return registry.read_bytes(), registry.stat().st_mtime_ns

    def test_the_registry_holds_the_catalogue(self, filled):
        views = {view.name: view for view in filled._store.list_feature_views()}
        assert set(views) == {str(view) for view in View}
        assert views["spending"].tags.items() >= {
            ("category", "transactions"),
            ("purpose", "credit_decision"),
            ("consent", "consent_transactions"),
        }
        for name in (EVERYTHING, STATEMENTS_ONLY):
            service = filled._store.get_feature_service(name)
            held = [f.name for view in service.feature_view_projections for f in view.features]
            assert tuple(held) == service_named(name).feature_names
            assert service.tags == {"schema_hash": filled.schema_hash(name)}

    def test_applying_again_writes_nothing(self, settings):
        FeatureStore(settings).apply()
        before = self.written(FeatureStore(settings))
        FeatureStore(settings).apply()
        assert self.written(FeatureStore(settings)) == before

    def test_a_changed_catalogue_is_applied_and_what_it_dropped_goes(self, settings, monkeypatch):
        FeatureStore(settings).apply()
        with monkeypatch.context() as patch:
            fewer = tuple(feature for feature in FEATURES if feature.name != "policy_tightening")
            patch.setattr("feature_repo.views.FEATURES", fewer)
            patch.setattr("feature_repo.services.SERVICES", (service_named(EVERYTHING),))
            changed = FeatureStore(settings)
            changed.apply()
            macro = changed._store.get_feature_view("macro")
            assert [field.name for field in macro.features] == [
                "unemployment_rate",
                "retail_sales_index",
            ]
            assert [s.name for s in changed._store.list_feature_services()] == [EVERYTHING]
        restored = FeatureStore(settings)
        restored.apply()
        assert len(restored._store.get_feature_view("macro").features) == 3
        assert len(restored._store.list_feature_services()) == 2


def test_everything_feast_writes_lies_under_the_settings_folder(filled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = FeatureStore(filled.settings)
    one(store, EVERYTHING, AS_OF, "A99")
    store.online(["A99"], EVERYTHING)
    assert list(tmp_path.iterdir()) == []
    held = {path.name for path in filled.settings.features_dir.iterdir()}
    assert held == {"registry.db", "online.db", *map(str, View)}


def test_feast_says_nothing_on_standard_output(filled, capfd):
    filled.materialize_online(STATEMENTS_ONLY, AS_OF)
    one(filled, EVERYTHING, AS_OF, "A99")
    assert capfd.readouterr() == ("", "")

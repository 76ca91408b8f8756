"""The catalogue, the queries and the digests that hold them together."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from credit_limits.domain.errors import DataMissing, FeatureStoreError
from credit_limits.domain.features import FEATURES, SERVICES, VIEW_SPECS, ServiceSpec, View
from credit_limits.ingestion.tables import TABLES, table_named
from feature_repo import queries
from feature_repo.queries import (
    query_digest,
    schema_hash,
    service_of,
    tables_of,
    view_columns,
    view_query,
    view_spec,
)
from feature_repo.snapshots import snapshot_path, snapshot_pattern
from tests.feature_tables import AS_OF, begun, known
from tidegate.adapters.snapshots import Knowledge, Snapshots, compute_view, read_knowledge

SQL = Path(queries.__file__).parent / "sql"


def test_there_is_a_query_for_each_view_and_one_for_the_links_behind_a_count():
    assert sorted(path.stem for path in SQL.glob("*")) == sorted([*View, "past_due_links"])
    assert [spec.view for spec in VIEW_SPECS] == list(View)


@pytest.mark.parametrize("view", View)
def test_a_query_reads_the_tables_that_its_view_declares(view):
    plain = re.sub(r"--.*", "", view_query(view))
    mentioned = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", plain))
    assert mentioned & {table.name for table in TABLES} == set(view_spec(view).tables)


@pytest.mark.parametrize("view", View)
def test_a_query_reads_the_consent_that_its_view_declares(view):
    plain = re.sub(r"--.*", "", view_query(view))
    consent = view_spec(view).consent
    assert set(re.findall(r"consent_\w+", plain)) == ({consent} if consent else set())
    if consent:
        assert table_named("customers").column(consent)


def test_no_view_reads_what_only_fairness_checks_may_see():
    protected = {table.name for table in TABLES if table.protected}
    assert protected
    for spec in VIEW_SPECS:
        assert protected.isdisjoint(spec.tables)


def test_a_feature_name_stands_for_one_feature():
    names = [feature.name for feature in FEATURES]
    assert len(set(names)) == len(names)
    assert [name for view in View for name in view_columns(view)] == names


def test_the_tables_of_a_service():
    assert tables_of(service_of("default_risk_statements_v1")) == (
        "accounts",
        "customers",
        "statements",
    )
    assert set(tables_of(service_of("default_risk_v1"))) > {"bureau", "links", "macro"}


def test_an_unknown_service_is_refused_with_those_there_are():
    with pytest.raises(FeatureStoreError, match=r"'other'.*default_risk_v1"):
        service_of("other")


def test_comments_and_white_space_do_not_change_what_a_query_computes():
    digest = query_digest("SELECT a, b\nFROM t")
    assert digest == query_digest("-- why\nSELECT a,  b -- both\n  FROM t\n")
    assert digest != query_digest("SELECT a, c FROM t")
    assert digest != query_digest("SELECT a, b FROM t2")


class TestSchemaHash:
    service = SERVICES[0]

    def test_services_differ(self):
        assert len({schema_hash(service) for service in SERVICES}) == len(SERVICES)
        assert schema_hash(self.service) == schema_hash(self.service)

    def test_the_name_and_the_views_count(self):
        assert schema_hash(replace(self.service, name="v2")) != schema_hash(self.service)
        fewer = ServiceSpec(self.service.name, self.service.views[:-1])
        assert schema_hash(fewer) != schema_hash(self.service)

    @pytest.mark.parametrize(
        "changed",
        [
            FEATURES[:-1],
            FEATURES[::-1],
            (replace(FEATURES[0], name="age_in_years"), *FEATURES[1:]),
            (replace(FEATURES[0], view=View.BUREAU), *FEATURES[1:]),
        ],
        ids=["one fewer", "another order", "another name", "another view"],
    )
    def test_a_changed_catalogue_changes_it(self, monkeypatch, changed):
        before = schema_hash(self.service)
        monkeypatch.setattr("credit_limits.domain.features.FEATURES", changed)
        assert schema_hash(self.service) != before

    def test_other_wording_and_direction_do_not(self, monkeypatch):
        before = schema_hash(self.service)
        reworded = (replace(FEATURES[0], description="in years"), *FEATURES[1:])
        monkeypatch.setattr("credit_limits.domain.features.FEATURES", reworded)
        assert schema_hash(self.service) == before

    def test_another_computation_changes_it(self, monkeypatch):
        before = schema_hash(self.service)
        monkeypatch.setattr(queries, "view_query", lambda view: view_query(view) + " LIMIT 1")
        assert schema_hash(self.service) != before


class TestKnowledge:
    early, late = date(2024, 1, 31), date(2024, 2, 29)
    knowledge = Knowledge(
        {
            "accounts": {"b1": {early: 3}, "b2": {late: 1}},
            "customers": {"b1": {early: 2}},
            "macro": {"b1": {early: 1}, "b2": {early: 1, late: 5}},
        }
    )

    def test_rows_count_from_the_day_they_were_known(self):
        assert self.knowledge.known("accounts", date(2024, 1, 30)) == {}
        assert self.knowledge.known("accounts", self.early) == {"b1": 3}
        assert self.knowledge.known("accounts", self.late) == {"b1": 3, "b2": 1}
        assert self.knowledge.known("macro", self.late) == {"b1": 1, "b2": 6}
        assert self.knowledge.known("bureau", self.late) == {}

    def test_a_key_is_of_one_view_one_date_and_what_was_known(self):
        keys = {
            self.knowledge.snapshot_key(view, day)
            for view in (View.PROFILE, View.MACRO)
            for day in (self.early, self.late)
        }
        assert len(keys) == 4
        without_news = Knowledge(
            {
                table: {
                    batch: {d: n for d, n in days.items() if d == self.early}
                    for batch, days in batches.items()
                }
                for table, batches in self.knowledge.arrivals.items()
            }
        )
        for view in (View.PROFILE, View.MACRO):
            for day, same in ((self.early, True), (self.late, False)):
                key = self.knowledge.snapshot_key(view, day)
                assert (without_news.snapshot_key(view, day) == key) is same

    def test_it_is_read_from_raw_rows_day_by_day_in_utc(self):
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'Asia/Shanghai'")
            connection.execute(
                "CREATE TABLE macro AS SELECT * FROM (VALUES"
                " ('b1', TIMESTAMPTZ '2024-01-31 23:59:59.999999+00'),"
                " ('b1', TIMESTAMPTZ '2024-02-01 00:00:00+00'),"
                " ('b2', TIMESTAMPTZ '2024-02-01 08:00:00+08')"
                ") rows (batch_id, created_timestamp)"
            )
            read = read_knowledge(connection, ["macro"])
        first = date(2024, 2, 1)
        assert read.arrivals == {"macro": {"b1": {self.early: 1, first: 1}, "b2": {first: 1}}}


class TestSnapshots:
    rows = pa.table({"account_id": ["a", "b"], "x": [1.0, None]})

    def test_written_whole_and_read_back(self, tmp_path):
        snapshots = Snapshots(tmp_path)
        assert snapshots.key(View.MACRO, AS_OF) is None
        assert not snapshots.exists(View.MACRO, AS_OF)
        snapshots.write(View.MACRO, AS_OF, self.rows, "k1")
        assert snapshots.exists(View.MACRO, AS_OF)
        assert snapshots.key(View.MACRO, AS_OF) == "k1"
        assert snapshots.row_count(View.MACRO, AS_OF) == 2
        assert snapshots.account_ids(View.MACRO, AS_OF).to_pylist() == ["a", "b"]
        assert [path.name for path in (tmp_path / "macro").iterdir()] == [
            "as_of=2024-03-31.parquet"
        ]
        snapshots.write(View.MACRO, AS_OF, self.rows[:1], "k2")
        assert (snapshots.key(View.MACRO, AS_OF), snapshots.row_count(View.MACRO, AS_OF)) == (
            "k2",
            1,
        )

    def test_dates_are_in_order_and_what_is_half_written_is_not_among_them(self, tmp_path):
        snapshots = Snapshots(tmp_path)
        assert snapshots.dates(View.MACRO) == ()
        for day in (AS_OF, date(2023, 12, 31)):
            snapshots.write(View.MACRO, day, self.rows, "k")
        unfinished = snapshot_path(tmp_path, View.MACRO, date(2024, 1, 31))
        unfinished.with_name(f"{unfinished.name}.unfinished").write_bytes(b"half")
        assert snapshots.dates(View.MACRO) == (date(2023, 12, 31), AS_OF)
        assert len(list(tmp_path.glob(str(snapshot_pattern(Path(), View.MACRO))))) == 2

    def test_what_is_not_there_is_named_with_what_to_run(self, tmp_path):
        for ask in (Snapshots(tmp_path).row_count, Snapshots(tmp_path).account_ids):
            with pytest.raises(DataMissing, match=r"macro.*2024-03-31.*--as-of 2024-03-31"):
                ask(View.MACRO, AS_OF)

    def test_the_same_rows_give_the_same_bytes(self, tmp_path):
        for folder in ("one", "two"):
            with known(begun()) as connection:
                computed = compute_view(connection, View.PROFILE, AS_OF)
            Snapshots(tmp_path / folder).write(View.PROFILE, AS_OF, computed, "k")
        one, two = (snapshot_path(tmp_path / f, View.PROFILE, AS_OF) for f in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_a_query_that_disagrees_with_the_catalogue_is_an_error(monkeypatch):
    monkeypatch.setattr("tidegate.adapters.snapshots.view_columns", lambda _: ("another",))
    with known(begun()) as connection, pytest.raises(FeatureStoreError, match="macro yields"):
        compute_view(connection, View.MACRO, AS_OF)


def test_an_account_that_comes_out_twice_is_an_error(monkeypatch):
    query = view_query(View.MACRO)
    twice = f"SELECT * FROM ({query}) UNION ALL SELECT * FROM ({query})"
    monkeypatch.setattr("tidegate.adapters.snapshots.view_query", lambda _: twice)
    with known(begun()) as connection, pytest.raises(FeatureStoreError, match="account twice"):
        compute_view(connection, View.MACRO, AS_OF)

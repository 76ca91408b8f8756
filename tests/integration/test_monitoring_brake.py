"""An alarm that acts: first misses rise, the brake is applied, nobody is raised, then it is over.

The lender of the samples, four months on: a calm January; corrections of 3 February, after which
far more accounts missed their first payment; calm statements of February and March.
"""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from credit_limits.domain.account import Product
from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import InputError, PolicyError
from credit_limits.domain.periods import end_of_day
from credit_limits.ledger.entry import EntryKind
from credit_limits.policy.brakes import BrakeMeasure
from tests.conftest import ROOT
from tests.promotion_samples import (
    AS_OF,
    SERVICE,
    Fuse,
    Interrupted,
    accept_sample,
    lender_tables,
    open_sample,
    train_sample,
    with_fuse,
)
from tidegate.adapters.signing import make_key, verifies
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.brakes import open_brakes
from tidegate.operations.list_brakes import ListBrakesRequest, list_brakes
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.release_brake import ReleaseBrakeRequest, release_brake
from tidegate.operations.watch_drift import WatchDriftRequest, watch_drift
from tidegate.operations.watch_outcome import WatchDriftOutcome
from tidegate.operations.write_report import WriteReportRequest, write_report

ALARM, QUIET, QUIET_AGAIN = date(2024, 2, 5), date(2024, 3, 1), date(2024, 4, 1)
DAYS = (AS_OF, ALARM, QUIET, QUIET_AGAIN)
BRAKES = (EntryKind.BRAKE_APPLIED, EntryKind.BRAKE_RELEASED)
STOPPED = "no increases of cash_loan, pay_later since 2024-02-05"


def appended(platform: Platform, rows: pd.DataFrame, event: datetime, known: datetime) -> None:
    stamped = rows.drop(columns="batch_id").assign(event_timestamp=event, created_timestamp=known)
    table = pa.Table.from_pandas(stamped, preserve_index=False)
    names, kind = table.column_names, pa.timestamp("us", "UTC")
    for name in ("event_timestamp", "created_timestamp"):
        table = table.set_column(names.index(name), name, table[name].cast(kind))
    platform.lake.append("statements", table, f"statements-{known.date()}")


def tables() -> dict[str, pa.Table]:
    """The sample lender with both products and rates of all sizes."""
    found, random = lender_tables(), np.random.default_rng(5)
    count = found["accounts"].num_rows
    products = pa.array(np.where(random.random(count) < 0.3, "cash_loan", "pay_later"))
    accounts = found["accounts"].drop_columns(["product", "apr"])
    accounts = accounts.append_column("product", products)
    rates = pa.array(random.uniform(0.1, 0.24, count))
    return found | {"accounts": accounts.append_column("apr", rates)}


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Version 1 is champion; features of all four days are there; nothing was watched yet."""
    opened = open_sample(tmp_path_factory.mktemp("lender") / "var")
    for table, rows in tables().items():
        opened.lake.append(table, rows, "batch-1")
    accept_sample(opened)
    materialize_features(
        opened, MaterializeFeaturesRequest(as_of=AS_OF, feature_service=SERVICE, history_months=2)
    )
    train_sample(opened, "1")
    assert promote_model(opened, PromoteModelRequest()).cleared
    known = opened.lake.read("statements").to_pandas()
    months = dict(iter(known.groupby("event_timestamp")))
    december, january = sorted(months)[-2:]
    current = [
        set(months[m].query("days_past_due == 0 and balance_minor > 0")["account_id"])
        for m in (december, january)
    ]
    hit = months[january]["account_id"].isin(sorted(set.intersection(*current))[:350])
    missed = months[january][hit].assign(days_past_due=30, paid_minor=0)
    appended(opened, missed, january.to_pydatetime(), datetime(2024, 2, 3, tzinfo=UTC))
    for number, day in enumerate((date(2024, 2, 29), date(2024, 3, 31))):
        noon = end_of_day(day).replace(hour=12, microsecond=0)
        appended(opened, months[sorted(months)[-4 + number]], noon, noon)
    for day in DAYS[1:]:
        materialize_features(
            opened,
            MaterializeFeaturesRequest(as_of=day, feature_service=SERVICE, history_months=1),
        )
    return opened


@pytest.fixture
def platform(lender: Platform, tmp_path: Path) -> Platform:
    """A lender like it, with a lake, a ledger and a registry of its own."""
    shutil.copytree(lender.settings.var_dir, tmp_path / "var")
    opened = open_sample(tmp_path / "var")
    opened.__dict__["registry"] = lender.registry.copy()
    opened.__dict__["feature_store"] = lender.feature_store
    return opened


def watched(platform: Platform, day: date) -> WatchDriftOutcome:
    return watch_drift(platform, WatchDriftRequest(as_of=day, page=False))


def adjusted(platform: Platform, day: date, product: Product | None = None):
    return adjust_limits(platform, AdjustLimitsRequest(as_of=day, product=product))


def kinds(platform: Platform) -> list[EntryKind]:
    told = (*BRAKES, EntryKind.DRIFT_WATCHED)
    return [entry.kind for entry in platform.ledger.entries() if entry.kind in told]


def reasons_of(platform: Platform, batch_id: str) -> list[list[str]]:
    return platform.lake.read("decisions", batch_id=batch_id)["reasons"].to_pylist()


def test_an_alarm_stops_increases_and_quiet_watches_let_them_go_on(platform):
    assert watched(platform, AS_OF).level != "alarm"

    alarm = watched(platform, ALARM)
    assert (alarm.level, alarm.brakes_applied) == ("alarm", [STOPPED])
    assert alarm.finding.startswith(alarm.early.finding)
    stopped = adjusted(platform, ALARM)
    assert stopped.actions["increase"] == 0
    assert [(brake.measure, brake.since) for brake in stopped.brakes] == [
        (BrakeMeasure.NO_INCREASES, ALARM)
    ]
    told = reasons_of(platform, stopped.batch_id)
    assert sum("brake_no_increases" in row for row in told) > 300

    quiet = watched(platform, QUIET)
    assert quiet.level != "alarm"
    assert (quiet.brakes_applied, quiet.brakes_released) == ([], [])
    assert adjusted(platform, QUIET).actions["increase"] == 0

    released = watched(platform, QUIET_AGAIN)
    assert released.brakes_released == [STOPPED]
    free = adjusted(platform, QUIET_AGAIN)
    assert free.actions["increase"] > 300
    assert free.brakes == ()
    assert not any("brake_no_increases" in row for row in reasons_of(platform, free.batch_id))


def test_first_misses_are_judged_by_what_was_known_on_the_day(platform):
    calm, alarm = watched(platform, AS_OF).early, watched(platform, ALARM).early
    assert (calm.month_end, alarm.month_end) == (AS_OF, AS_OF)
    assert (calm.level, alarm.level) == ("none", "alarm")
    assert alarm.past_due == calm.past_due + 350
    assert alarm.accounts == calm.accounts
    assert alarm.ratio > 1.5
    assert calm.reference_months == 12


def outcomes_known(platform: Platform, defaulted: list[str], waiting: list[str]) -> None:
    """What became of the accounts of January, known on the last of February, but for some."""
    accounts = platform.lake.read("accounts")["account_id"].to_pylist()
    known = [account for account in accounts if account not in set(waiting)]
    event, told = end_of_day(AS_OF), end_of_day(date(2024, 2, 29))
    like = platform.lake.read("outcomes")
    rows = pd.DataFrame(
        {
            "account_id": known,
            "defaulted": [account in set(defaulted) for account in known],
            "event_timestamp": event,
            "known_at": told,
            "created_timestamp": told,
        }
    )
    names = [name for name in like.column_names if name in rows]
    schema = pa.schema([like.schema.field(name) for name in names])
    table = pa.Table.from_pandas(rows[names], schema=schema, preserve_index=False)
    platform.lake.append("outcomes", table, "outcomes-january")


def test_decisions_are_held_against_what_became_of_them_once_it_is_known(platform):
    """The model's label window is a month: decisions of January have matured on 1 March."""
    batch = adjusted(platform, AS_OF).batch_id
    decided = platform.lake.read("decisions", batch_id=batch).to_pandas()
    score = decided.set_index("account_id")["default_probability"].sort_values()
    waiting, defaulted = list(score.index[:50]), list(score.index[-2_000:])
    outcomes_known(platform, defaulted, waiting)

    early = watched(platform, ALARM).matured
    assert (early.level, early.cohorts, early.groups) == ("none", [], [])
    assert "no decision of this model has a label window that is over" in early.finding

    found = watched(platform, QUIET)
    everyone = found.matured.groups[0]
    assert (found.matured.cohorts, found.matured.waiting) == ([AS_OF], 50)
    assert (everyone.accounts, everyone.defaults) == (len(score) - 50, 2_000)
    assert everyone.expected == pytest.approx(score.drop(waiting).sum())
    assert {group.name for group in found.matured.groups} >= {
        "product cash_loan",
        "product pay_later",
    }
    assert (found.level, found.matured.level) == ("alarm", "alarm")
    assert (found.brakes_applied, found.brakes_released) == ([], [])  # that of February holds on
    assert "accounts (all) have defaulted" in found.finding


def test_a_cohort_half_known_is_not_judged(platform):
    batch = adjusted(platform, AS_OF).batch_id
    accounts = platform.lake.read("decisions", batch_id=batch)["account_id"].to_pylist()
    outcomes_known(platform, accounts[:1_000], accounts[1_000:])
    found = watched(platform, QUIET).matured
    assert (found.level, found.cohorts) == ("none", [])
    assert "leave 2000 of its 3000 accounts unresolved" in found.finding


def test_who_would_have_risen_is_who_the_brake_stops(platform):
    """The same inputs without the watch: another batch, and its raises are those stopped."""
    free = adjusted(platform, ALARM)
    watched(platform, ALARM)
    stopped = adjusted(platform, ALARM)
    assert stopped.batch_id != free.batch_id
    assert not stopped.recognised
    assert stopped.decisions == free.decisions
    with platform.lake.connect(tables=["decisions"]) as lake:
        raised, told_of_brake = lake.execute(
            "SELECT count(*), count(*) FILTER (list_contains(s.reasons, 'brake_no_increases')) "
            "FROM decisions f JOIN decisions s USING (account_id) "
            "WHERE f.batch_id = ? AND s.batch_id = ? AND f.to_minor > f.from_minor",
            [free.batch_id, stopped.batch_id],
        ).fetchone()
        shared = lake.execute(
            "SELECT count(*) - count(DISTINCT decision_id) FROM decisions"
        ).fetchone()[0]
    assert raised == told_of_brake > 300
    assert shared == 0
    assert adjusted(platform, ALARM) == stopped.model_copy(update={"recognised": True})


def test_a_brake_on_one_product_leaves_the_other_alone(lender, platform, tmp_path):
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    file = policies / "monitoring" / "2005-01-01.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[cash_loan, pay_later]", "[cash_loan]"), encoding="utf-8")
    opened = open_sample(platform.settings.var_dir, policies_dir=policies)
    opened.__dict__["registry"] = lender.registry.copy()
    opened.__dict__["feature_store"] = lender.feature_store
    outcome = watched(opened, ALARM)
    assert outcome.brakes_applied == ["no increases of cash_loan since 2024-02-05"]
    outcome = adjusted(opened, ALARM)
    raised = {group.name: group.actions["increase"] for group in outcome.by_product}
    assert raised["cash_loan"] == 0
    assert raised["pay_later"] > 300
    assert [brake.products for brake in outcome.brakes] == [(Product.CASH_LOAN,)]


def test_a_batch_without_an_account_of_a_stopped_product_is_the_same_as_ever(platform, tmp_path):
    """The brake is no part of the ids of those it does not touch, nor of their batch."""
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    file = policies / "monitoring" / "2005-01-01.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[cash_loan, pay_later]", "[cash_loan]"), encoding="utf-8")
    free = adjusted(platform, ALARM, Product.PAY_LATER)
    opened = open_sample(platform.settings.var_dir, policies_dir=policies)
    opened.__dict__["registry"] = platform.registry.copy()
    opened.__dict__["feature_store"] = platform.feature_store
    assert watched(opened, ALARM).brakes_applied != []
    assert adjusted(opened, ALARM, Product.PAY_LATER) == free.model_copy(
        update={"recognised": True}
    )


def test_a_day_of_the_past_is_decided_under_its_own_brakes(platform):
    for day in DAYS:
        watched(platform, day)
    assert [len(open_brakes(platform, day)) for day in DAYS] == [0, 1, 1, 0]
    assert adjusted(platform, QUIET).actions["increase"] == 0
    assert adjusted(platform, AS_OF).actions["increase"] > 300


def test_a_second_alarm_applies_nothing_more_and_starts_the_count_again(platform):
    watched(platform, ALARM)
    watched(platform, QUIET)
    reference = platform.registry.files["1", "reference.json"]
    platform.registry.files["1", "reference.json"] = reference.replace(
        b'"limit_minor"', b'"no_such_input"'
    )
    again = watched(platform, QUIET_AGAIN)
    assert (again.level, again.brakes_applied, again.brakes_released) == ("alarm", [], [])
    assert [brake.since for brake in open_brakes(platform, QUIET_AGAIN)] == [ALARM]


def test_a_watch_again_is_recognised_and_changes_no_brake(platform):
    outcomes = [watched(platform, day) for day in DAYS]
    before = platform.ledger.entries()
    again = [watched(platform, day) for day in DAYS]
    assert again == [outcome.model_copy(update={"recognised": True}) for outcome in outcomes]
    assert platform.ledger.entries() == before


def test_a_day_watched_twice_counts_once(platform):
    watched(platform, ALARM)
    watched(platform, QUIET)
    with_page = watch_drift(platform, WatchDriftRequest(as_of=QUIET))
    assert with_page.brakes_released == []
    assert Path(with_page.report).is_file()
    assert len(open_brakes(platform, QUIET)) == 1


@pytest.mark.parametrize("writes", [0, 1])
def test_a_watch_killed_between_its_entries_ends_the_same(platform, writes):
    """The alarm's two entries, brake and watch: killed before the first and before the second."""
    with_fuse(platform, Fuse(at=writes))
    with pytest.raises(Interrupted):
        watched(platform, ALARM)
    with_fuse(platform, Fuse())
    found = watched(platform, ALARM)
    assert found.brakes_applied == [STOPPED]
    assert not found.recognised
    assert kinds(platform) == [EntryKind.BRAKE_APPLIED, EntryKind.DRIFT_WATCHED]
    assert platform.ledger.verify() > 0


@pytest.mark.parametrize("writes", [0, 1])
def test_a_release_killed_between_its_entries_ends_the_same(platform, writes):
    watched(platform, ALARM)
    watched(platform, QUIET)
    with_fuse(platform, Fuse(at=writes))
    with pytest.raises(Interrupted):
        watched(platform, QUIET_AGAIN)
    with_fuse(platform, Fuse())
    assert watched(platform, QUIET_AGAIN).brakes_released == [STOPPED]
    assert kinds(platform)[-2:] == [EntryKind.BRAKE_RELEASED, EntryKind.DRIFT_WATCHED]
    assert open_brakes(platform, QUIET_AGAIN) == ()


def test_without_the_page_nothing_is_rendered(platform):
    outcome = watched(platform, ALARM)
    assert outcome.report == ""
    assert not (platform.settings.reports_dir / "drift").exists()


def test_the_cycle_page_shows_what_was_found_and_what_it_stopped(platform, tmp_path):
    watched(platform, ALARM)
    adjusted(platform, ALARM)
    # the sample's batch was accepted without the figures that a page tells of it
    told = open_sample(
        platform.settings.var_dir, control_db_url=f"sqlite:///{tmp_path / 'told.db'}"
    )
    for entry in platform.ledger.entries():
        if entry.kind in (*BRAKES, EntryKind.DRIFT_WATCHED, EntryKind.LIMITS_ADJUSTED):
            told.ledger.append(entry.kind, entry.actor, dict(entry.payload), key=entry.key)
    page = Path(write_report(told, WriteReportRequest(as_of=ALARM)).path).read_text("utf-8")
    assert "brake applied" in page
    assert page.count(STOPPED) == 2  # in the watch, and in what the batch follows from
    assert STOPPED in page
    assert "were past due by 31 January 2024" in page
    assert "At present no limit of this product is raised." in page


def test_a_watch_of_before_there_were_brakes_is_still_read(platform):
    outcome = watched(platform, AS_OF)
    old = outcome.model_dump(mode="json", exclude={"early", "brakes_applied", "brakes_released"})
    assert WatchDriftOutcome.model_validate(old).early is None
    assert WatchDriftOutcome.model_validate(old).brakes_applied == []


def test_a_person_lists_and_releases_a_brake(platform):
    watched(platform, ALARM)
    (brake,) = list_brakes(platform, ListBrakesRequest(as_of=ALARM)).brakes
    assert (brake.measure, brake.since, brake.owner) == ("no_increases", ALARM, "model risk")
    assert brake.expires_on == date(2025, 2, 5)
    request = ReleaseBrakeRequest(sequence=brake.sequence, reason="a late file", as_of=QUIET)
    released = release_brake(platform, request)
    assert (released.brake, released.name, released.reason) == (STOPPED, "", "a late file")
    assert [len(open_brakes(platform, day)) for day in (ALARM, QUIET)] == [1, 0]
    assert list_brakes(platform, ListBrakesRequest(as_of=QUIET)).brakes == []
    assert adjusted(platform, QUIET).actions["increase"] > 300

    before = len(platform.ledger.entries())
    assert release_brake(platform, request).recognised
    assert len(platform.ledger.entries()) == before
    again = request.model_copy(update={"reason": "once more"})
    with pytest.raises(InputError, match="does not hold on 2024-03-01"):
        release_brake(platform, again)
    with pytest.raises(InputError, match="entry 1 of the ledger applies no brake"):
        release_brake(platform, again.model_copy(update={"sequence": 1}))


def test_where_there_are_approvers_a_release_needs_the_key_of_one(lender, platform, tmp_path):
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    zhao, stranger = (make_key(tmp_path / name) for name in ("zhao.pem", "stranger.pem"))
    (file,) = (policies / "approvals").glob("*.yaml")
    people = f"people:\n  - {{name: Zhao, public_key: {zhao.public_key}, roles: [approver]}}\n"
    file.write_text(file.read_text(encoding="utf-8").replace("people: []\n", people))
    watched(platform, ALARM)
    opened = open_sample(platform.settings.var_dir, policies_dir=policies)
    opened.__dict__["registry"] = lender.registry.copy()
    (brake,) = open_brakes(opened, ALARM)
    request = ReleaseBrakeRequest(sequence=brake.entry_sequence, reason="why", as_of=QUIET)
    with pytest.raises(PolicyError, match="the key of one of Zhao"):
        release_brake(opened, request)
    with pytest.raises(PolicyError, match="nobody's who may approve"):
        release_brake(opened, request.model_copy(update={"key": tmp_path / "stranger.pem"}))
    assert len(open_brakes(opened, QUIET)) == 1
    done = release_brake(opened, request.model_copy(update={"key": tmp_path / "zhao.pem"}))
    assert done.name == "Zhao"
    kept = opened.ledger.latest(EntryKind.BRAKE_RELEASED).payload
    said = {
        "purpose": "release_brake",
        "brake": opened.ledger.entries()[brake.entry_sequence - 1].digest,
        "as_of": "2024-03-01",
        "reason": "why",
    }
    assert verifies(zhao.public_key, kept["signature"], canonical_json(said))
    assert not verifies(stranger.public_key, kept["signature"], canonical_json(said))

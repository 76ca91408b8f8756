"""A version launches in steps on a real lake, is stopped by harm, and is taken back as champion."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from credit_limits.domain.errors import GateRefused, InputError
from credit_limits.domain.periods import end_of_day
from credit_limits.launch.canary import in_canary
from credit_limits.ledger.entry import EntryKind
from monitoring.decision_drift import DecisionThresholds
from monitoring.psi import population_stability_index
from monitoring.thresholds import DriftLevel, FalseAlarms, Steps
from tests.launch_policies import CANARY, SHADOW, stepped_policies
from tests.lender_platforms import copied, lender_with_champion
from tests.promotion_samples import (
    AS_OF,
    MODEL,
    SERVICE,
    Fuse,
    Interrupted,
    open_sample,
    recalibrated,
    train_sample,
    with_fuse,
)
from tidegate.cli.summaries import exit_code_of, summary_of
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.champion import load_champion
from tidegate.operations.decided_shares import decision_drift
from tidegate.operations.history import HistoryRequest, history
from tidegate.operations.launch_status import LaunchStatusRequest, launch_status
from tidegate.operations.launch_stop import StopLaunchRequest, launch_stop
from tidegate.operations.launches import open_launch
from tidegate.operations.list_keys import ListKeysRequest, list_keys
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.promotion_outcome import require_cleared
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision
from tidegate.operations.revoke_key import RevokeKeyRequest, revoke_key
from tidegate.operations.roll_back_model import RollBackModelRequest, roll_back_model
from tidegate.operations.watch_drift import WatchDriftRequest, watch_drift
from tidegate.operations.write_report import WriteReportRequest, write_report

FEBRUARY, EARLY_MARCH, MARCH = date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31)
T = TypeVar("T")
DECISIONS = DecisionThresholds(3, 200, Steps(0.05, 0.1), FalseAlarms(0.05, 0.005), DriftLevel.ALARM)
LAUNCH = (
    EntryKind.LAUNCH_BEGUN,
    EntryKind.LAUNCH_SERVED,
    EntryKind.LAUNCH_STEPPED,
    EntryKind.LAUNCH_STOPPED,
    EntryKind.MODEL_PROMOTED,
    EntryKind.LIMITS_ADJUSTED,
)


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Version 1 is champion, 2 and 3 are registered; features of two more months are there."""
    opened = lender_with_champion(tmp_path_factory.mktemp("lender"))
    train_sample(opened, "2", rounds=90)
    train_sample(opened, "3", rounds=70)
    for day in (FEBRUARY, MARCH):
        statements(opened, day, missing=frozenset())
    for day in (FEBRUARY, EARLY_MARCH, MARCH):
        materialize_features(
            opened, MaterializeFeaturesRequest(as_of=day, feature_service=SERVICE, history_months=1)
        )
    return opened


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stepped_policies(tmp_path_factory.mktemp("stepped"), [SHADOW, CANARY])


@pytest.fixture
def platform(lender: Platform, policies: Path, tmp_path: Path) -> Platform:
    return copied(lender, tmp_path, policies)


@pytest.fixture(scope="module")
def in_shadow(lender: Platform, policies: Path, tmp_path_factory) -> Platform:
    """Version 2 launches since January, and has served January's cycle.

    Killed after its intention was recorded and while the launch began, and started again.
    """
    opened = copied(lender, tmp_path_factory.mktemp("shadow"), policies)
    killed_and_again(opened, 4, lambda: promoted(opened))
    adjusted(opened, AS_OF)
    return opened


@pytest.fixture
def shadowed(in_shadow: Platform, policies: Path, tmp_path: Path) -> Platform:
    return copied(in_shadow, tmp_path, policies)


@pytest.fixture(scope="module")
def with_canary(in_shadow: Platform, policies: Path, tmp_path_factory) -> Platform:
    """Version 2 is in canary and has served February's cycle.

    Killed between the two batches and started again.
    """
    opened = copied(in_shadow, tmp_path_factory.mktemp("canary"), policies)
    killed_and_again(opened, 4, lambda: adjusted(opened, FEBRUARY))
    return opened


@pytest.fixture
def canaried(with_canary: Platform, policies: Path, tmp_path: Path) -> Platform:
    return copied(with_canary, tmp_path / "canary", policies)


def killed_and_again(platform: Platform, writes: int, call: Callable[[], T]) -> T:
    """Interrupt a call at a write, and carry it out again."""
    with_fuse(platform, Fuse(at=writes))
    with pytest.raises(Interrupted):
        call()
    with_fuse(platform, Fuse())
    return call()


def statements(platform: Platform, day: date, missing: frozenset[str], *, late: int = 0) -> None:
    """Statements of a month like those of two months before; ``missing`` have missed a payment."""
    known = platform.lake.read("statements").to_pandas()
    months = dict(iter(known.groupby("event_timestamp")))
    rows = months[sorted(months)[-3]].drop(columns="batch_id").copy()
    hit = rows["account_id"].isin(missing)
    rows.loc[hit, "days_past_due"] = 30
    at = end_of_day(day).replace(hour=12, microsecond=0)
    rows = rows.assign(event_timestamp=at, created_timestamp=at + pd.Timedelta(hours=late))
    table = pa.Table.from_pandas(rows, preserve_index=False)
    stamp = pa.timestamp("us", "UTC")
    for name in ("event_timestamp", "created_timestamp"):
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].cast(stamp))
    platform.lake.append("statements", table, f"statements-{day}-{len(missing)}-{late}")


def promoted(platform: Platform, version: str = "2", as_of: date = AS_OF):
    return promote_model(platform, PromoteModelRequest(version=version, as_of=as_of))


def adjusted(platform: Platform, day: date):
    return adjust_limits(platform, AdjustLimitsRequest(as_of=day))


def told(platform: Platform) -> list[str]:
    """Kinds of entries about launches, champions and decisions after the first champion."""
    entries = [e.kind for e in platform.ledger.entries() if e.kind in LAUNCH]
    return [kind.value for kind in entries[1:]]


def champion(platform: Platform) -> str:
    return load_champion(platform, MODEL).version


def test_a_cleared_version_launches_in_shadow_and_the_champion_stays(in_shadow):
    outcome = promoted(in_shadow)
    assert (outcome.cleared, outcome.step, outcome.is_champion) == (True, "shadow", False)
    assert outcome.recognised
    assert champion(in_shadow) == "1"
    assert in_shadow.registry.aliases | {"challenger": "3"} == {
        "champion": "1",
        "launching": "2",
        "challenger": "3",
    }
    assert in_shadow.registry.tags["2"]["launch"] == "shadow"
    assert told(in_shadow) == ["launch_begun", "limits_adjusted", "launch_served"]


def test_a_shadow_decides_the_same_rows_where_nothing_reads_them(in_shadow):
    outcome = adjusted(in_shadow, AS_OF)
    served = outcome.launch
    assert outcome.model_version == "1"
    assert outcome.batch_ids == (outcome.batch_id,)
    effective = in_shadow.lake.read("decisions")
    assert set(effective["model_version"].to_pylist()) == {"1"}
    shadow = in_shadow.lake.read("shadow_decisions")
    assert set(shadow["model_version"].to_pylist()) == {"2"}
    assert set(shadow["account_id"].to_pylist()) == set(effective["account_id"].to_pylist())
    assert (served.parity.accounts, served.parity.same_state) == (3000, 3000)
    assert (served.parity.only_champion, served.parity.only_launching) == (0, 0)
    assert "shadow_decisions" not in outcome.data_versions


def test_the_swap_set_is_what_the_two_tables_say(in_shadow):
    swap = {row.name: row for row in adjusted(in_shadow, AS_OF).launch.swap_set}
    with in_shadow.lake.connect(tables=["decisions", "shadow_decisions"]) as lake:
        raised, cut, limit, profit = lake.execute(
            "SELECT count(*) FILTER (s.to_minor > s.from_minor AND d.to_minor <= d.from_minor), "
            "count(*) FILTER (d.to_minor < d.from_minor AND s.to_minor >= s.from_minor), "
            "sum(s.to_minor - d.to_minor), "
            "sum(s.expected_profit_minor - d.expected_profit_minor) "
            "FROM decisions d JOIN shadow_decisions s USING (account_id)"
        ).fetchone()
    everyone = swap["all accounts"]
    assert everyone.raised_by_launching == raised > 0
    assert everyone.cut_by_champion == cut
    assert everyone.limit_minor == limit
    assert everyone.expected_profit_minor == pytest.approx(profit, abs=3000)
    products = [row for name, row in swap.items() if name.startswith("product")]
    grades = [row for name, row in swap.items() if name.startswith("grade")]
    for groups in (products, grades):
        assert sum(row.accounts for row in groups) == everyone.accounts == 3000
        assert sum(row.raised_by_launching for row in groups) == raised


def test_the_same_cycle_again_advances_nothing_twice(in_shadow):
    before = in_shadow.ledger.entries()
    assert len(in_shadow.ledger.entries(EntryKind.PROMOTION_INTENDED)) == 2
    again = adjusted(in_shadow, AS_OF)
    assert again.recognised
    assert again.launch.step == "shadow"
    assert in_shadow.ledger.entries() == before


def test_a_cycle_cut_short_between_its_two_batches_is_the_same_cycle(with_canary):
    assert told(with_canary) == [
        *("launch_begun", "limits_adjusted", "launch_served", "launch_stepped"),
        *("limits_adjusted", "limits_adjusted", "launch_served"),
    ]
    rows = with_canary.lake.read("decisions").to_pandas()
    assert rows.groupby("as_of")["account_id"].agg(["size", "nunique"]).eq(3000).all(axis=None)


def test_a_canary_decides_its_share_in_a_batch_of_its_own(with_canary):
    outcome = adjusted(with_canary, FEBRUARY)
    served, launch = outcome.launch, open_launch(with_canary, MODEL)
    assert (served.step, launch.step) == ("canary", "canary")
    assert outcome.batch_ids == (served.batch_id, outcome.batch_id)
    canary = with_canary.lake.read("decisions", batch_id=served.batch_id)
    control = with_canary.lake.read("decisions", batch_id=outcome.batch_id)
    assert set(canary["model_version"].to_pylist()) == {"2"}
    assert set(control["model_version"].to_pylist()) == {"1"}
    accounts = canary["account_id"].to_pylist()
    assert in_canary(accounts, launch.key, CANARY["share"]).all()
    assert not in_canary(control["account_id"].to_pylist(), launch.key, CANARY["share"]).any()
    assert 0.25 < len(accounts) / 3000 < 0.35
    assert canary.num_rows + control.num_rows == 3000
    assert champion(with_canary) == "1"


def test_a_shadow_sends_nobody_anything_and_a_canary_its_own_accounts(in_shadow, with_canary):
    def sent(platform, batch):
        rows = platform.lake.read("outbox")
        return set(rows.filter(pc.equal(rows["decisions_batch"], batch))["decision_id"].to_pylist())

    effective = set(in_shadow.lake.read("decisions")["decision_id"].to_pylist())
    shadow = set(in_shadow.lake.read("shadow_decisions")["decision_id"].to_pylist())
    assert set(in_shadow.lake.read("outbox")["decision_id"].to_pylist()) <= effective - shadow

    outcome = adjusted(with_canary, FEBRUARY)
    written = with_canary.ledger.entries(EntryKind.OUTBOX_WRITTEN)
    assert [entry.payload["batch_id"] for entry in written[1:]] == list(outcome.batch_ids)
    assert sum(row.count for row in outcome.due) == sum(
        sum(entry.payload["notices"].values()) for entry in written[1:]
    )
    for batch in outcome.batch_ids:
        decided = with_canary.lake.read("decisions", batch_id=batch)["decision_id"].to_pylist()
        assert 0 < len(sent(with_canary, batch)) <= len(decided)
        assert sent(with_canary, batch) <= set(decided)


def test_both_batches_of_a_canary_replay_and_are_in_the_ledger(with_canary):
    outcome = adjusted(with_canary, FEBRUARY)
    for batch in outcome.batch_ids:
        replayed = replay_decision(with_canary, ReplayDecisionRequest(batch=batch))
        assert replayed.all_identical, replayed.differences
    kept = [e.payload["batch_id"] for e in with_canary.ledger.entries(EntryKind.LIMITS_ADJUSTED)]
    assert tuple(kept[-2:]) == outcome.batch_ids


def test_after_a_canary_without_harm_the_alias_moves_and_all_is_decided_by_it(canaried):
    """Killed after the alias has moved and before the ledger says so, and started again."""
    outcome = killed_and_again(canaried, 6, lambda: adjusted(canaried, MARCH))
    assert (outcome.model_version, outcome.decisions, outcome.launch) == ("2", 3000, None)
    assert champion(canaried) == "2"
    assert canaried.registry.aliases["champion"] == "2"
    assert "launching" not in canaried.registry.aliases
    assert canaried.registry.tags["2"]["launch"] == "full"
    assert told(canaried)[-3:] == ["launch_stepped", "model_promoted", "limits_adjusted"]
    stepped = canaried.ledger.latest(EntryKind.LAUNCH_STEPPED).payload
    assert stepped["step"] == "full"
    assert 600 < stepped["figures"]["known"] < 1000
    assert stepped["figures"]["evidence"] < 1.0
    assert "no harm found" in stepped["reason"]


def harmed(platform: Platform) -> Platform:
    """A third of the canary's accounts miss the payment of March."""
    launch = open_launch(platform, MODEL)
    accounts = np.array(platform.feature_store.accounts_at(MARCH)["account_id"])
    canary = accounts[in_canary(accounts.tolist(), launch.key, CANARY["share"])]
    statements(platform, MARCH, frozenset(canary[::3]), late=1)
    return platform


def test_harm_stops_the_launch_and_the_champion_stays(canaried):
    outcome = adjusted(harmed(canaried), MARCH)
    assert (outcome.model_version, outcome.decisions, outcome.launch) == ("1", 3000, None)
    assert champion(canaried) == "1"
    stopped = canaried.ledger.latest(EntryKind.LAUNCH_STOPPED).payload
    assert (stopped["cause"], stopped["step"]) == ("harm", "canary")
    assert stopped["figures"]["evidence"] > stopped["figures"]["needed"] == 20.0
    (misses, _) = stopped["figures"]["streams"]
    assert misses["canary_bad"] / misses["canary"] > 0.25 > misses["control_bad"] / 2000
    assert "harm found" in stopped["reason"]
    assert "launching" not in canaried.registry.aliases
    assert canaried.registry.tags["2"]["launch"] == "stopped"
    with pytest.raises(GateRefused, match="stopped in canary on 2024-03-31: harm found"):
        promoted(canaried, as_of=MARCH)


def test_a_canary_of_which_nothing_is_known_yet_waits(canaried):
    """The next cycle comes before the payments of the last."""
    outcome = adjusted(canaried, EARLY_MARCH)
    assert outcome.launch.step == "canary"
    assert champion(canaried) == "1"


def test_a_newer_version_replaces_one_in_shadow_and_waits_for_one_in_canary(shadowed, canaried):
    assert promoted(shadowed, "3", FEBRUARY).step == "shadow"
    assert shadowed.registry.aliases["launching"] == "3"
    stopped = shadowed.ledger.latest(EntryKind.LAUNCH_STOPPED).payload
    assert (stopped["version"], stopped["cause"]) == ("2", "replaced")
    assert adjusted(shadowed, FEBRUARY).launch.version == "3"

    before = canaried.ledger.entries()
    waits = promoted(canaried, "3", MARCH)
    assert (waits.cleared, waits.is_champion) == (False, False)
    assert waits.waits_for.startswith("version 2, in canary since 2024-02-29")
    assert require_cleared(waits) == waits  # the limits of the day are decided all the same
    assert "it waits for version 2" in summary_of("promote_model", waits)[0]
    assert exit_code_of(waits) == 0
    assert canaried.ledger.entries() == before


@pytest.mark.parametrize("change", ["artefact", "champion"])
def test_a_version_whose_ground_is_gone_decides_nothing(shadowed, change):
    if change == "artefact":
        stored = shadowed.registry.versions["2"]
        spoiled = replace(stored, model=recalibrated(stored.model, slope=3.0))
        shadowed.registry.versions["2"] = spoiled
    else:
        (key,) = {row.key_id for row in list_keys(shadowed, ListKeysRequest()).keys}
        revoke_key(shadowed, RevokeKeyRequest(key_id=key, reason="stolen"))
        roll_back_model(shadowed, RollBackModelRequest(version="1", reason="signed anew"))
    outcome = adjusted(shadowed, FEBRUARY)
    assert (outcome.model_version, outcome.decisions, outcome.launch) == ("1", 3000, None)
    cause = shadowed.ledger.latest(EntryKind.LAUNCH_STOPPED).payload["cause"]
    assert (
        cause
        == {
            "artefact": "certificate does not verify",
            "champion": "champion changed",
        }[change]
    )


def test_aliases_moved_by_hand_change_nothing(shadowed):
    shadowed.registry.aliases["launching"] = "3"
    shadowed.registry.tags["3"] = {"launch": "full"}
    outcome = adjusted(shadowed, FEBRUARY)
    assert outcome.launch.version == "2"
    assert champion(shadowed) == "1"


def test_the_status_says_where_the_version_is_and_what_comes_next(in_shadow, with_canary):
    shadow = launch_status(in_shadow, LaunchStatusRequest(as_of=AS_OF))
    assert (shadow.champion, shadow.version, shadow.step) == ("1", "2", "shadow")
    assert [(row.step, row.served, row.now) for row in shadow.steps] == [
        ("shadow", 1, True),
        ("canary", 0, False),
    ]
    assert shadow.next == "the next cycle begins with the step canary"
    text = "\n".join(summary_of("launch_status", shadow))
    assert "version 2 launches, in shadow since 2024-01-31" in text
    assert "3,000 accounts decided by both, 0 by one of them" in text

    waits = launch_status(with_canary, LaunchStatusRequest(as_of=FEBRUARY))
    assert (waits.step, waits.since, waits.steps[1].served) == ("canary", FEBRUARY, 1)
    assert waits.next == "it waits for the next payment of 100 canary accounts; that of 0 is known"
    known = launch_status(with_canary, LaunchStatusRequest(as_of=MARCH))
    assert known.next == "the next cycle begins with the step full"
    assert known.harm.known > 600
    assert "first missed payments" in "\n".join(summary_of("launch_status", known))


def test_the_history_of_a_day_has_the_step_of_that_day(with_canary):
    steps = {
        day: [(s.version, s.step) for s in history(with_canary, HistoryRequest(on=day)).steps]
        for day in (date(2024, 1, 1), AS_OF, FEBRUARY, MARCH)
    }
    assert steps == {
        date(2024, 1, 1): [],
        AS_OF: [("2", "shadow")],
        FEBRUARY: [("2", "canary")],
        MARCH: [("2", "canary")],
    }
    outcome = history(with_canary, HistoryRequest(on=FEBRUARY))
    assert {batch.version for batch in outcome.batches} == {"1", "2"}
    assert any("1 cycles served in shadow" in line for line in summary_of("history", outcome))


def test_a_person_stops_a_launch_once(shadowed):
    request = StopLaunchRequest(reason="not before the holidays")
    stopped = launch_stop(shadowed, request)
    assert (stopped.version, stopped.step) == ("2", "shadow")
    before = shadowed.ledger.entries()
    assert launch_stop(shadowed, request).recognised
    assert shadowed.ledger.entries() == before
    assert adjusted(shadowed, FEBRUARY).launch is None
    with pytest.raises(InputError, match="no version of default_risk launches"):
        launch_stop(shadowed, StopLaunchRequest(reason="again"))
    with pytest.raises(GateRefused, match=r"was stopped on .*: not before the holidays"):
        promoted(shadowed)
    status = launch_status(shadowed, LaunchStatusRequest())
    assert status.version is None
    assert "not before the holidays" in "\n".join(summary_of("launch_status", status))


@pytest.fixture(scope="module")
def bad_ends(lender: Platform, tmp_path_factory) -> Platform:
    """Versions 1 and 2 decided on January, 2 is champion, and most of it defaulted."""
    opened = copied(lender, tmp_path_factory.mktemp("bad"))
    adjusted(opened, AS_OF)
    assert promoted(opened).is_champion
    batch = adjusted(opened, AS_OF).batch_id
    decided = opened.lake.read("decisions", batch_id=batch).to_pandas()
    worst = set(decided.nlargest(2_000, "default_probability")["account_id"])
    event, known = end_of_day(AS_OF), end_of_day(FEBRUARY)
    like = opened.lake.read("outcomes").schema
    rows = pd.DataFrame(
        {
            "account_id": decided["account_id"],
            "defaulted": decided["account_id"].isin(worst),
            "event_timestamp": event,
            "known_at": known,
            "created_timestamp": known,
        }
    )
    names = [name for name in like.names if name in rows]
    schema = pa.schema([like.field(name) for name in names])
    table = pa.Table.from_pandas(rows[names], schema=schema, preserve_index=False)
    opened.lake.append("outcomes", table, "outcomes-january")
    return opened


def watched(platform: Platform, day: date):
    return watch_drift(platform, WatchDriftRequest(as_of=day, page=False))


def watch_kinds(platform: Platform) -> list[str]:
    told = ("brake_applied", "drift_watched", "model_rolled_back")
    return [e.kind.value for e in platform.ledger.entries() if e.kind.value in told]


def test_a_champion_whose_decisions_broke_their_bounds_is_taken_back(bad_ends, tmp_path):
    """Killed between the watch's entry and the roll-back, started again; never back and forth."""
    lender = copied(bad_ends, tmp_path)
    outcome = killed_and_again(lender, 2, lambda: watched(lender, EARLY_MARCH))
    assert (outcome.level, outcome.matured.level) == ("alarm", "alarm")
    assert (outcome.taken_back.from_version, outcome.taken_back.to_version) == ("2", "1")
    assert outcome.brakes_applied != []
    assert watch_kinds(lender) == ["brake_applied", "drift_watched", "model_rolled_back"]
    back = lender.ledger.latest(EntryKind.MODEL_ROLLED_BACK).payload
    assert back["reason"].startswith("watch of 2024-03-01: matured decisions of this version: 2,0")
    assert "were expected" in back["reason"]
    assert champion(lender) == "1"
    assert watched(lender, EARLY_MARCH).recognised
    assert len(watch_kinds(lender)) == 3
    assert "version 2 is taken back: version 1 is champion again" in "\n".join(
        summary_of("watch_drift", outcome)
    )

    again = watched(lender, MARCH)  # what version 1 decided on January ended as badly
    assert again.matured.level == "alarm"
    assert again.taken_back.to_version is None
    assert "no other certified version is left" in again.taken_back.reason
    assert champion(lender) == "1"
    assert len(lender.ledger.entries(EntryKind.MODEL_ROLLED_BACK)) == 1


def test_a_roll_back_killed_before_its_alias_is_finished(bad_ends, tmp_path):
    lender = copied(bad_ends, tmp_path)
    killed_and_again(lender, 3, lambda: watched(lender, EARLY_MARCH))
    assert champion(lender) == "1"
    assert watch_kinds(lender) == ["brake_applied", "drift_watched", "model_rolled_back"]


@pytest.mark.parametrize(
    "roll_back", [{"verdicts": {"matured": 0, "early": 0}}, {"months_after_promotion": 1}]
)
def test_the_policy_says_whether_and_for_how_long(bad_ends, tmp_path, roll_back):
    policies = stepped_policies(tmp_path, [], **roll_back)
    lender = copied(bad_ends, tmp_path / "lender", policies)
    outcome = watched(lender, EARLY_MARCH)
    assert (outcome.level, outcome.taken_back) == ("alarm", None)
    assert champion(lender) == "2"
    assert outcome.brakes_applied != []


def page_of(platform: Platform, folder: Path, day: date) -> str:
    """The cycle's page; the sample's batch was accepted without the figures that it tells of."""
    told = open_sample(platform.settings.var_dir, control_db_url=f"sqlite:///{folder / 'told.db'}")
    for entry in platform.ledger.entries():
        if entry.kind is not EntryKind.BATCH_ACCEPTED:
            told.ledger.append(entry.kind, entry.actor, dict(entry.payload), key=entry.key)
    return Path(write_report(told, WriteReportRequest(as_of=day)).path).read_text("utf-8")


def test_the_page_of_a_cycle_shows_parity_and_swap_set(shadowed, tmp_path):
    page = page_of(shadowed, tmp_path, AS_OF)
    assert "version 2, shadow" in page
    assert "3,000 accounts were decided by both and 0 by one of the two" in page
    assert "Swap set: version 2 instead of the champion" in page
    assert "Product cash_loan" in page or "Product cash loan" in page


def test_the_page_shows_what_became_of_decisions_and_who_was_taken_back(bad_ends, tmp_path):
    lender = copied(bad_ends, tmp_path)
    watched(lender, EARLY_MARCH)
    adjusted(lender, EARLY_MARCH)
    page = page_of(lender, tmp_path, EARLY_MARCH)
    assert "Decisions whose outcome is known" in page
    assert "Version 2 was taken back: version 1 is champion again." in page


def test_decisions_are_held_against_those_of_the_months_before(with_canary):
    """January is the first day of decisions; by March February is held against it."""
    early, late = (decision_drift(with_canary, day, DECISIONS) for day in (FEBRUARY, MARCH))
    assert (early.day, early.shifts) == (None, ())
    assert (late.day, late.reference) == (FEBRUARY, (AS_OF,))
    whole = late.shifts[0]
    assert (whole.group, whole.measure) == ("all accounts", "actions")
    assert (whole.accounts_then, whole.accounts_now) == (3000, 3000)
    groups = {row.group for row in late.shifts}
    assert {"product cash_loan", "product pay_later"} < groups
    assert any(group.startswith("grade") for group in groups)
    with with_canary.lake.connect(tables=["decisions"]) as lake:
        counted = lake.execute(
            "SELECT count(*) FILTER (as_of = $then), count(*) FILTER (as_of = $now) "
            "FROM decisions GROUP BY action",
            {"then": AS_OF, "now": FEBRUARY},
        ).fetchall()
    then, now = zip(*counted, strict=True)
    assert whole.psi == pytest.approx(population_stability_index(then, now))
    levels = ["none", "notice", "alarm"]
    assert late.level == max((row.level for row in late.shifts), key=levels.index)

"""The watch on a real lake: its verdict, its page, its place in the ledger."""

from datetime import date
from pathlib import Path

import pytest

from credit_limits.domain.errors import DataMissing, ModelError, NoCertifiedChampion
from credit_limits.domain.features import service_named
from credit_limits.ledger.entry import EntryKind
from monitoring.reference import build_reference
from tests.promotion_samples import (
    ACCOUNTS,
    AS_OF,
    SERVICE,
    ingest_sample,
    open_sample,
    train_sample,
)
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.watch_drift import WatchDriftRequest, watch_drift
from tidegate.operations.watch_outcome import WatchDriftOutcome


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Version 1 is champion."""
    opened = open_sample(tmp_path_factory.mktemp("lender"))
    ingest_sample(opened)
    train_sample(opened, "1")
    assert promote_model(opened, PromoteModelRequest()).cleared
    return opened


@pytest.fixture(scope="module")
def watched(platform: Platform) -> WatchDriftOutcome:
    return watch_drift(platform, WatchDriftRequest())


def drift_entries(platform: Platform) -> int:
    return len(platform.ledger.entries(EntryKind.DRIFT_WATCHED))


def test_a_calm_month_is_no_drift(watched):
    assert (watched.level, watched.finding, watched.rows) == ("none", "", ACCOUNTS)
    assert [column.name for column in watched.columns] == [
        "score",
        *service_named(SERVICE).feature_names,
    ]
    assert (watched.as_of, watched.model_version) == (AS_OF, "1")
    assert watched.thresholds_version == "monitoring/2005-01-01"


def test_the_page_is_under_the_reports(platform, watched):
    path = Path(watched.report)
    assert path.parent == platform.settings.reports_dir / "drift"
    page = path.read_text(encoding="utf-8")
    by_index = sorted(watched.columns, key=lambda column: -(column.psi or 0.0))
    shown = [column.name for column in by_index if f'"{column.name}"' in page]
    assert "score" in shown
    assert len(shown) in (20, 21)  # the score beside the twenty that moved most, or among them
    assert {column.name for column in by_index[:20]} <= set(shown)


def test_the_watch_is_in_the_ledger_and_again_is_recognised(platform, watched):
    entry = platform.ledger.latest(EntryKind.DRIFT_WATCHED)
    assert entry is not None
    assert entry.payload == watched.model_dump(mode="json")
    before = drift_entries(platform)
    again = watch_drift(platform, WatchDriftRequest(as_of=AS_OF))
    assert again == watched.model_copy(update={"recognised": True})
    assert drift_entries(platform) == before


@pytest.fixture
def elsewhere(platform: Platform, tmp_path: Path) -> Platform:
    """The same champion, and a ledger that has not seen the watch."""
    opened = open_sample(
        platform.settings.var_dir, control_db_url=f"sqlite:///{tmp_path / 'control.db'}"
    )
    opened.__dict__["registry"] = platform.registry.copy()
    opened.__dict__["feature_store"] = platform.feature_store
    for entry in platform.ledger.entries():
        if entry.kind is not EntryKind.DRIFT_WATCHED:
            opened.ledger.append(entry.kind, entry.actor, dict(entry.payload), key=entry.key)
    return opened


def with_another_reference(platform: Platform) -> None:
    """The champion learnt from a portfolio in which the score and the limits were others."""
    frame = platform.feature_store.historical(
        platform.feature_store.accounts_at(AS_OF).assign(as_of=AS_OF), SERVICE
    )
    names = list(service_named(SERVICE).feature_names)
    other = frame.assign(score=0.5, limit_minor=frame["limit_minor"] / 100)
    reference = build_reference(other, ["score", *names]).to_json()
    platform.registry.files["1", "reference.json"] = reference.encode()


def test_a_portfolio_unlike_the_reference_is_an_alarm_that_names_its_columns(elsewhere):
    with_another_reference(elsewhere)
    outcome = watch_drift(elsewhere, WatchDriftRequest(page=False))
    assert outcome.level == "alarm"
    moved = {column.name: column for column in outcome.columns if column.measured == "alarm"}
    assert {name: column.level for name, column in moved.items()} == {
        "score": "alarm",
        "limit_minor": "notice",
    }
    assert max(column.p_corrected for column in moved.values()) < 1e-6
    assert "limit_minor: PSI" in outcome.finding
    assert "in 1 of the last 3 watches; 2 are an alarm" in outcome.finding
    assert drift_entries(elsewhere) == 1


@pytest.mark.parametrize(
    ("certificate", "level"), [(None, "alarm"), ("of another champion", "notice")]
)
def test_an_input_that_alarms_again_under_one_champion_is_an_alarm(
    elsewhere, watched, certificate, level
):
    with_another_reference(elsewhere)
    before = [
        column.model_copy(update={"measured": "alarm"} if column.name == "limit_minor" else {})
        for column in watched.columns
    ]
    held = {"certificate_digest": certificate} if certificate else {}
    earlier = watched.model_copy(update={"as_of": date(2023, 12, 31), "columns": before} | held)
    elsewhere.ledger.append(
        EntryKind.DRIFT_WATCHED, "tester", earlier.model_dump(mode="json"), key="earlier"
    )
    outcome = watch_drift(elsewhere, WatchDriftRequest(page=False))
    (limit,) = [column for column in outcome.columns if column.name == "limit_minor"]
    assert limit.level == level


def test_without_a_certified_champion_nothing_is_watched(elsewhere):
    elsewhere.registry.aliases["champion"] = "2"
    with pytest.raises(NoCertifiedChampion, match="last certified champion is version 1"):
        watch_drift(elsewhere, WatchDriftRequest())


def test_without_features_of_the_day_there_is_nothing_to_watch(elsewhere):
    with pytest.raises(DataMissing, match="not computed for 2024-06-30"):
        watch_drift(elsewhere, WatchDriftRequest(as_of="2024-06-30"))


@pytest.mark.parametrize("content", [b"{}", b"rubbish"])
def test_without_a_reference_there_is_nothing_to_hold_against(elsewhere, content):
    elsewhere.registry.files["1", "reference.json"] = content
    with pytest.raises(ModelError, match=r"reference\.json of version 1"):
        watch_drift(elsewhere, WatchDriftRequest())
    assert drift_entries(elsewhere) == 0

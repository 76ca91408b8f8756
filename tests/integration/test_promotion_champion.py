"""The champion is who the ledger says, on the artefact that was certified, or there is none."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from credit_limits.domain.errors import LedgerBroken, NoCertifiedChampion
from tests.promotion_samples import (
    MODEL,
    Fuse,
    Interrupted,
    accept_sample,
    ingest_sample,
    open_sample,
    recalibrated,
    train_sample,
    with_fuse,
)
from tidegate.operations.champion import load_champion, standing_champion
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.roll_back_model import RollBackModelRequest, roll_back_model
from tidegate.operations.watch_registry import WatchRegistryRequest, watch_registry


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Versions 1 and 2 registered, no champion."""
    opened = open_sample(tmp_path_factory.mktemp("lender"))
    ingest_sample(opened)
    train_sample(opened, "1")
    train_sample(opened, "2", rounds=90)
    return opened


@pytest.fixture(scope="module")
def promoted(lender: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Versions 1 and 2 both promoted; 2 is champion."""
    opened = copied(lender, None, tmp_path_factory.mktemp("promoted"))
    accept_sample(opened)
    for version in ("1", "2"):
        assert promote_model(opened, PromoteModelRequest(version=version)).cleared
    return opened


def copied(original: Platform, ledger: Path | None, folder: Path) -> Platform:
    """The same lender with a ledger and a registry of its own."""
    if ledger is not None:
        shutil.copy(ledger, folder / "control.db")
    opened = open_sample(
        original.settings.var_dir, control_db_url=f"sqlite:///{folder / 'control.db'}"
    )
    opened.__dict__["registry"] = original.registry.copy()
    opened.__dict__["feature_store"] = original.feature_store
    return opened


@pytest.fixture
def fresh(lender: Platform, tmp_path: Path) -> Platform:
    opened = copied(lender, None, tmp_path)
    accept_sample(opened)
    return opened


@pytest.fixture
def platform(promoted: Platform, tmp_path: Path) -> Platform:
    ledger = Path(promoted.settings.control_db.removeprefix("sqlite:///"))
    return copied(promoted, ledger, tmp_path)


def back_to(platform: Platform, version: str):
    return roll_back_model(platform, RollBackModelRequest(version=version, reason="losses rose"))


def rolled_back(platform: Platform) -> int:
    return sum(entry.kind == "model_rolled_back" for entry in platform.ledger.entries())


def test_there_is_no_champion_before_the_first_promotion(fresh):
    assert standing_champion(fresh, MODEL) is None
    with pytest.raises(
        NoCertifiedChampion, match=r"no version ever was\. Train one and promote it"
    ):
        load_champion(fresh, MODEL)


def test_an_alias_set_by_hand_makes_no_champion(fresh):
    fresh.registry.aliases["champion"] = "1"
    with pytest.raises(NoCertifiedChampion, match="version 1, which is not certified"):
        load_champion(fresh, MODEL)


def test_an_alias_moved_by_hand_is_refused_and_names_the_last_certified(platform):
    platform.registry.aliases["champion"] = "1"  # certified once, but not the champion now
    with pytest.raises(NoCertifiedChampion, match=r"version 1, .* last certified champion .* 2"):
        load_champion(platform, MODEL)


def test_an_alias_taken_away_is_refused(platform):
    del platform.registry.aliases["champion"]
    with pytest.raises(NoCertifiedChampion, match=r"has no champion; the last certified .* 2"):
        load_champion(platform, MODEL)


@pytest.mark.parametrize("repair", ["promote", "roll back"])
def test_an_alias_moved_by_hand_is_put_back(platform, repair):
    platform.registry.aliases["champion"] = "1"
    if repair == "promote":
        assert promote_model(platform, PromoteModelRequest(version="2")).recognised
    else:
        assert back_to(platform, "2").recognised
    assert load_champion(platform, MODEL).version == "2"
    assert rolled_back(platform) == 0


def watched(platform: Platform):
    return watch_registry(platform, WatchRegistryRequest())


def alias_notes(platform: Platform) -> list[str]:
    kinds = [entry.kind.value for entry in platform.ledger.entries()]
    return [kind for kind in kinds if kind.startswith("alias")]


def test_a_watch_of_the_registry_finds_nothing_where_alias_and_ledger_agree(platform):
    outcome = watched(platform)
    assert (outcome.alias_version, outcome.certified_version, outcome.moved) == ("2", "2", [])
    assert outcome.recognised
    assert alias_notes(platform) == []


def test_a_watch_of_a_registry_without_a_champion_finds_nothing(fresh):
    outcome = watched(fresh)
    assert (outcome.alias_version, outcome.certified_version, outcome.moved) == (None, None, [])


@pytest.mark.parametrize("how", ["moved", "taken away"])
def test_an_alias_changed_by_hand_is_noted_once(platform, how):
    if how == "moved":
        platform.registry.aliases["champion"] = "1"
    else:
        del platform.registry.aliases["champion"]
    first = watched(platform)
    (moved,) = first.moved
    assert "last certified champion is version 2" in moved.finding
    assert platform.ledger.entries()[-1].sequence == moved.ledger_entry
    assert not first.recognised
    again = watched(platform)
    assert again.recognised
    assert again.moved == first.moved
    assert alias_notes(platform) == ["alias_moved"]


def test_an_alias_moved_put_back_and_moved_again_is_noted_each_time(platform):
    entries = []
    for _ in range(2):
        platform.registry.aliases["champion"] = "1"
        entries += [moved.ledger_entry for moved in watched(platform).moved]
        promote_model(platform, PromoteModelRequest(version="2"))
        restored = watched(platform)
        assert (restored.moved, restored.recognised) == ([], False)
    assert len(set(entries)) == 2
    assert alias_notes(platform) == ["alias_moved", "alias_restored"] * 2


def test_a_promotion_asked_for_is_taken_and_stays_asked_for_until_it_is_answered(platform):
    platform.registry.tags["2"]["promotion"] = "requested"
    first = watched(platform)
    assert (first.requested, first.recognised) == (["2"], False)
    assert platform.registry.tags["2"]["promotion"] == "taken"
    again = watched(platform)
    assert (again.requested, again.recognised) == (["2"], True)
    outcome = promote_model(platform, PromoteModelRequest(version="2"))
    assert platform.registry.tags["2"]["promotion"] == outcome.word
    assert watched(platform).requested == []


def test_a_watch_killed_at_any_write_ends_the_same_when_run_again(platform):
    for version in ("1", "2"):
        platform.registry.tags[version]["promotion"] = "requested"
    platform.registry.aliases["champion"] = "1"
    for at in (0, 1, 1):  # before the first tag, the second, the ledger's entry
        with_fuse(platform, Fuse(at))
        with pytest.raises(Interrupted):
            watched(platform)
    with_fuse(platform, Fuse())
    outcome = watched(platform)
    assert (outcome.requested, len(outcome.moved)) == (["1", "2"], 1)
    assert watched(platform).recognised
    assert alias_notes(platform) == ["alias_moved"]


def test_a_tag_that_means_nothing_is_left_alone_and_said(platform):
    platform.registry.tags["1"]["promotion"] = "Requested!"
    outcome = watched(platform)
    assert [(each.version, each.value) for each in outcome.unknown] == [("1", "Requested!")]
    assert (outcome.requested, outcome.recognised) == ([], True)
    assert platform.registry.tags["1"]["promotion"] == "Requested!"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda stored: {"model": recalibrated(stored.model, slope=3.0)}, "artefact_digest"),
        (lambda _: {"feature_service": "default_risk_v1"}, "feature_service"),
        (lambda _: {"version": "1"}, "version"),
    ],
)
def test_another_model_behind_the_alias_is_refused_by_field(platform, change, field):
    stored = platform.registry.versions["2"]
    platform.registry.versions["2"] = replace(stored, **change(stored))
    with pytest.raises(NoCertifiedChampion, match=f": {field} is"):
        load_champion(platform, MODEL)


def test_features_redefined_since_the_promotion_are_refused(platform):
    class Redefined:
        def schema_hash(self, service: str) -> str:
            return f"new {service}"

    platform.__dict__["feature_store"] = Redefined()
    with pytest.raises(NoCertifiedChampion, match=r"schema_hash is new .* retrain and promote"):
        load_champion(platform, MODEL)


def test_a_promotion_that_was_cut_short_says_so(fresh):
    with_fuse(fresh, Fuse(7))
    with pytest.raises(Interrupted):
        promote_model(fresh, PromoteModelRequest(version="1"))
    assert fresh.registry.aliases["champion"] == "1"
    with pytest.raises(NoCertifiedChampion, match="begun and not finished; run tidegate promote"):
        load_champion(fresh, MODEL)
    assert watched(fresh).moved == []  # under way, and moved by no hand


def test_roll_back_restores_a_certified_version_and_records_why(platform):
    outcome = back_to(platform, "1")
    assert (outcome.version, outcome.previous_champion) == ("1", "2")
    champion = load_champion(platform, MODEL)
    assert (champion.version, champion.certificate.digest) == ("1", outcome.certificate_digest)
    last = platform.ledger.entries()[-1]
    assert (last.kind, last.payload["reason"]) == ("model_rolled_back", "losses rose")


def test_roll_back_again_is_recognised(platform):
    first = back_to(platform, "1")
    assert back_to(platform, "1").recognised
    assert not first.recognised
    assert rolled_back(platform) == 1


def test_back_and_forth_is_recorded_each_time(platform):
    for version in ("1", "2", "1"):
        assert not back_to(platform, version).recognised
    assert rolled_back(platform) == 3
    assert load_champion(platform, MODEL).version == "1"


def test_a_roll_back_killed_at_any_write_ends_the_same_when_run_again(platform):
    for at in (0, 1):
        with_fuse(platform, Fuse(at))
        with pytest.raises(Interrupted):
            back_to(platform, "1")
        with_fuse(platform, Fuse())
        back_to(platform, "1")
        assert load_champion(platform, MODEL).version == "1"
        assert rolled_back(platform) == at * 2 + 1
        back_to(platform, "2")


def test_a_version_that_was_never_certified_cannot_be_rolled_back_to(platform):
    train_sample(platform, "3")
    with pytest.raises(NoCertifiedChampion, match=r"has no certificate; there are .* of 1, 2"):
        back_to(platform, "3")
    assert load_champion(platform, MODEL).version == "2"


def test_a_certificate_that_no_longer_stands_cannot_be_rolled_back_to(platform):
    stored = platform.registry.versions["1"]
    changed = replace(stored, model=recalibrated(stored.model, slope=3.0))
    platform.registry.versions["1"] = changed
    with pytest.raises(NoCertifiedChampion, match="artefact_digest"):
        back_to(platform, "1")
    assert platform.registry.aliases["champion"] == "2"


def test_a_roll_back_says_why():
    with pytest.raises(ValueError, match="at least 1 character"):
        RollBackModelRequest(version="1", reason="")


def test_an_altered_ledger_allows_no_roll_back(platform):
    with platform.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ledger_entries SET actor = 'x' WHERE sequence = 2")
    with pytest.raises(LedgerBroken, match="entry 2"):
        back_to(platform, "1")

"""The attacks of the benchmark, a few of each, and that they would notice a gate that opens."""

import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks import gate_fuzz
from benchmarks.gate_bypasses import (
    BYPASSES,
    Attack,
    _approve,
    _judge,
    _loose,
)
from benchmarks.gate_fuzz import ALL_BYPASSES
from benchmarks.gate_installation import (
    HandClock,
    Installation,
    attacked,
    make_people,
    write_thresholds,
)
from benchmarks.gate_override_bypasses import refuse, sign
from credit_limits.domain.errors import NoCertifiedChampion
from tests.gate_samples import DAY, good_evidence, thresholds
from tests.launch_policies import stepped_policies
from tests.promotion_samples import MemoryRegistry, ingest_sample, open_sample, train_sample
from tidegate.operations.champion import load_champion
from tidegate.operations.promote_model import PromoteModelRequest, promote_model


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Version 1 is champion of the small lender, version 2 is refused."""
    folder = tmp_path_factory.mktemp("lender")
    policies = stepped_policies(folder, [])
    keys = make_people(policies, folder / "people")
    opened = open_sample(folder / "var", policies_dir=policies)
    opened.__dict__["clock"] = HandClock(datetime.fromisoformat("2024-02-01T12:00:00+00:00"))
    ingest_sample(opened)
    train_sample(opened, "1")
    train_sample(opened, "2", rounds=90)
    assert promote_model(opened, PromoteModelRequest(version="1")).cleared
    return attacked(opened, keys)


@pytest.mark.parametrize("kind", ALL_BYPASSES)
def test_no_attack_moves_anything(installation, tmp_path, kind):
    (found,) = gate_fuzz.attack(
        installation, tmp_path, tries=1, seed=11, bypasses={kind: ALL_BYPASSES[kind]}, whole=False
    )
    assert (found.tried, found.moved, found.crashed) == (1, 0, 0)


def attack_on(installation: Installation, folder: Path) -> Attack:
    return Attack(installation, installation.copy(folder / "copy"), random.Random(1))


def test_two_who_may_would_open_it_and_it_is_noticed(installation, tmp_path):
    attack = attack_on(installation, tmp_path)
    write_thresholds(attack.platform, installation.strict_from, _loose(attack))
    _judge(attack)
    _approve(attack, "Li")
    assert not gate_fuzz._moved(attack, whole=False)
    _approve(attack, "Zhao")
    assert gate_fuzz._moved(attack, whole=False)


def test_two_who_may_would_override_it_and_it_is_noticed(installation, tmp_path):
    attack = attack_on(installation, tmp_path)
    refuse(attack)
    sign(attack, "Li")
    assert not gate_fuzz._moved(attack, whole=False)
    sign(attack, "Zhao")
    assert gate_fuzz._moved(attack, whole=False)


def test_another_model_handed_out_is_noticed(installation, tmp_path):
    attack = attack_on(installation, tmp_path)
    other = replace(installation, artefact_digest="0" * 64)
    assert load_champion(attack.platform, "default_risk").version == "1"
    assert gate_fuzz._another_champion(replace(attack, installation=other))


def test_an_attack_leaves_the_next_one_the_same_alias(installation, tmp_path):
    registry = installation.platform.registry
    assert isinstance(registry, MemoryRegistry)
    attack = attack_on(installation, tmp_path)
    BYPASSES["hand-moved alias"](attack)
    with pytest.raises(NoCertifiedChampion):
        load_champion(attack.platform, "default_risk")
    installation.heal()
    assert load_champion(attack.platform, "default_risk").version == "1"


def test_spoiled_evidence_is_never_cleared_and_crashes_no_check():
    found = gate_fuzz.fuzz_evidence(good_evidence(), thresholds(), DAY, tries=60, seed=3)
    assert sum(each.tried for each in found) == 60
    assert {(each.moved, each.crashed) for each in found} == {(0, 0)}


def test_evidence_that_does_not_clear_shows_nothing():
    refused = replace(good_evidence(), performance=None)
    with pytest.raises(ValueError, match="does not clear before"):
        gate_fuzz.fuzz_evidence(refused, thresholds(), DAY, tries=1, seed=3)


@pytest.mark.parametrize(("moved", "crashed", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_the_benchmark_fails_where_anything_moved_or_crashed(capsys, moved, crashed, code):
    found = [gate_fuzz.Tried("settings", 10, moved, crashed)]
    assert gate_fuzz._show(found, 1.0, as_json=False) == code
    assert f"limits or champions moved: {moved}" in capsys.readouterr().out

"""Promotion on a real lake and real features: what clears, and everything that must not."""

import json
import shutil
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from credit_limits.domain.digest import canonical_json, digest_bytes
from credit_limits.domain.errors import GateRefused, LedgerBroken, ModelError, PolicyError
from credit_limits.domain.limit_response import (
    BALANCE_KEY,
    RESPONSE_FILE,
    RESPONSE_TAG,
    read_limit_response,
)
from credit_limits.gates.evidence import Evidence
from credit_limits.gates.verdict import judge
from credit_limits.ledger.entry import EntryKind
from monitoring.reference import build_reference
from tests.gate_samples import good_evidence, thresholds
from tests.promotion_samples import (
    ACCOUNTS,
    AS_OF,
    MODEL,
    ROOT,
    Fuse,
    Interrupted,
    accept_sample,
    ingest_sample,
    open_sample,
    recalibrated,
    train_sample,
    with_fuse,
)
from tests.response_samples import drawn_changes
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import load_champion, standing_champion
from tidegate.operations.limit_response_evidence import limit_response_evidence
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.promotion_evidence import gather_evidence
from tidegate.operations.promotion_outcome import PromoteModelOutcome, require_cleared


@pytest.fixture(scope="module")
def lender(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Versions 1 and 2 registered."""
    opened = open_sample(tmp_path_factory.mktemp("lender"))
    ingest_sample(opened)
    train_sample(opened, "1")
    train_sample(opened, "2", rounds=90)
    opened.registry.aliases.clear()
    return opened


def reopened(lender: Platform, control_db: Path, **settings: Path) -> Platform:
    """The same lender with a registry of its own, and with this ledger."""
    opened = open_sample(
        **{"var_dir": lender.settings.var_dir, **settings},
        control_db_url=f"sqlite:///{control_db}",
    )
    opened.__dict__["registry"] = lender.registry.copy()
    opened.__dict__["feature_store"] = lender.feature_store
    return opened


@pytest.fixture
def platform(lender: Platform, tmp_path: Path) -> Platform:
    """No champion yet."""
    opened = reopened(lender, tmp_path / "control.db")
    accept_sample(opened)
    return opened


@pytest.fixture(scope="module")
def with_champion(lender: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    opened = reopened(lender, tmp_path_factory.mktemp("champion") / "control.db")
    accept_sample(opened)
    assert promote(opened, "1").cleared
    return opened


@pytest.fixture
def led(with_champion: Platform, tmp_path: Path) -> Platform:
    """Version 1 is champion."""
    shutil.copy(control_db(with_champion), tmp_path / "led.db")
    return reopened(with_champion, tmp_path / "led.db")


def control_db(platform: Platform) -> Path:
    return Path(platform.settings.control_db.removeprefix("sqlite:///"))


def promote(platform: Platform, version: str) -> PromoteModelOutcome:
    return promote_model(platform, PromoteModelRequest(version=version))


def kinds(platform: Platform) -> list[str]:
    """Of the ledger's entries, but for the batch and for what a first promotion notes."""
    noted = {"key_added", "thresholds_changed", "approvers_changed"}
    found = [entry.kind.value for entry in platform.ledger.entries()][1:]
    return [kind for kind in found if kind not in noted]


def failing(outcome: PromoteModelOutcome) -> set[str]:
    return {check.check for check in outcome.checks if check.refuses}


def message(outcome: PromoteModelOutcome, check: str) -> str:
    return next(item.message for item in outcome.checks if item.check == check)


def test_the_first_champion_is_recorded_before_and_after_its_alias(platform):
    outcome = promote(platform, "1")
    assert outcome.cleared
    assert failing(outcome) == set()
    assert kinds(platform) == ["promotion_intended", "model_promoted"]
    assert platform.registry.aliases == {"champion": "1"}
    assert platform.registry.tags["1"] == {
        "gate": "cleared",
        "certificate_digest": outcome.certificate_digest,
        "promotion": "cleared",
    }
    assert set(platform.registry.evidence["1"]) == {
        *("evidence.json", "verdict.json", "certificate.json", "sbom.cdx.json"),
        *("data_sheet.json", "data_sheet.md", "evidence_pack.json", "evidence.html"),
    }
    assert platform.ledger.latest(EntryKind.MODEL_PROMOTED).payload == outcome.model_dump(
        mode="json"
    )


def test_the_champion_loads_with_the_certificate_of_its_promotion(platform):
    outcome = promote(platform, "1")
    champion = load_champion(platform, MODEL)
    assert (champion.version, champion.certificate.digest) == ("1", outcome.certificate_digest)
    assert champion.certificate.evidence_digest == outcome.evidence_digest
    assert dict(champion.certificate.data_versions) == {
        "accounts": 0,
        "customers": 0,
        "outcomes": 0,
        "statements": 0,
    }


def test_the_same_promotion_again_changes_nothing(platform):
    first = promote(platform, "1")
    registry = deepcopy(platform.registry.tags)
    again = promote(platform, "1")
    assert again == first.model_copy(update={"recognised": True})
    assert kinds(platform) == ["promotion_intended", "model_promoted"]
    assert platform.registry.tags == registry


def test_without_a_version_the_challenger_is_judged(platform):
    platform.registry.aliases["challenger"] = "2"
    assert promote_model(platform, PromoteModelRequest()).version == "2"


def test_without_a_challenger_there_is_nothing_to_judge(platform):
    with pytest.raises(ModelError, match="no challenger; train one first"):
        promote_model(platform, PromoteModelRequest())
    with pytest.raises(ModelError, match="no version 9"):
        promote(platform, "9")


def test_a_second_version_is_compared_with_the_first_and_follows_it(led):
    outcome = promote(led, "2")
    compared = next(check for check in outcome.checks if check.check == "challenger")
    assert (outcome.cleared, outcome.previous_champion) == (True, "1")
    assert compared.measured["rows"] > 1000
    assert abs(compared.measured["auc_difference"]) < 0.01
    assert load_champion(led, MODEL).certificate.previous_champion == "1"


def test_a_version_promoted_again_after_another_is_judged_again(led):
    for version in ("2", "1"):
        assert not promote(led, version).recognised
    assert standing_champion(led, MODEL).version == "1"
    assert kinds(led).count("model_promoted") == 3


SPOILED = {
    "a calibration half a log-odd too high": ({"intercept": 0.5}, {"calibration"}),
    "no monotone constraints": ({"monotone": False}, {"behaviour"}),
    "a model that has hardly learnt": ({"rounds": 2}, {"challenger"}),
    "scores that were not the model's": (
        {
            "change": lambda made: made.sample.update(
                made.sample[["score"]].sample(frac=1).set_axis(made.sample.index)
            )
        },
        {"time", "performance", "technical"},
    ),
    "another model than was measured": (
        {"change": lambda made: setattr(made, "model", recalibrated(made.model, slope=3.0))},
        {"time", "technical"},
    ),
    "labels from after the training": (
        {"change": lambda made: made.tags.update(as_of="2023-12-31")},
        {"time"},
    ),
    "outcomes turned round": (
        {"change": lambda made: made.rows.update({"label": ~made.rows["label"]})},
        {"time"},
    ),
    "a reference of other customers": (
        {"change": lambda made: setattr(made, "reference", other_reference(made))},
        {"stability"},
    ),
    "a golden score off by one bit": (
        {"change": lambda made: off_by_one_bit(made.golden)},
        {"technical"},
    ),
    "a figure that is not true": (
        {"change": lambda made: made.figures["auc"].update(value=0.99)},
        {"technical"},
    ),
    "no signature": ({"change": lambda made: setattr(made, "has_signature", False)}, {"technical"}),
    "no lineage": ({"change": lambda made: made.tags.pop("data_versions")}, {"data"}),
    "a lineage without its statements": (
        {"change": lambda made: made.tags.update(data_versions='{"accounts": 0, "customers": 0}')},
        {"data", "time", "performance"},
    ),
    "a lineage that is no lineage": (
        {"change": lambda made: made.tags.update(data_versions="[1]")},
        {"data"},
    ),
    "defaults that no statement shows": (
        {"change": lambda made: made.tags.update(data_versions=without(made, "outcomes"))},
        {"time"},
    ),
    "no day of training": ({"change": lambda made: made.tags.pop("as_of")}, {"time"}),
}


def without(made: SimpleNamespace, table: str) -> str:
    versions = json.loads(made.tags["data_versions"])
    return json.dumps({name: version for name, version in versions.items() if name != table})


def other_reference(made: SimpleNamespace) -> str:
    frame = made.golden.assign(score=made.golden["score"] ** 3)
    return build_reference(frame, list(frame.columns)).to_json()


def off_by_one_bit(golden) -> None:
    golden["score"] = golden["score"].where(
        golden.index != golden.index[0], np.nextafter(golden["score"], 1)
    )


@pytest.mark.parametrize("spoil", list(SPOILED))
def test_a_planted_failure_leaves_the_champion_unmoved(led, spoil):
    how, expected = SPOILED[spoil]
    train_sample(led, "3", **how)
    outcome = promote(led, "3")
    assert not outcome.cleared
    assert expected <= failing(outcome), outcome.checks
    assert outcome.certificate_digest is None
    assert led.registry.aliases["champion"] == "1"
    assert load_champion(led, MODEL).version == "1"
    assert led.registry.tags["3"]["gate"] == "refused"
    assert set(led.registry.tags["3"]["gate_failing"].split(",")) == failing(outcome)
    assert "certificate.json" not in led.registry.evidence["3"]
    assert kinds(led)[2:] == ["promotion_refused"]
    with pytest.raises(GateRefused, match=next(iter(expected))):
        require_cleared(outcome)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("scored_sample.parquet", {"time", "performance", "calibration", "behaviour"}),
        ("training_rows.parquet", {"time"}),
        ("golden.parquet", {"technical"}),
        ("figures.json", {"technical"}),
        ("reference.json", {"stability"}),
    ],
)
@pytest.mark.parametrize("content", [None, b"rubbish"], ids=["absent", "rubbish"])
def test_an_artefact_that_is_not_there_is_no_evidence(platform, name, expected, content):
    if content is None:
        del platform.registry.files["1", name]
    else:
        platform.registry.files["1", name] = content
    outcome = promote(platform, "1")
    assert expected <= failing(outcome)
    assert all(message(outcome, check).startswith("no evidence") for check in expected)
    assert name in message(outcome, min(expected))
    assert platform.registry.aliases == {}


def test_rows_that_no_validation_has_passed_are_refused(lender, tmp_path):
    unheard = reopened(lender, tmp_path / "control.db")
    outcome = promote(unheard, "1")
    assert failing(outcome) == {"data"}
    assert f"{ACCOUNTS} of {ACCOUNTS} rows not validated" in message(outcome, "data")


def test_features_that_were_tampered_with_are_refused(lender, tmp_path):
    var_dir = tmp_path / "var"
    shutil.copytree(lender.settings.var_dir, var_dir)
    snapshot = var_dir / "features" / "repayment" / "as_of=2023-12-31.parquet"
    shutil.copy(snapshot.with_name("as_of=2024-01-31.parquet"), snapshot)
    tampered = open_sample(var_dir)
    tampered.__dict__["registry"] = lender.registry.copy()
    outcome = promote(tampered, "1")
    assert "time" in failing(outcome)
    assert "differing_rows" in message(outcome, "time")


def test_features_that_were_not_computed_for_the_day_are_no_evidence(platform):
    outcome = promote_model(platform, PromoteModelRequest(version="1", as_of="2024-06-30"))
    assert failing(outcome) == {"stability", "fairness", "welfare", "portfolio"}
    assert "not computed for 2024-06-30" in message(outcome, "stability")


def test_a_feature_redefined_since_the_training_is_refused(platform):
    platform.registry.versions["1"] = replace(platform.registry.versions["1"], schema_hash="other")
    outcome = promote(platform, "1")
    assert failing(outcome) == {"technical"}
    assert "schema_match 0" in message(outcome, "technical")


def test_a_refusal_again_is_recognised_and_a_refusal_for_other_reasons_is_not(platform):
    stored = platform.registry.files
    figures = json.loads(stored["1", "figures.json"])
    figures["auc"]["value"] = 0.99
    stored["1", "figures.json"] = json.dumps(figures).encode()
    assert not promote(platform, "1").recognised
    assert promote(platform, "1").recognised
    del stored["1", "reference.json"]
    assert failing(promote(platform, "1")) == {"technical", "stability"}
    assert kinds(platform) == ["promotion_refused", "promotion_refused"]


def test_what_was_refused_clears_once_it_is_mended(platform):
    good = platform.registry.files.pop(("1", "reference.json"))
    assert not promote(platform, "1").cleared
    platform.registry.files["1", "reference.json"] = good
    assert promote(platform, "1").cleared


def test_require_cleared_hands_a_cleared_outcome_on(platform):
    outcome = promote(platform, "1")
    assert require_cleared(outcome) is outcome


def stricter(tmp_path: Path, name: str, content: dict) -> Path:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    (policies / "gates" / MODEL / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return policies


def test_the_champion_is_judged_again_under_new_thresholds(led, tmp_path):
    content = yaml.safe_load((ROOT / f"policies/gates/{MODEL}/2005-01-01.yaml").read_text())
    content["effective_from"] = date(2024, 1, 15)
    content["thresholds"]["performance"]["auc_low_floor"]["value"] = 0.95
    policies = stricter(tmp_path, "2024-01-15", content)
    later = reopened(led, control_db(led), policies_dir=policies)
    outcome = promote(later, "1")
    assert (outcome.cleared, outcome.thresholds_version) == (False, f"{MODEL}/2024-01-15")
    assert failing(outcome) == {"performance"}
    assert load_champion(later, MODEL).version == "1"


def with_limits_drawn(lender: Platform, folder: Path, *, rises: bool = True) -> Platform:
    """The same lender with limits drawn at random, and version 1 that names no response yet."""
    (folder / "lake").mkdir(parents=True)
    for table in lender.settings.lake_dir.iterdir():
        (folder / "lake" / table.name).symlink_to(table)
    for name in ("lake_protected", "features", "keys"):
        (folder / name).symlink_to(lender.settings.root / name)
    opened = reopened(lender, folder / "control.db", var_dir=folder)
    changes = drawn_changes(opened.lake.read("statements"), rises=rises)
    opened.lake.append("limit_changes", changes, "batch-1")
    accept_sample(opened)
    return opened


def naming_response(platform: Platform, content: bytes) -> None:
    """Version 1 names this file as the limit response that was trained beside it."""
    registry = platform.registry
    stored = registry.versions["1"]
    registry.versions["1"] = replace(stored, tags={**stored.tags, RESPONSE_TAG: "5"})
    registry.files["5", RESPONSE_FILE] = content


def candidate_of(platform: Platform) -> Candidate:
    return Candidate(platform, platform.registry.load(MODEL, "1"), AS_OF, None)


def test_a_response_is_certified_as_it_was_measured_again_and_no_other(lender, tmp_path):
    """A registered figure that is better than what measuring again finds clears nothing."""
    platform = with_limits_drawn(lender, tmp_path / "var")
    measured = candidate_of(platform).measured_response
    better = {"value": 0.9, "low": 0.8, "high": 1.0}
    forged = canonical_json(measured.as_plain() | {BALANCE_KEY: better})
    naming_response(platform, forged)
    refused = promote(platform, "1")
    assert failing(refused) == {"technical"}
    assert "figures_differing 1 must be <= 0" in message(refused, "technical")
    assert platform.registry.aliases == {}
    naming_response(platform, measured.content)
    outcome = promote(platform, "1")
    assert outcome.cleared
    assert message(outcome, "limit_response").startswith("dispensed with until 2027-12-31")
    assert "balance_response_low" in message(outcome, "limit_response")
    assert "the training policy asks for 800" in message(outcome, "limit_response")
    champion = load_champion(platform, MODEL)
    assert champion.certificate.limit_response_version == "5"
    assert champion.certificate.limit_response_digest == digest_bytes(measured.content)
    assert champion.response == read_limit_response(measured.content, "5")
    assert "limit_changes" not in dict(champion.certificate.data_versions)  # version 1 saw none
    platform.registry.files["5", RESPONSE_FILE] = forged
    with pytest.raises(GateRefused, match="the limit response version 5 of its certificate is"):
        load_champion(platform, MODEL)


def test_a_balance_that_falls_with_the_limit_refuses_although_the_check_is_dispensed_with(
    lender, tmp_path
):
    candidate = candidate_of(with_limits_drawn(lender, tmp_path / "var", rises=False))
    found = limit_response_evidence(candidate)  # registered or not
    verdict = judge(replace(good_evidence(), limit_response=found), thresholds(), AS_OF)
    assert [result.check.value for result in verdict.failing] == ["limit_response"]
    assert "balance_response_low -" in verdict.failing[0].message


def test_a_missing_threshold_stops_the_promotion(platform, tmp_path):
    content = yaml.safe_load((ROOT / f"policies/gates/{MODEL}/2005-01-01.yaml").read_text())
    del content["thresholds"]["technical"]["signature_floor"]
    policies = stricter(tmp_path, "2005-01-01", content)
    later = reopened(platform, control_db(platform), policies_dir=policies)
    with pytest.raises(PolicyError, match="absent: signature_floor"):
        promote(later, "1")
    assert later.registry.aliases == {}


def writes_of_a_promotion(platform: Platform, version: str) -> int:
    fuse = Fuse()
    with_fuse(platform, fuse)
    promote(platform, version)
    return fuse.writes


def test_a_promotion_killed_at_any_write_ends_the_same_when_run_again(
    lender, tmp_path, monkeypatch
):
    """The evidence, which no kill changes, is gathered once for all of them."""

    kept: list[Evidence] = []

    def gathered_once(*asked) -> Evidence:
        if not kept:
            kept.append(gather_evidence(*asked))
        return kept[0]

    monkeypatch.setattr("tidegate.operations.promote_model.gather_evidence", gathered_once)

    def fresh(name: str) -> Platform:
        opened = reopened(lender, tmp_path / name)
        accept_sample(opened)
        return opened

    undisturbed = fresh("undisturbed.db")
    writes = writes_of_a_promotion(undisturbed, "1")
    # thresholds, approvers, key, evidence, intention, tags, alias, promotion, evidence pack, and
    # the answer's description and tag
    assert writes == 11
    promoted = 8
    for at in range(writes):
        platform = fresh(f"killed-{at}.db")
        with_fuse(platform, Fuse(at))
        with pytest.raises(Interrupted):
            promote(platform, "1")
        if at < promoted:
            with pytest.raises(GateRefused):
                load_champion(platform, MODEL)
        with_fuse(platform, Fuse())
        assert promote(platform, "1").cleared
        assert kinds(platform) == kinds(undisturbed)
        assert platform.registry.aliases == undisturbed.registry.aliases
        assert platform.registry.tags["1"] == undisturbed.registry.tags["1"]
        assert set(platform.registry.descriptions) == set(undisturbed.registry.descriptions)
        assert load_champion(platform, MODEL).version == "1"
        assert promote(platform, "1").recognised
        assert "evidence.html" in platform.registry.evidence["1"]


def test_an_altered_ledger_stops_everything(led):
    with led.ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE ledger_entries SET payload = replace(payload, 'default_risk_v', 'x') "
            "|| ' ' WHERE kind = 'promotion_intended'"
        )
    for attempt in (lambda: promote(led, "2"), lambda: load_champion(led, MODEL)):
        with pytest.raises(LedgerBroken, match="was altered"):
            attempt()
    assert led.registry.aliases == {"champion": "1"}

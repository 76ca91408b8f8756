"""The evidence pack of a real verdict: what it says is what the ledger and the registry hold."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from credit_limits.domain.errors import ModelError
from tests.people_samples import copied_lender
from tests.promotion_samples import MODEL, train_sample
from tidegate.operations.platform import Platform
from tidegate.operations.write_evidence import WriteEvidenceRequest, write_evidence


@pytest.fixture
def platform(people_lender: Platform, tmp_path: Path) -> Platform:
    return copied_lender(people_lender, tmp_path)


def written(opened: Platform, version: str = "1"):
    return write_evidence(opened, WriteEvidenceRequest(version=version))


def test_a_promotion_has_left_its_pack_and_the_same_again_is_recognised(platform):
    kept = platform.registry.evidence["1"]
    assert set(kept) == {
        *("evidence.json", "verdict.json", "certificate.json", "sbom.cdx.json"),
        *("data_sheet.json", "data_sheet.md", "evidence_pack.json", "evidence.html"),
    }
    first = written(platform)
    assert (first.cleared, first.recognised) == (True, False)
    assert Path(first.page).read_bytes() == kept["evidence.html"]
    assert Path(first.json_file).read_bytes() == kept["evidence_pack.json"]
    assert written(platform).recognised
    Path(first.page).write_text("altered")
    assert not written(platform).recognised
    assert Path(first.page).read_bytes() == kept["evidence.html"]


def test_it_says_what_the_ledger_and_the_lake_hold(platform):
    pack = json.loads(platform.registry.evidence["1"]["evidence_pack.json"])
    assert (pack["version"], pack["cleared"], pack["evidence_kept"]) == ("1", True, True)
    by_name = {check["check"]: check for check in pack["checks"]}
    verdict = platform.registry.evidence["1"]["verdict.json"]
    for row in verdict["checks"]:
        shown = {
            (f"{bound['figure']} {bound['sign']}", bound["threshold"])
            for bound in by_name[row["check"]]["bounds"]
        }
        assert shown == set(row["threshold"].items())
    tables = {item["table"]: item for item in pack["data"]["tables"]}
    with platform.lake.connect(tables=["statements"]) as connection:
        rows, first = connection.execute(
            "SELECT count(*), min(event_timestamp)::DATE::VARCHAR FROM statements"
        ).fetchone()
    assert (tables["statements"]["rows"], tables["statements"]["first"]) == (rows, first)
    assert "protected" not in tables
    assert pack["data"]["protected"][0].startswith("sex: known of 3,000 customers")
    sample = platform.registry.artefact(MODEL, "1", "scored_sample.parquet")
    scored = pd.read_parquet(io.BytesIO(sample))
    assert sum(band["rows"] for band in pack["calibration"]) == len(scored)
    assert sum(band["defaults"] for band in pack["scores"]) == int(scored["label"].sum())
    assert {row["group"] for row in pack["groups"]} == {"female", "male"}
    assert {row["consequence"].split(":")[0] for row in pack["groups"]} == {"blocking"}
    assert platform.registry.evidence["1"]["evidence.json"]["fairness"]["jurisdiction"] == "CN"
    facts = dict(pack["facts"])
    certificate = platform.registry.evidence["1"]["certificate.json"]
    assert facts["Certificate"] == certificate["digest"]
    assert facts["Evidence"] == certificate["evidence_digest"]
    assert [act["what"] for act in pack["acts"]] == ["judged: promoted"]
    assert len(pack["acts"][0]["key_id"]) == 16


def test_evidence_that_is_not_of_the_verdict_is_not_shown(platform):
    platform.registry.evidence["1"]["evidence.json"] = {"portfolio": {"accounts": 1}}
    outcome = written(platform)
    page = Path(outcome.page).read_text()
    assert "is of a later judgement, or gone" in page
    assert "every credit limit of the portfolio" in page


def test_a_version_that_was_never_judged_has_none(platform):
    train_sample(platform, "3", rounds=70)
    with pytest.raises(ModelError, match="never judged, so there is no evidence; first tidegate"):
        written(platform, "3")


def test_without_its_files_it_still_tells_the_verdict(platform):
    platform.registry.evidence["1"].clear()
    del platform.registry.files["1", "scored_sample.parquet"]
    page = Path(written(platform).page).read_text()
    assert "The scored test rows of this version are not kept." in page
    assert "No data sheet is kept with this version." in page

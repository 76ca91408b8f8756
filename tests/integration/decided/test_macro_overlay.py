"""An overlay in force: both probabilities recorded, the grade of the overlaid, and replayed."""

import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from credit_limits.domain.errors import DataMissing
from credit_limits.domain.periods import end_of_day
from credit_limits.policy.risk_grades import Grade
from tests.conftest import ROOT
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF
from tidegate.adapters.lake import Lake
from tidegate.cli.summaries import summary_of
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.decision_rows import leaf_digests
from tidegate.operations.explain_account import ExplainAccountRequest, explain_account
from tidegate.operations.macro_overlay import overlay_at
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import as_written
from tidegate.operations.remade_decisions import Part
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision

REQUEST = AdjustLimitsRequest(as_of=AS_OF)


def overlaid(lender: Platform, folder: Path, **change) -> Platform:
    """A copy of the lender whose overlay's one row is another."""
    policies = folder / "policies"
    if not policies.exists():
        shutil.copytree(ROOT / "policies", policies)
    file = policies / "overlay" / "2005-01-01.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["overlay"]["adjustments"]["value"][0] |= change
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return copied(lender, folder, policies)


def published(platform: Platform, rates: dict[date, float]) -> None:
    days = [end_of_day(day) for day in rates]
    instants = pa.array(days, pa.timestamp("us", tz="UTC"))
    table = pa.table(
        {
            "unemployment_rate": list(rates.values()),
            "retail_sales_index": [100.0] * len(rates),
            "policy_tightening": [0.0] * len(rates),
            "event_timestamp": instants,
            "created_timestamp": instants,
        }
    )
    platform.lake.append("macro", table, f"macro-{len(platform.lake.versions())}-{days[-1]}")


def test_odds_are_moved_for_their_part_recorded_and_replayed(lender, tmp_path):
    platform = overlaid(lender, tmp_path, product="cash_loan", multiplier=2.0, name="loans")
    outcome = adjust_limits(platform, REQUEST)
    rows = platform.lake.read("decisions").to_pylist()
    for row in rows:
        own, used = row["model_default_probability"], row["default_probability"]
        odds = 2.0 if row["product"] == "cash_loan" else 1.0
        assert used == pytest.approx(own * odds / (1 - own + own * odds))
        assert (used == own) == (row["product"] == "pay_later")
    assert {row["overlay_version"] for row in rows} == {"overlay/2005-01-01"}
    moved = sum(row["product"] == "cash_loan" for row in rows)
    assert outcome.overlay.accounts_moved == moved > 500
    assert any(
        "macro overlay overlay/2005-01-01" in line for line in summary_of("adjust_limits", outcome)
    )
    grades = [(Grade(row["grade"]), row["default_probability"]) for row in rows]
    assert all(used <= 0.01 for grade, used in grades if grade is Grade.A)

    loan = next(row["account_id"] for row in rows if row["product"] == "cash_loan")
    told = explain_account(platform, ExplainAccountRequest(account_id=loan)).text
    assert any("the macro overlay overlay/2005-01-01 moved it" in line for line in told)
    line = next(row["account_id"] for row in rows if row["product"] == "pay_later")
    told = explain_account(platform, ExplainAccountRequest(account_id=line)).text
    assert not any("macro overlay" in text for text in told)

    asked = ReplayDecisionRequest(batch=outcome.batch_id)
    assert replay_decision(platform, asked).all_identical
    file = platform.policies("overlay") / "2005-01-01.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("multiplier: 2.0", "multiplier: 2.5"))
    again = replay_decision(platform, asked)
    assert again.changed == (Part.OVERLAY,)
    assert "overlay/2005-01-01" in next(r.recorded for r in again.parts if r.part is Part.OVERLAY)


def test_unemployment_counts_as_it_was_known_on_the_day(lender, tmp_path):
    risen = {"condition": "unemployment_rise", "at_least": 0.01, "multiplier": 2.0}
    platform = overlaid(lender, tmp_path, **risen)
    assert overlay_at(platform, AS_OF).unemployment_rise is None
    with pytest.raises(DataMissing, match="ingest the table macro"):
        adjust_limits(platform, REQUEST)
    calm = {date(2022, 12, 31): 0.05, date(2023, 12, 31): 0.055}
    published(platform, calm)
    assert overlay_at(platform, AS_OF).unemployment_rise == 0.005
    published(platform, {date(2024, 1, 31): 0.08, date(2024, 2, 29): 0.2})
    assert overlay_at(platform, AS_OF).unemployment_rise == 0.03
    assert overlay_at(platform, date(2024, 1, 30)).unemployment_rise == 0.005


def test_a_batch_of_before_there_were_overlays_keeps_its_digests(tmp_path):
    lake = Lake(tmp_path / "lake", tmp_path / "protected")
    old = pa.table({"account_id": ["A1"], "default_probability": [0.02]})
    lake.append("decisions", old, "old")
    written = leaf_digests(lake.read("decisions", batch_id="old"))
    new = {"model_default_probability": [0.01], "overlay_version": ["v"], "overlay_digest": ["d"]}
    lake.append("decisions", pa.table(old.to_pydict() | new), "new")
    assert leaf_digests(as_written(lake.read("decisions", batch_id="old"))) == written
    assert as_written(lake.read("decisions", batch_id="new")).num_columns == 6

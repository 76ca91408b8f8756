"""Decisions proven, made again and explained, on a lender's recorded batch."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from credit_limits.domain.account import Scenario
from credit_limits.domain.decision import Action
from credit_limits.domain.errors import DataMissing, DecisionChanged, LedgerBroken, ProofBroken
from credit_limits.domain.features import View
from credit_limits.domain.money import format_yuan
from credit_limits.explanation.sentences import Language
from credit_limits.ledger.entry import EntryKind
from credit_limits.ledger.proof import check_proof
from feature_repo.snapshots import snapshot_path
from tests.conftest import ROOT
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF, recalibrated
from tidegate.adapters.dated_policies import load_dated
from tidegate.cli.summaries import exit_code_of, summary_of
from tidegate.operations import remade_decisions
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.explain_account import ExplainAccountRequest, explain_account
from tidegate.operations.platform import Platform
from tidegate.operations.prove_decision import ProveDecisionRequest, prove_decision
from tidegate.operations.remade_decisions import Part
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision

REQUEST = AdjustLimitsRequest(as_of=AS_OF)


@pytest.fixture
def copy(decided: Platform, tmp_path: Path) -> Platform:
    """The decided lender, to be spoiled, with policies of its own."""
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    return copied(decided, tmp_path, tmp_path / "policies")


def rows_of(platform: Platform) -> pa.Table:
    return platform.lake.read("decisions").sort_by("account_id")


def batch_of(platform: Platform) -> str:
    return rows_of(platform)["batch_id"][0].as_py()


def replayed(platform: Platform):
    return replay_decision(platform, ReplayDecisionRequest(batch=batch_of(platform)))


def first_with(platform: Platform, action: str) -> dict:
    table = rows_of(platform)
    return table.filter(pc.equal(table["action"], action)).slice(0, 1).to_pylist()[0]


def rewritten(platform: Platform, table: str, column: str, values: pa.Array) -> None:
    """Put other values into the one file of a table, behind the lake's back."""
    (uri,) = DeltaTable(platform.settings.lake_dir / table).file_uris()
    rows = pq.read_table(uri)
    place = rows.column_names.index(column)
    pq.write_table(rows.set_column(place, column, values.cast(rows.schema.field(column).type)), uri)


def everything_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class TestProof:
    def test_it_is_checked_by_a_process_that_has_nothing_else(self, decided, tmp_path):
        row = first_with(decided, "hold")
        outcome = prove_decision(
            decided,
            ProveDecisionRequest(decision_id=row["decision_id"], out=tmp_path / "proof.json"),
        )
        empty = tmp_path / "empty"
        empty.mkdir()

        def checked(file: Path) -> subprocess.CompletedProcess[str]:
            words = ["ledger", "check-proof", str(file), "--root", outcome.root]
            return subprocess.run(
                [sys.executable, "-m", "tidegate", *words],
                cwd=empty,
                env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
                capture_output=True,
                text=True,
                check=False,
            )

        done = checked(tmp_path / "proof.json")
        assert done.returncode == 0, done.stderr
        assert row["account_id"] in done.stdout
        spoiled = (tmp_path / "proof.json").read_text().replace('"hold"', '"holt"')
        (tmp_path / "spoiled.json").write_text(spoiled)
        done = checked(tmp_path / "spoiled.json")
        assert done.returncode == ProofBroken.exit_code
        assert "do not lead to the root" in done.stderr
        assert list(empty.iterdir()) == []

    def test_it_is_small_and_of_one_decision(self, decided):
        ids = rows_of(decided)["decision_id"].to_pylist()
        outcome = prove_decision(decided, ProveDecisionRequest(decision_id=ids[7]))
        proven = check_proof(outcome.proof.encode(), outcome.root)
        assert proven.decision["decision_id"] == ids[7]
        assert (
            outcome.root
            == decided.ledger.entries(EntryKind.LIMITS_ADJUSTED)[0].payload["merkle_root"]
        )
        assert len(outcome.proof) < 8_000
        assert not [each for each in ids if each != ids[7] and each in outcome.proof]

    def test_there_is_none_of_a_decision_that_was_not_made(self, decided):
        with pytest.raises(DataMissing, match="no decision 0123"):
            prove_decision(decided, ProveDecisionRequest(decision_id="0123"))

    def test_an_altered_row_is_neither_proven_nor_replayed(self, copy):
        table = copy.lake.read("decisions")
        raised = pc.add(table["to_minor"], 100)
        row = first_with(copy, "hold")
        rewritten(copy, "decisions", "to_minor", raised)
        with pytest.raises(LedgerBroken, match="not those whose Merkle root"):
            prove_decision(copy, ProveDecisionRequest(decision_id=row["decision_id"]))
        with pytest.raises(LedgerBroken, match="not those whose Merkle root"):
            replayed(copy)


def test_sub_limits_are_recorded_with_the_decision_and_told(decided):
    rows = rows_of(decided).to_pylist()
    lines = [row for row in rows if row["product"] == "pay_later"]
    assert all(row["scenarios"] == list(Scenario) for row in lines)
    assert all(row["scenarios"] == [] for row in rows if row["product"] == "cash_loan")
    limits = [dict(zip(r["scenarios"], r["scenario_limits_minor"], strict=True)) for r in lines]
    frozen = [row["state"] == "frozen" for row in lines]
    assert 0 < sum(frozen) < len(lines)
    for row, of_row, stopped in zip(lines, limits, frozen, strict=True):
        assert of_row[Scenario.RETAIL] == (0 if stopped else row["to_minor"])
        assert of_row[Scenario.CASH] <= of_row[Scenario.ELECTRONICS] <= row["to_minor"]
    with decided.lake.connect(tables=["customers"]) as lake:
        known = dict(lake.execute("SELECT customer_id, segment FROM customers").fetchall())
    assert [row["segment"] for row in rows] == [known[row["customer_id"]] for row in rows]
    place = next(i for i, of_row in enumerate(limits) if of_row[Scenario.CASH] > 0)
    for language, told in ((Language.ENGLISH, "cash {} yuan"), (Language.CHINESE, "取现{}元")):
        request = ExplainAccountRequest(account_id=lines[place]["account_id"], language=language)
        text = "\n".join(explain_account(decided, request).text)
        assert told.format(format_yuan(limits[place][Scenario.CASH])) in text


class TestReplay:
    def test_a_whole_batch_is_identical_and_nothing_is_written(self, decided):
        before = everything_in(decided.settings.root)
        outcome = replayed(decided)
        assert outcome.identical == outcome.decisions == rows_of(decided).num_rows
        assert (outcome.changed, outcome.without_effect, outcome.differences) == ((), (), ())
        assert [row.part for row in outcome.parts] == list(Part)
        (response,) = [row for row in outcome.parts if row.part is Part.LIMIT_RESPONSE]
        assert (response.recorded, response.now) == ("what the policy states",) * 2
        assert exit_code_of(outcome) == 0
        assert summary_of("replay_decision", outcome)[0].startswith("identical: ")
        assert everything_in(decided.settings.root) == before

    def test_after_the_policy_was_edited_it_says_policy(self, copy):
        file = copy.policies("limits") / "2005-01-01.yaml"
        text = file.read_text()
        file.write_text(text.replace("value: 0.03", "value: 0.031", 1))
        row = first_with(copy, "increase")
        outcome = replay_decision(copy, ReplayDecisionRequest(decision_id=row["decision_id"]))
        assert outcome.changed == (Part.POLICY,)
        assert exit_code_of(outcome) == DecisionChanged.exit_code
        assert summary_of("replay_decision", outcome)[0] == "changed: policy"
        assert "policy_digest" in {row.column for row in outcome.differences}
        file.write_text("# another comment\n" + text)
        assert load_dated(copy.policies("limits"), AS_OF).digest == row["policy_digest"]
        file.write_text("effective_from: 2005-01-01\n")
        broken = replay_decision(copy, ReplayDecisionRequest(decision_id=row["decision_id"]))
        assert (broken.identical, broken.changed) == (0, (Part.POLICY,))
        assert broken.differences == ()

    def test_another_rule_book(self, copy):
        file = copy.policies("lender") / "2005-01-01.yaml"
        file.write_text(file.read_text().replace("value: CN", "value: IN"))
        assert replayed(copy).changed == (Part.RULE_BOOK,)

    def test_another_model_under_the_same_version_or_none(self, copy):
        stored = copy.registry.versions["1"]
        other = replace(stored, model=recalibrated(stored.model, intercept=0.5))
        copy.registry.versions["1"] = other
        outcome = replayed(copy)
        assert outcome.changed == (Part.MODEL,)
        assert outcome.identical < outcome.decisions
        copy.registry.versions.clear()
        gone = replayed(copy)
        assert (gone.identical, gone.changed) == (0, (Part.MODEL,))

    def test_what_came_later_changes_nothing(self, copy):
        late = copy.lake.read("accounts").drop_columns(["batch_id"])
        copy.lake.append("accounts", late, "batch-2")
        shutil.rmtree(copy.settings.features_dir)
        copy.registry.aliases["champion"] = "9"
        assert replayed(copy).all_identical

    def test_tables_whose_rows_were_altered(self, copy):
        limits = copy.lake.read("accounts")["limit_minor"]
        rewritten(copy, "accounts", "limit_minor", pc.add(limits, 10_000))
        assert replayed(copy).changed == (Part.DATA,)
        shutil.rmtree(copy.settings.lake_dir / "statements")
        outcome = replayed(copy)
        assert (outcome.identical, outcome.changed) == (0, (Part.DATA,))

    def test_features_that_the_tables_do_not_give(self, lender, tmp_path):
        path = snapshot_path(lender.settings.features_dir, View.REPAYMENT, AS_OF)
        whole, rows = path.read_bytes(), pq.read_table(path)
        place = rows.column_names.index("on_time_streak_months")
        spoiled = pa.array(np.full(rows.num_rows, 12.0))
        pq.write_table(rows.set_column(place, "on_time_streak_months", spoiled), path)
        opened = copied(lender, tmp_path)
        try:
            adjust_limits(opened, REQUEST)
        finally:
            path.write_bytes(whole)
        assert replayed(opened).changed == (Part.FEATURES,)

    def test_other_code_that_decides_the_same_is_named_and_no_change(self, decided, monkeypatch):
        monkeypatch.setattr(remade_decisions, "deciding_code_digest", lambda: "c0de" * 16)
        outcome = replayed(decided)
        assert outcome.all_identical
        assert outcome.without_effect == (Part.CODE,)
        assert "changed since then, without effect: code" in summary_of("replay_decision", outcome)

    def test_a_batch_that_is_not_there(self, decided):
        with pytest.raises(DataMissing, match="no batch limits-x"):
            replay_decision(decided, ReplayDecisionRequest(batch="limits-x"))
        with pytest.raises(ValueError, match="name a decision, or a batch"):
            ReplayDecisionRequest()


class TestExplain:
    def test_every_action_in_one_language_or_the_other(self, decided):
        taken = set(rows_of(decided)["action"].to_pylist())
        assert taken >= {Action.INCREASE, Action.DECREASE, Action.HOLD, Action.CLOSE_INCREASES}
        for action, language in zip(sorted(taken), cycle(Language), strict=False):
            row = first_with(decided, action)
            outcome = explain_account(
                decided, ExplainAccountRequest(account_id=row["account_id"], language=language)
            )
            assert summary_of("explain_account", outcome) == list(outcome.text)
            text = "\n".join(outcome.text)
            assert row["decision_id"] in outcome.text[0]
            assert all(f"[{code}]" in text for code in row["reasons"])
            assert f"tidegate replay {row['decision_id']}" in text
            plain = json.loads(json.dumps(outcome.model_dump(mode="json"), allow_nan=False))
            assert plain["decision"]["to_minor"] == row["to_minor"]
            assert plain["decision"]["reasons"] == row["reasons"]

    def test_all_ways_out_of_the_batch_change_the_decision(self, decided):
        outcome = explain_account(decided, ExplainAccountRequest(batch=batch_of(decided)))
        counts = outcome.counts
        assert counts.issued == counts.flipped > 20
        assert counts.flipped_share == 1.0
        assert len(counts.steps) > 2
        assert sum(goal.issued for goal in counts.goals.values()) == counts.issued
        assert all(goal.issued == goal.flipped for goal in counts.goals.values())
        rows = rows_of(decided)
        for state, counted in counts.states.items():
            left = pc.sum(pc.equal(rows["state"], state)).as_py()
            assert counted.accounts == left >= counted.issued
        frozen = counts.goals["thawed"]
        assert 0 < frozen.issued <= counts.states["frozen"].accounts
        assert f"  thawed: {frozen.issued:,} issued, {frozen.flipped:,} come out so" in (
            outcome.text
        )

    def test_a_freeze_says_when_and_below_which_bounds_it_ends(self, decided):
        table = rows_of(decided)
        row = table.filter(pc.equal(table["state"], "frozen")).slice(0, 1).to_pylist()[0]
        said = explain_account(decided, ExplainAccountRequest(account_id=row["account_id"])).text
        assert any("with the first decision from 2024-03-01 on" in line for line in said)
        bound = "- the latest bill fewer than 30 days past due [seriously_overdue]"
        assert (bound in said) == ("seriously_overdue" in row["state_causes"])
        assert "If it is still frozen from 2024-07-01 on, a person decides." in said
        assert any("the account could then be used again" in line for line in said)

    def test_no_way_out_is_told_once_the_policy_is_another(self, copy):
        row = first_with(copy, "hold")
        file = copy.policies("limits") / "2005-01-01.yaml"
        file.write_text(file.read_text().replace("value: 0.03", "value: 0.031", 1))
        outcome = explain_account(copy, ExplainAccountRequest(account_id=row["account_id"]))
        assert any(
            "the inputs of that day are not there unchanged" in line for line in outcome.text
        )
        with pytest.raises(DataMissing, match="was altered since"):
            explain_account(copy, ExplainAccountRequest(batch=batch_of(copy)))

    def test_snapshots_that_are_gone_are_computed_again(self, copy):
        row = first_with(copy, "close_increases")
        asked = ExplainAccountRequest(account_id=row["account_id"])
        before = explain_account(copy, asked)
        shutil.rmtree(copy.settings.features_dir)
        assert explain_account(copy, asked) == before

    def test_an_account_without_a_decision(self, decided):
        with pytest.raises(DataMissing, match="account A99999 has no decision; run tidegate adj"):
            explain_account(decided, ExplainAccountRequest(account_id="A99999"))
        early = ExplainAccountRequest(account_id="A00001", as_of=date(2024, 1, 30))
        with pytest.raises(DataMissing, match="no decision up to 2024-01-30"):
            explain_account(decided, early)


def test_the_ledger_of_the_past_sees_nothing_later_and_takes_nothing(decided):
    past = decided.ledger.up_to(1)
    assert [entry.sequence for entry in past.entries()] == [1]
    assert past.latest(EntryKind.LIMITS_ADJUSTED) is None
    newest = decided.ledger.entries(EntryKind.LIMITS_ADJUSTED)[0]
    assert past.find(newest.kind, newest.key) is None
    with pytest.raises(ValueError, match="as of entry 1 takes no entries"):
        past.append(EntryKind.DRIFT_WATCHED, "tester", {}, key="k")

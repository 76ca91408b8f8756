"""Limits adjusted by a certified champion: decided once, recorded, provable, never without one."""

import shutil
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from credit_limits.domain.account import Product
from credit_limits.domain.decision import Action, Decision, ReasonCode
from credit_limits.domain.errors import (
    AllocationInfeasible,
    DataMissing,
    ModelError,
    NoCertifiedChampion,
    PolicyError,
)
from credit_limits.domain.features import service_named
from credit_limits.domain.periods import end_of_day
from credit_limits.explanation.reasons import ACTIONS
from credit_limits.ledger.entry import EntryKind
from credit_limits.ledger.merkle import merkle_root, proof_holds, prove
from credit_limits.policy.risk_grades import Grade
from tests.conftest import ROOT
from tests.lender_platforms import copied, with_column
from tests.promotion_samples import (
    AS_OF,
    SERVICE,
    Fuse,
    Interrupted,
    with_fuse,
)
from tidegate.adapters.lake import Lake
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.decision_rows import leaf_digests
from tidegate.operations.platform import Platform
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision

MOST_CHANGES = 450
REQUEST = AdjustLimitsRequest(as_of=AS_OF)


@pytest.fixture
def fresh(lender: Platform, tmp_path: Path) -> Platform:
    return copied(lender, tmp_path)


def with_count_of_changes(folder: Path, most: int) -> Path:
    """The shipped policies, with at most so many changes of limits a day."""
    policies = folder / "policies"
    shutil.copytree(ROOT / "policies", policies)
    file = policies / "limits" / "2005-01-01.yaml"
    last = "        ratio_to_today: 1.02\n"
    count = f"      - {{name: n, measure: changes, product: all, accounts: all, count: {most}}}\n"
    file.write_text(file.read_text().replace(last, last + count, 1))
    return policies


def rows_of(platform: Platform) -> list[dict]:
    return platform.lake.read("decisions").sort_by("account_id").to_pylist()


def entries(platform: Platform, kind: EntryKind = EntryKind.LIMITS_ADJUSTED):
    return platform.ledger.entries(kind)


class TestTheBatch:
    def test_every_open_account_has_one_decision_that_can_be(self, decided):
        rows = rows_of(decided)
        open_accounts = decided.feature_store.accounts_at(AS_OF)["account_id"]
        assert [row["account_id"] for row in rows] == sorted(open_accounts)
        assert len({row["decision_id"] for row in rows}) == len(rows)
        for row in rows:
            Decision(
                row["decision_id"],
                row["account_id"],
                row["from_minor"],
                row["to_minor"],
                Action(row["action"]),
                tuple(ReasonCode(reason) for reason in row["reasons"]),
                row["default_probability"],
            )
            assert len(row["decision_id"]) == 20
            assert Grade(row["grade"])

    def test_actions_that_need_no_earlier_one_occur_and_raises_end_with_risk(self, decided):
        outcome = adjust_limits(decided, REQUEST)
        done = {action for row in rows_of(decided) for action in row["actions"]}
        of_the_limit = {Action.INCREASE, Action.DECREASE, Action.HOLD}
        assert done >= of_the_limit | {Action.CLOSE_INCREASES, Action.FREEZE, Action.REFER}
        assert all(row["action"] == row["actions"][0] for row in rows_of(decided))
        assert all(outcome.actions[action] > 0 for action in of_the_limit)
        raised = {row.name: row.actions["increase"] for row in outcome.by_grade}
        assert raised["F"] == raised["G"] == 0

    def test_the_outcome_adds_up(self, decided):
        outcome, rows = adjust_limits(decided, REQUEST), rows_of(decided)
        assert outcome.decisions == len(rows) == sum(outcome.actions.values())
        for groups in (outcome.by_product, outcome.by_grade):
            assert sum(group.accounts for group in groups) == len(rows)
            assert sum(group.to_minor for group in groups) == sum(r["to_minor"] for r in rows)
        caps = {cap.name: cap for cap in outcome.allocation.caps}
        assert set(caps) == {"exposure", "expected_loss", "cash_loan_exposure"}
        assert all(cap.used <= cap.cap for cap in caps.values())
        assert caps["exposure"].used == pytest.approx(sum(r["exposure_minor"] for r in rows))
        assert all(r["provision_minor"] >= r["expected_loss_minor"] for r in rows)
        assert outcome.allocation.gap <= 1e-4
        profit = sum(r["expected_profit_minor"] for r in rows)
        assert outcome.allocation.value == pytest.approx(profit, abs=len(rows))

    def test_what_customers_asked_for_is_kept(self, decided):
        with decided.lake.connect() as lake:
            wishes = lake.execute(
                "SELECT human_review_only, declines_increases, sign(to_minor - from_minor), "
                "reasons[1] FROM decisions JOIN customers USING (customer_id)"
            ).fetchall()
        reviewed = [row for row in wishes if row[0]]
        assert reviewed
        assert all(row[2:] == (0, "human_review_only") for row in reviewed)
        assert all(row[2] <= 0 for row in wishes if row[1])

    def test_a_limit_changed_lately_is_not_raised(self, decided):
        changed = [row for row in rows_of(decided) if row["account_id"] < "A00200"]
        assert len(changed) == 200
        assert all(row["to_minor"] <= row["from_minor"] for row in changed)
        assert any("cool_off" in row["reasons"] for row in changed)

    def test_risk_is_explained_by_the_inputs_that_raise_it(self, decided):
        names = set(service_named(SERVICE).feature_names)
        risky = [
            row
            for row in rows_of(decided)
            if row["reasons"][0] in ("risk_too_high", "loss_exceeds_revenue")
        ]
        assert risky
        assert all(0 < len(row["feature_reasons"]) <= 4 for row in risky)
        assert all(set(row["feature_reasons"]) <= names for row in risky)
        others = [row for row in rows_of(decided) if row not in risky]
        assert all(row["feature_reasons"] == [] for row in others)

    def test_closures_have_their_last_day(self, decided):
        rows = rows_of(decided)
        closed = [row for row in rows if row["action"] == "close_increases"]
        assert closed
        assert all(row["increases_closed_until"] > end_of_day(AS_OF) for row in closed)
        overdue = [row for row in rows if "overdue" in row["reasons"]]
        assert {row["increases_closed_until"].date() for row in overdue} == {date(2024, 7, 31)}
        held = [row for row in rows if row["action"] in ("hold", "increase")]
        assert {row["increases_closed_until"] for row in held} == {None}

    def test_one_row_is_proven_by_the_root_in_the_ledger(self, decided):
        root = entries(decided)[0].payload["merkle_root"]
        leaves = leaf_digests(decided.lake.read("decisions"))
        assert merkle_root(leaves) == root
        assert proof_holds(leaves[17], prove(leaves, 17), root)
        altered = rows_of(decided)[17] | {"to_minor": 1}
        table = decided.lake.read("decisions")
        forged = pa.Table.from_pylist(
            [altered if r["account_id"] == altered["account_id"] else r for r in table.to_pylist()],
            schema=table.schema,
        )
        assert merkle_root(leaf_digests(forged)) != root

    def test_rows_name_all_that_they_follow_from(self, decided):
        outcome = adjust_limits(decided, REQUEST)
        row = rows_of(decided)[0]
        assert row["policy_version"] == outcome.policy_version == "limits/2005-01-01"
        assert row["model_version"] == outcome.model_version == "1"
        assert row["certificate_digest"] == outcome.certificate_digest
        assert set(outcome.data_versions) == {
            "accounts",
            "customers",
            "limit_changes",
            "outcomes",
            "statements",
        }
        assert row["as_of"] == AS_OF
        assert row["event_timestamp"] == row["created_timestamp"] == end_of_day(AS_OF)

    def test_rules_of_law_are_named_counted_and_kept(self, decided):
        book = adjust_limits(decided, REQUEST).rule_book
        rows = rows_of(decided)
        assert {row["rulebook_version"] for row in rows} == {book.version}
        assert {row["rulebook_digest"] for row in rows} == {book.digest}
        assert book.version == "rulebook/CN-bank/2023-07-01"
        told = Counter(text.split(":")[0] for row in rows for text in row["rules"])
        assert told == {rule.rule_id: rule.touched for rule in book.rules if rule.touched}
        assert told["cn-past-due"] > 0
        assert told["cn-declines-increases"] > 0
        lowered = [row for row in rows if row["to_minor"] < row["from_minor"]]
        assert lowered
        assert all("cn-notice-of-decrease" in row["rules"] for row in lowered)
        raised = [row for row in rows if row["to_minor"] > row["from_minor"]]
        assert raised
        for row in raised:
            said = ["cn-notice-of-change"] if "change_rate" in row["actions"] else []
            assert row["rules"] == said

    def test_another_rule_book_makes_other_decisions(self, decided, fresh, tmp_path):
        policies = tmp_path / "policies"
        shutil.copytree(ROOT / "policies", policies)
        file = policies / "lender" / "2005-01-01.yaml"
        file.write_text(file.read_text().replace("value: CN", "value: IN"))
        settings = fresh.settings.model_copy(update={"policies_dir": policies})
        india = replace(fresh, settings=settings)
        india.__dict__.update(registry=fresh.registry, feature_store=fresh.feature_store)
        outcome = adjust_limits(india, REQUEST)
        (consent,) = outcome.rule_book.rules
        assert consent.status == "not evaluated: column absent: increase_consent_given"
        assert consent.not_evaluated == outcome.decisions
        assert outcome.actions["increase"] == 0
        ids = [{row["decision_id"] for row in rows_of(platform)} for platform in (decided, india)]
        assert not ids[0] & ids[1]


class TestOnce:
    def test_the_same_cycle_again_is_recognised_and_writes_nothing(self, decided):
        before = (decided.lake.versions(), len(decided.ledger.entries()))
        first = adjust_limits(decided, REQUEST)
        again = adjust_limits(decided, AdjustLimitsRequest())
        assert first.recognised
        assert again == first
        assert list(first.actions) == [str(action) for action in ACTIONS]
        assert (decided.lake.versions(), len(decided.ledger.entries())) == before

    def test_later_knowledge_changes_nothing_of_the_day(self, decided, tmp_path):
        opened = copied(decided, tmp_path)
        late = opened.lake.read("accounts").drop_columns(["batch_id"])
        instant = pa.scalar(end_of_day(date(2024, 2, 1)), pa.timestamp("us", tz="UTC"))
        for name in ("event_timestamp", "created_timestamp"):
            place = late.column_names.index(name)
            late = late.set_column(place, name, pa.repeat(instant, late.num_rows))
        opened.lake.append("accounts", late, "batch-2")
        assert adjust_limits(opened, REQUEST).recognised
        assert opened.lake.versions()["decisions"] == 0

    def test_products_in_turn_decide_no_account_twice_and_share_a_count(self, lender, tmp_path):
        fresh = copied(lender, tmp_path, with_count_of_changes(tmp_path, MOST_CHANGES))
        one = adjust_limits(fresh, AdjustLimitsRequest(as_of=AS_OF, product=Product.CASH_LOAN))
        rest = adjust_limits(fresh, REQUEST)
        assert [group.name for group in one.by_product] == ["cash_loan"]
        assert [group.name for group in rest.by_product] == ["pay_later"]
        assert one.decisions + rest.decisions == len({r["decision_id"] for r in rows_of(fresh)})
        assert adjust_limits(fresh, REQUEST) == rest.model_copy(update={"recognised": True})
        other = AdjustLimitsRequest(as_of=AS_OF, product=Product.PAY_LATER)
        assert adjust_limits(fresh, other) == rest.model_copy(update={"recognised": True})
        assert len(entries(fresh)) == 2
        for batch in (one, rest):
            assert replay_decision(fresh, ReplayDecisionRequest(batch=batch.batch_id)).all_identical
        changed = [row for row in rows_of(fresh) if row["to_minor"] != row["from_minor"]]
        parts = [batch.allocation.caps[-1] for batch in (one, rest)]
        whole = one.decisions + rest.decisions
        assert [cap.cap for cap in parts] == [
            MOST_CHANGES * batch.decisions // whole for batch in (one, rest)
        ]
        assert MOST_CHANGES - 1 <= sum(cap.cap for cap in parts) <= MOST_CHANGES
        assert len(changed) == sum(cap.used for cap in parts) <= MOST_CHANGES
        assert fresh.lake.version_before("decisions", one.batch_id) is None
        assert fresh.lake.version_before("decisions", rest.batch_id) == 0
        with pytest.raises(DataMissing, match="has no batch limits-x"):
            fresh.lake.version_before("decisions", "limits-x")

    def test_two_lenders_alike_decide_alike(self, decided, fresh):
        adjust_limits(fresh, REQUEST)
        assert rows_of(fresh) == rows_of(decided)
        assert entries(fresh)[0].payload == entries(decided)[0].payload


class KilledLake(Lake):
    """A lake whose process is killed instead of appending."""

    def append(self, *_):
        raise Interrupted


class TestKilled:
    def test_before_anything_was_written(self, decided, fresh):
        whole = fresh.lake
        fresh.__dict__["lake"] = KilledLake(whole.root, whole.protected_root)
        with pytest.raises(Interrupted):
            adjust_limits(fresh, REQUEST)
        fresh.__dict__["lake"] = whole
        assert not fresh.lake.exists("decisions")
        adjust_limits(fresh, REQUEST)
        assert rows_of(fresh) == rows_of(decided)

    def test_between_the_lake_and_the_ledger(self, decided, fresh):
        with_fuse(fresh, Fuse(at=0))
        with pytest.raises(Interrupted):
            adjust_limits(fresh, REQUEST)
        assert entries(fresh) == []
        assert fresh.lake.exists("decisions")
        with_fuse(fresh, Fuse())
        # something else arrives in between: the rows as written stay what the root is of
        fresh.lake.append("bureau", pa.table({"customer_id": ["C00000"]}), "batch-9")
        outcome = adjust_limits(fresh, REQUEST)
        assert not outcome.recognised
        assert rows_of(fresh) == rows_of(decided)
        assert entries(fresh)[0].payload == entries(decided)[0].payload
        assert fresh.lake.versions()["decisions"] == 0

    def test_after_one_product_was_written_and_not_finished(self, fresh):
        cash = AdjustLimitsRequest(as_of=AS_OF, product=Product.CASH_LOAN)
        with_fuse(fresh, Fuse(at=0))
        with pytest.raises(Interrupted):
            adjust_limits(fresh, REQUEST)
        with_fuse(fresh, Fuse())
        with pytest.raises(DataMissing, match=r"limits-2024-01-31-\w+ was written and not finish"):
            adjust_limits(fresh, cash)
        assert adjust_limits(fresh, REQUEST).decisions == len(rows_of(fresh))
        assert adjust_limits(fresh, cash).recognised


class TestRefused:
    def test_no_champion_no_decision_and_the_ledger_says_so(self, fresh):
        fresh.registry.aliases["champion"] = "7"
        for _ in range(2):
            with pytest.raises(NoCertifiedChampion, match="version 7, which is not certified"):
                adjust_limits(fresh, REQUEST)
        refused = entries(fresh, EntryKind.ADJUSTMENT_REFUSED)
        assert len(refused) == 1
        assert refused[0].payload["as_of"] == AS_OF.isoformat()
        assert "version 7" in refused[0].payload["reason"]
        assert not fresh.lake.exists("decisions")

    def test_a_model_that_does_not_say_its_window(self, fresh):
        version = fresh.registry.versions["1"]
        version.tags.pop("label_window_months")
        with pytest.raises(ModelError, match="does not say its label window"):
            adjust_limits(fresh, REQUEST)
        version.tags["label_window_months"] = "1"
        assert not fresh.lake.exists("decisions")

    def test_a_policy_that_does_not_hold_together(self, lender, tmp_path):
        policies = tmp_path / "policies"
        shutil.copytree(ROOT / "policies", policies)
        file = policies / "limits" / "2005-01-01.yaml"
        file.write_text(file.read_text().replace("unit: share a year", "unit: per cent", 1))
        opened = copied(lender, tmp_path, policies)
        with pytest.raises(PolicyError, match=r"limits/2005-01-01: .*unit 'per cent'"):
            adjust_limits(opened, REQUEST)

    def test_caps_that_cannot_be_met(self, lender, tmp_path):
        policies = tmp_path / "policies"
        shutil.copytree(ROOT / "policies", policies)
        file = policies / "limits" / "2005-01-01.yaml"
        file.write_text(file.read_text().replace("ratio_to_today: 1.03", "ratio_to_today: 0.1"))
        opened = copied(lender, tmp_path, policies)
        with pytest.raises(AllocationInfeasible, match="exposure would reach"):
            adjust_limits(opened, REQUEST)
        assert not opened.lake.exists("decisions")

    def test_a_product_that_nobody_has(self, fresh):
        accounts = fresh.lake.read("accounts").drop_columns(["batch_id"])
        alike = with_column(accounts, "product", np.full(accounts.num_rows, "pay_later"))
        shutil.rmtree(fresh.settings.lake_dir / "accounts")
        del fresh.__dict__["lake"]  # which never sees one table in another's place
        fresh.lake.append("accounts", alike, "batch-1")
        with pytest.raises(DataMissing, match="no open account of the product cash_loan"):
            adjust_limits(fresh, AdjustLimitsRequest(as_of=AS_OF, product=Product.CASH_LOAN))

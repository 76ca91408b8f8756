"""Notices and reminders of a cycle: written with its decisions, by law in time, each once."""

import re
import shutil
from dataclasses import replace
from datetime import date, timedelta

import pyarrow.compute as pc
import pytest

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.errors import DataMissing, PolicyError
from credit_limits.explanation.notices import NoticeKind, told_reasons
from credit_limits.ledger.entry import EntryKind
from flows import publishing
from tests.conftest import ROOT
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF, Fuse, Interrupted, with_fuse
from tidegate.cli.summaries import summary_of
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.limits_outcome import AdjustLimitsOutcome
from tidegate.operations.list_outbox import ListOutboxRequest, list_outbox
from tidegate.operations.outbox_outcome import WriteOutboxOutcome
from tidegate.operations.outbox_rows import DecidedBatch, reminders_due
from tidegate.operations.write_outbox import (
    WriteOutboxRequest,
    reminder_rules_at,
    write_outbox,
)

REQUEST = AdjustLimitsRequest(as_of=AS_OF)
CHANGES = {"freeze", "change_rate", "extend_term"}
DUE_BY_LAW, REMINDED_BY, PAYMENT_DUE = date(2024, 2, 7), date(2024, 2, 15), date(2024, 2, 20)


def rows_of(platform, table):
    return platform.lake.read(table).to_pylist()


def recorded(platform):
    """The one batch that was decided, and its rows."""
    (entry,) = platform.ledger.entries(EntryKind.LIMITS_ADJUSTED)
    batch = DecidedBatch.of(AdjustLimitsOutcome.model_validate(entry.payload))
    return batch, platform.lake.read("decisions", batch_id=batch.batch_id)


@pytest.fixture(scope="module")
def written(decided) -> WriteOutboxOutcome:
    """The outbox as the adjustment wrote it."""
    (entry,) = decided.ledger.entries(EntryKind.OUTBOX_WRITTEN)
    return WriteOutboxOutcome.model_validate(entry.payload)


def test_every_change_owes_one_notice_and_a_cut_in_the_time_of_the_law(decided, written):
    decisions = {row["decision_id"]: row for row in rows_of(decided, "decisions")}
    every = rows_of(decided, "outbox")
    notices = [row for row in every if row["kind"] != NoticeKind.REMINDER]
    changed = {i for i, row in decisions.items() if row["action"] != "hold"}
    assert {notice["decision_id"] for notice in notices} == changed
    assert len({notice["notice_id"] for notice in every}) == len(every)
    assert len(notices) == len(changed)
    for notice in notices:
        row = decisions[notice["decision_id"]]
        codes = [[ReasonCode(code) for code in row[name]] for name in ("reasons", "change_reasons")]
        assert notice["reasons"] == list(told_reasons(Action(row["action"]), *codes))
        assert 1 <= len(notice["reasons"]) <= 4
        cut, changed = row["to_minor"] < row["from_minor"], CHANGES & {*row["actions"]}
        rule = "cn-notice-of-change" if changed else "cn-notice-of-decrease" if cut else None
        assert notice["rule_id"] == rule
        assert notice["due_by"] == (DUE_BY_LAW if rule else None)
        assert notice["payment_due_on"] is None
        assert f"{row['to_minor'] // 100:,}" in notice["text_en"]
        assert "额度" in notice["text_zh"]
        if "freeze" in row["actions"]:
            assert "frozen from now on" in notice["text_en"]
            assert notice["kind"] == NoticeKind.ADVERSE
    done = {action for row in decisions.values() for action in row["actions"]}
    assert done > {"freeze", "change_rate", "decrease", "refer"}
    assert sum(written.notices.values()) == len(every)


def test_bills_to_come_of_risky_accounts_are_reminded_of_once(decided, written):
    grade = {row["account_id"]: row["grade"] for row in rows_of(decided, "decisions")}
    bills = decided.lake.read("statements")
    latest = bills.filter(pc.equal(bills["event_timestamp"], pc.max(bills["event_timestamp"])))
    expected = {
        bill["account_id"]
        for bill in latest.to_pylist()
        if grade.get(bill["account_id"], "A") >= "D"
        and bill["minimum_due_minor"] > 0
        and not bill["days_past_due"]
    }
    reminders = [row for row in rows_of(decided, "outbox") if row["kind"] == "reminder"]
    assert {row["account_id"] for row in reminders} == expected
    assert len(reminders) == len(expected) == written.notices[NoticeKind.REMINDER] > 20
    for row in reminders:
        assert (row["due_by"], row["payment_due_on"]) == (REMINDED_BY, PAYMENT_DUE)
        assert (row["statement_on"], row["rule_id"], row["reasons"]) == (AS_OF, None, [])
        assert "2024-02-20" in row["text_en"]
        assert "2024-02-20" in row["text_zh"]


def test_how_many_are_due_and_by_when_is_told(decided, written):
    listed = list_outbox(decided, ListOutboxRequest(due_by=DUE_BY_LAW, language="zh"))
    by_law = [row["kind"] for row in rows_of(decided, "outbox") if row["due_by"] == DUE_BY_LAW]
    assert listed.count == len(by_law)
    assert [(row.kind, row.due_by, row.count) for row in listed.due] == [
        (kind, DUE_BY_LAW, by_law.count(kind)) for kind in sorted(set(by_law))
    ]
    assert len(listed.notices) == 20
    assert all("额度" in notice.text for notice in listed.notices)
    whole = list_outbox(decided, ListOutboxRequest(kind="reminder", first=1))
    assert whole.notices[0].payment_due_on == PAYMENT_DUE
    assert list_outbox(decided, ListOutboxRequest()).due == written.due
    said = " ".join(summary_of("list_outbox", listed) + summary_of("write_outbox", written))
    assert "notices" in said
    assert re.search(rf"adverse +2024-02-07 +{by_law.count('adverse'):,} ", said)


def test_the_adjustment_says_what_is_due_and_run_again_writes_nothing(decided, tmp_path, written):
    platform = copied(decided, tmp_path)
    again = adjust_limits(platform, REQUEST)
    assert again.recognised
    assert again.due == written.due
    found = write_outbox(platform, WriteOutboxRequest())
    assert found == written.model_copy(update={"recognised": True})
    assert platform.lake.read("outbox").num_rows == sum(written.notices.values())
    words = f"{written.notices[NoticeKind.REMINDER]:,} reminder due by 2024-02-15"
    assert f"outbox: {words}" in summary_of("adjust_limits", again)
    shown = publishing.limits(again)
    assert words in shown.summary
    assert "outbox" in {table.key for table in shown.artifacts}


def test_killed_between_its_rows_and_its_entry_it_ends_the_same(lender, tmp_path, written):
    """The ledger is written to when the limits are adjusted, and when the outbox is written."""
    platform = copied(lender, tmp_path)
    with_fuse(platform, Fuse(at=1))
    with pytest.raises(Interrupted):
        adjust_limits(platform, REQUEST)
    assert len(platform.ledger.entries(EntryKind.LIMITS_ADJUSTED)) == 1
    assert platform.lake.read("outbox").num_rows > 0
    with_fuse(platform, Fuse())
    outcome = adjust_limits(platform, REQUEST)
    assert outcome.recognised
    (entry,) = platform.ledger.entries(EntryKind.OUTBOX_WRITTEN)
    assert WriteOutboxOutcome.model_validate(entry.payload) == written
    assert outcome.due == written.due
    assert platform.lake.read("outbox").num_rows == sum(written.notices.values())


def test_a_later_batch_reminds_nobody_of_the_same_statement_again(decided):
    batch, rows = recorded(decided)
    _, rules = reminder_rules_at(decided, AS_OF)
    assert reminders_due(decided.lake, batch, rows, rules).num_rows > 0
    for as_of in (AS_OF, AS_OF + timedelta(days=14), PAYMENT_DUE):
        later = replace(batch, as_of=as_of, batch_id="limits-later")
        assert reminders_due(decided.lake, later, rows, rules).num_rows == 0


def test_an_outbox_of_before_there_were_reminders_is_read_and_grows(decided, tmp_path):
    platform = copied(decided, tmp_path)
    whole = platform.lake.read("outbox").drop_columns(["batch_id"])
    notices = whole.filter(pc.not_equal(whole["kind"], "reminder"))
    shutil.rmtree(platform.settings.lake_dir / "outbox")
    del platform.__dict__["lake"]  # which never sees one table in another's place
    platform.lake.append("outbox", notices.drop_columns(["statement_on", "payment_due_on"]), "old")
    listed = list_outbox(platform, ListOutboxRequest(first=3))
    assert listed.count == notices.num_rows
    assert {notice.payment_due_on for notice in listed.notices} == {None}
    platform.lake.append("outbox", whole.filter(pc.equal(whole["kind"], "reminder")), "new")
    listed = list_outbox(platform, ListOutboxRequest(kind=NoticeKind.REMINDER, first=1))
    assert listed.notices[0].payment_due_on == PAYMENT_DUE


def test_without_statements_nobody_is_reminded(decided):
    batch, rows = recorded(decided)
    _, rules = reminder_rules_at(decided, AS_OF)
    without = {name: at for name, at in batch.data_versions.items() if name != "statements"}
    bare = replace(batch, data_versions=without)
    assert reminders_due(decided.lake, bare, rows, rules).num_rows == 0


def test_a_reminder_policy_that_cannot_be_used_refuses_before_anything_is_decided(lender, tmp_path):
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    platform = copied(lender, tmp_path, tmp_path / "policies")
    file = platform.policies("reminders") / "2005-01-01.yaml"
    file.write_text(file.read_text().replace("value: 5", "value: 50"))
    with pytest.raises(PolicyError, match="reminders/2005-01-01: reminders: a reminder goes"):
        adjust_limits(platform, REQUEST)
    shutil.rmtree(file.parent)
    with pytest.raises(PolicyError, match="no policy in force on 2024-01-31 in"):
        adjust_limits(platform, REQUEST)
    assert not platform.lake.exists("decisions")


def test_without_decisions_nobody_is_owed_anything(lender):
    assert list_outbox(lender, ListOutboxRequest()).count == 0
    with pytest.raises(DataMissing, match="no limits were decided yet"):
        write_outbox(lender, WriteOutboxRequest())

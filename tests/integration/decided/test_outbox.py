"""Notices of a recorded batch: one for each change, by law in time, written once."""

from datetime import date

import pytest

from credit_limits.domain.decision import Action
from credit_limits.domain.errors import DataMissing
from credit_limits.explanation.notices import notice_kind
from credit_limits.ledger.entry import EntryKind
from tests.lender_platforms import copied
from tests.promotion_samples import AS_OF, Fuse, Interrupted, with_fuse
from tidegate.cli.summaries import summary_of
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.list_outbox import ListOutboxRequest, list_outbox
from tidegate.operations.write_outbox import WriteOutboxRequest, write_outbox

REQUEST = WriteOutboxRequest()


@pytest.fixture(scope="module")
def decided(lender, tmp_path_factory):
    opened = copied(lender, tmp_path_factory.mktemp("decided"))
    adjust_limits(opened, AdjustLimitsRequest(as_of=AS_OF))
    return opened


def test_every_change_owes_one_notice_and_a_cut_in_the_time_of_the_law(decided, tmp_path):
    platform = copied(decided, tmp_path)
    assert list_outbox(platform, ListOutboxRequest()).count == 0
    written = write_outbox(platform, REQUEST)
    decisions = {r["decision_id"]: r for r in platform.lake.read("decisions").to_pylist()}
    notices = platform.lake.read("outbox").to_pylist()
    changed = {i for i, row in decisions.items() if row["action"] != "hold"}
    assert {notice["decision_id"] for notice in notices} == changed
    assert len({notice["notice_id"] for notice in notices}) == len(notices) == len(changed)
    for notice in notices:
        row = decisions[notice["decision_id"]]
        assert notice["kind"] == notice_kind(Action(row["action"]))
        assert 1 <= len(notice["reasons"]) <= 4
        assert notice["reasons"] == row["reasons"]
        cut = row["to_minor"] < row["from_minor"]
        assert notice["due_by"] == (date(2024, 2, 7) if cut else None)
        assert notice["rule_id"] == ("cn-notice-of-decrease" if cut else None)
        assert f"{row['to_minor'] // 100:,}" in notice["text_en"]
        assert "额度" in notice["text_zh"]
    assert sum(written.notices.values()) == len(notices)

    again = write_outbox(platform, REQUEST)
    assert again == written.model_copy(update={"recognised": True})
    assert platform.lake.read("outbox").num_rows == len(notices)

    pressing = list_outbox(platform, ListOutboxRequest(due_by=date(2024, 2, 7), language="zh"))
    assert pressing.count == sum(notice["due_by"] is not None for notice in notices)
    assert len(pressing.notices) == 20
    assert all("额度" in notice.text for notice in pressing.notices)
    assert "notices" in summary_of("list_outbox", pressing)[0]
    assert "adverse" in " ".join(summary_of("write_outbox", written))
    # what is written there is no input of the next decisions
    assert adjust_limits(platform, AdjustLimitsRequest(as_of=AS_OF)).recognised


def test_killed_between_its_rows_and_its_entry_it_ends_the_same(decided, tmp_path):
    platform = copied(decided, tmp_path)
    with_fuse(platform, Fuse(at=0))
    with pytest.raises(Interrupted):
        write_outbox(platform, REQUEST)
    assert platform.lake.read("outbox").num_rows > 0
    with_fuse(platform, Fuse())
    outcome = write_outbox(platform, REQUEST)
    assert not outcome.recognised
    assert platform.lake.read("outbox").num_rows == sum(outcome.notices.values())
    assert len(platform.ledger.entries(EntryKind.OUTBOX_WRITTEN)) == 1
    whole = write_outbox(copied(decided, tmp_path / "whole"), REQUEST)
    assert outcome == whole


def test_without_decisions_nobody_is_owed_anything(lender):
    with pytest.raises(DataMissing, match="no limits were decided yet"):
        write_outbox(lender, REQUEST)

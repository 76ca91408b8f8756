"""run-cycle: the whole way once, said step by step and kept in the ledger and in Prefect."""

import re
from pathlib import Path

from credit_limits.ledger.entry import EntryKind
from tests.flow_cycles import LINE, STEPS

KINDS = [
    EntryKind.BATCH_ACCEPTED,
    EntryKind.FEATURES_MATERIALIZED,
    EntryKind.MODEL_TRAINED,
    EntryKind.THRESHOLDS_CHANGED,
    EntryKind.APPROVERS_CHANGED,
    EntryKind.KEY_ADDED,
    EntryKind.PROMOTION_INTENDED,
    EntryKind.MODEL_PROMOTED,
    EntryKind.DRIFT_WATCHED,
    EntryKind.LIMITS_ADJUSTED,
    EntryKind.OUTBOX_WRITTEN,
]


def test_each_step_says_one_line_with_rows_and_seconds(finished):
    lines = LINE.findall(finished.output)
    assert [step for step, *_ in lines] == STEPS
    rows = {step: int(count.replace(",", "")) for step, count, *_ in lines if count}
    assert set(rows) == {"prepare", "ingest", "materialize", "retrain", "adjust", "watch"}
    assert rows["prepare"] == rows["ingest"]
    assert rows["adjust"] == rows["watch"] == len(finished.cycle.decisions())


def test_the_end_tells_where_the_report_and_the_data_docs_are(finished):
    paths = dict(re.findall(r"^(report|Data Docs) {2,}(/.*)$", finished.output, re.MULTILINE))
    assert Path(paths["report"]).read_text().startswith("<!DOCTYPE html>")
    assert Path(paths["Data Docs"]).is_file()
    assert "make up" in finished.output


def test_the_ledger_tells_the_cycle_in_its_order(finished):
    assert finished.cycle.kinds() == KINDS
    assert finished.cycle.platform.ledger.verify() == len(KINDS)


def test_prefect_keeps_the_progress_tables_and_links_of_the_run(finished):
    artifacts = {
        artifact["key"]: artifact
        for artifact in finished.cycle.ask_prefect("artifacts")
        if artifact["flow_run_id"] == finished.run_id
    }
    assert set(artifacts) == {
        *("cycle", "batch", "data-docs", "features", "limit-response", "candidate", "gate"),
        *("limits", "caps", "outbox"),
        *("drift", "first-misses", "drift-report", "report"),
    }
    assert artifacts["cycle"]["type"] == "progress"
    assert float(artifacts["cycle"]["data"]) == 100.0
    assert artifacts["gate"]["type"] == "table"

"""rehearse-policy: a line a month, tables and a link in Prefect, recognised when run again."""

import re
from datetime import date
from pathlib import Path

import pytest

from credit_limits.ledger.entry import EntryKind
from flows import publishing
from tidegate.operations.rehearsal_course import MonthLine
from tidegate.operations.rehearsal_month import Delivery, MonthRecord
from tidegate.operations.rehearse_policy import RehearsePolicyOutcome

OPTIONS = ("--customers", "400", "--history-months", "8", "--months", "1")
LINE = re.compile(
    r"^ +(\d+) of 1  (\d{4}-\d\d-\d\d) +([\d,]+) rows +\d+\.\d s  (.*)$", re.MULTILINE
)


@pytest.fixture(scope="module")
def rehearsed(new_cycle):
    cycle = new_cycle()
    before = cycle.run_ids()
    run = cycle.run("rehearse_policy", *OPTIONS)
    assert run.returncode == 0, run.stdout + run.stderr
    (run_id,) = cycle.run_ids() - before
    return cycle, run_id, run.stdout


def test_each_month_says_one_line_with_rows_and_seconds(rehearsed):
    _, _, output = rehearsed
    lines = LINE.findall(output)
    assert [(number, day) for number, day, *_ in lines] == [
        ("0", "2023-08-31"),
        ("1", "2023-09-30"),
    ]
    assert all(int(rows.replace(",", "")) > 1_000 for _, _, rows, _ in lines)
    page = re.search(r"^report {2,}(/.*)$", output, re.MULTILINE)[1]
    assert Path(page).read_text().startswith("<!DOCTYPE html>")


def test_prefect_keeps_progress_tables_and_the_link(rehearsed):
    cycle, run_id, _ = rehearsed
    artifacts = {
        artifact["key"]: artifact
        for artifact in cycle.ask_prefect("artifacts")
        if artifact["flow_run_id"] == run_id
    }
    assert set(artifacts) == {
        *("rehearsal", "rehearsal-policies", "rehearsal-scores"),
        *("rehearsal-events", "rehearsal-page"),
    }
    assert artifacts["rehearsal"]["type"] == "progress"
    assert float(artifacts["rehearsal"]["data"]) == 100.0


def test_run_again_it_is_recognised_and_no_month_is_lived(rehearsed):
    cycle, _, output = rehearsed
    again = cycle.run("rehearse_policy", *OPTIONS)
    assert again.returncode == 0, again.stderr
    assert LINE.findall(again.stdout) == []
    assert again.stdout.splitlines()[-1] == output.splitlines()[-1]
    assert cycle.kinds() == [EntryKind.REHEARSAL_FINISHED]


def month(**changes):
    return MonthLine(
        3, 24, 7, MonthRecord(month_end=date(2024, 5, 31), **changes), {"world": 0.5, "watched": 1}
    )


def test_a_month_without_a_delivery_says_so():
    assert publishing.rehearsed_month(month()) == (
        "  3 of 24  2024-05-31          0 rows    1.5 s  no delivery"
    )


def test_a_step_that_came_to_nothing_is_named():
    line = month(
        deliveries=(Delivery(name="m", batch_id="b", rows_read=1_234),),
        refused={"adjusted": "no champion"},
    )
    assert publishing.rehearsed_month(line).endswith("1,234 rows    1.5 s  nothing was adjusted")


def test_scores_that_were_missed_are_named():
    scores = [
        {"name": name, "value": 1.0, "unit": "", "target": "", "passed": passed, "text": ""}
        for name, passed in (("regret", None), ("false_alarms", False), ("worse_models", True))
    ]
    outcome = RehearsePolicyOutcome(
        scenario="calm",
        customers=10,
        months=1,
        seeds=[7],
        path="p",
        result_path="p/result.json",
        result_digest="d" * 64,
        report="p/rehearsal.html",
        policies=[],
        scores=scores,
        events=[],
    )
    shown = publishing.rehearsal(outcome)
    assert shown.summary == "2 of 3 scores not missed; missed: false_alarms"
    assert [artifact.key for artifact in shown.artifacts] == [
        *("rehearsal-policies", "rehearsal-scores", "rehearsal-page"),
    ]

"""A rehearsal with the real tools: the same twice, the same after kills, and what it leaves."""

import os
import random
import re
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from credit_limits.ledger.entry import EntryKind
from credit_limits.rehearsal.result import RehearsalResult
from tests.forked_commands import start
from tests.tiny_rehearsals import OPTIONS, Rehearsed, tiny_installation, tiny_request
from tidegate.adapters.control_db import Ledger
from tidegate.adapters.orchestrator import tidegate_environment
from tidegate.operations.rehearse_policy import rehearse_policy

pytestmark = pytest.mark.minutes

MONTH_ENDS = ["2024-08-31", "2024-09-30"]
PATIENCE_SECONDS = 300.0


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@pytest.fixture(scope="module")
def lines():
    return []


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory, lines):
    platform = tiny_installation(tmp_path_factory.mktemp("rehearsed"))
    return Rehearsed(platform, rehearse_policy(platform, tiny_request(), lines.append))


def test_every_month_goes_the_whole_way_from_files_to_orders(rehearsed):
    records = rehearsed.records()
    assert [str(record.month_end) for record in records] == MONTH_ENDS
    assert all(record.finished for record in records)
    for record in records:
        assert len(record.deliveries) == 1
        assert record.deliveries[0].rows_read > 1_000
        assert record.materialized.as_of == record.month_end
        assert record.adjusted.as_of == record.month_end
        assert record.adjusted.decisions > 1_000
    assert records[0].watched is None
    assert all(record.watched.report == "" for record in records[1:])
    assert records[0].trained.version == records[0].judged.version == "1"


def test_what_was_decided_is_what_the_world_does_next(rehearsed):
    inbox = rehearsed.folder / "seed-7" / "inbox"
    for record in rehearsed.records()[:-1]:
        folder = next(inbox.glob(f"{_month_after(record.month_end)}*"))
        moved = pq.read_table(folder / "month-sound" / "limit_changes.parquet").to_pydict()
        assert set(moved["reason"]) == {"limit_decision"}
        rows = rehearsed.inner().lake.read("decisions", batch_id=record.adjusted.batch_id)
        decided = {
            row["account_id"]: (row["from_minor"], row["to_minor"])
            for row in rows.to_pylist()
            if row["from_minor"] != row["to_minor"]
        }
        lived = zip(
            moved["account_id"],
            zip(moved["from_minor"], moved["to_minor"], strict=True),
            strict=True,
        )
        assert dict(lived).items() <= decided.items()
        assert len(moved["account_id"]) >= 0.7 * len(decided)


def _month_after(day):
    return f"{day:%Y}-{day.month + 1:02d}"


def test_the_ledger_is_intact_and_lives_in_the_time_of_the_world(rehearsed):
    ledger = rehearsed.inner().ledger
    assert ledger.verify() == len(ledger.entries())
    days = [str(entry.time.date()) for entry in ledger.entries()]
    assert days == sorted(days)
    assert set(days) == set(MONTH_ENDS)
    assert {entry.actor for entry in ledger.entries()} == {"rehearsal"}
    (finished,) = rehearsed.platform.ledger.entries()
    assert finished.kind is EntryKind.REHEARSAL_FINISHED
    assert finished.payload["result_digest"] == rehearsed.outcome.result_digest


def test_the_result_compares_every_policy_over_the_same_months(rehearsed):
    result = RehearsalResult.from_plain(rehearsed.result)
    names = [policy.name for policy in result.policies]
    assert names[0] == "platform"
    assert set(names) >= {"hold", "rule_of_thumb", "observational", "oracle"}
    for policy in result.policies:
        assert [str(month.month_end) for month in policy.months] == MONTH_ENDS[1:]
    assert result.policy_named("hold").profit_over_hold.value == 0.0
    assert str(result.shock_month_end) == MONTH_ENDS[1]
    assert len(result.cap_use) == 3 * len(MONTH_ENDS)
    assert {score.name for score in result.scores} >= {"false_alarms", "worse_models", "regret"}
    assert [row.name for row in rehearsed.outcome.policies] == names


def test_the_limits_in_the_books_are_those_that_were_decided(rehearsed):
    result = RehearsalResult.from_plain(rehearsed.result)
    decided = [record.adjusted.actions["increase"] for record in rehearsed.records()]
    lived = [month.increases for month in result.policy_named("platform").months]
    assert decided[0] > 100
    assert all(0.9 * d <= n <= d for d, n in zip(decided, lived, strict=False)), (decided, lived)


def test_the_actions_by_grade_are_those_of_the_decisions_that_were_written(rehearsed):
    told = {
        (str(part.month_end), str(part.grade)): (
            part.accounts,
            {str(count.action): count.accounts for count in part.done if count.accounts},
        )
        for part in RehearsalResult.from_plain(rehearsed.result).actions
    }
    rows = rehearsed.decisions()
    assert sorted({month for month, _ in told}) == MONTH_ENDS
    for (month, grade), (accounts, done) in told.items():
        decided = [r for r in rows if (str(r["as_of"]), r["grade"]) == (month, grade)]
        assert accounts == len(decided)
        assert done == Counter(action for row in decided for action in row["actions"])
    assert sum(accounts for accounts, _ in told.values()) == len(rows)


def test_the_time_line_tells_trainings_and_verdicts_in_their_months(rehearsed):
    events = rehearsed.result["events"]
    assert [event["month_end"] for event in events] == sorted(e["month_end"] for e in events)
    trained = [e["month_end"] for e in events if e["kind"] == "retraining"]
    judged = [e for e in events if e["kind"] in ("promotion", "refusal")]
    records = [record for record in rehearsed.records() if record.trained]
    assert trained == [str(record.month_end) for record in records]
    assert len(judged) == len(records)


def test_an_alarm_brings_a_brake_and_a_training_and_ends_the_increases(rehearsed):
    records = rehearsed.records()
    first = next(place for place, record in enumerate(records) if record.alarmed)
    assert records[first].watched.brakes_applied
    assert records[first].trained is not None
    assert records[first].adjusted.actions["increase"] == 0
    kinds = [event.kind for event in rehearsed.outcome.events]
    assert kinds.index("brake_on") < kinds.index("alarm")


@pytest.mark.usefixtures("rehearsed")
def test_a_line_a_month_with_rows_and_seconds(lines):
    assert [line.number for line in lines] == [0, 1]
    assert [str(line.record.month_end) for line in lines] == MONTH_ENDS
    for line in lines:
        assert line.rows > 1_000
        assert line.seconds["ingested"] > 0
        assert line.months == 1


def test_the_page_needs_nothing_else(rehearsed):
    page = Path(rehearsed.outcome.report).read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r'(src|href)="https?://', page)


def test_the_same_again_is_recognised_and_another_request_is_not(rehearsed):
    again = rehearse_policy(rehearsed.platform, tiny_request(), pytest.fail)
    assert again == rehearsed.outcome.model_copy(update={"recognised": True})


def test_a_result_that_was_altered_is_made_again(rehearsed):
    path = Path(rehearsed.outcome.result_path)
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b'"2020"', b'"boom"'))
    again = rehearse_policy(rehearsed.platform, tiny_request())
    assert not again.recognised
    assert path.read_bytes() == sound


class DyingLedger:
    """Ends the process at every ``stride``-th entry, once before and once after it is written."""

    def __init__(self, monkeypatch, stride):
        self._append, self._stride = Ledger.append, stride
        self._deaths: set[tuple[str, str]] = set()
        self._seen: list[str] = []
        dying = self

        def append(ledger, kind, actor, payload, *, key):
            dying.perhaps("before", key)
            entry = dying._append(ledger, kind, actor, payload, key=key)
            dying.perhaps("after", key)
            return entry

        monkeypatch.setattr(Ledger, "append", append)

    def perhaps(self, moment, key):
        if key not in self._seen:
            self._seen.append(key)
        due = self._seen.index(key) % self._stride == (moment == "after")
        if due and (moment, key) not in self._deaths:
            self._deaths.add((moment, key))
            raise Killed

    @property
    def deaths(self):
        return len(self._deaths)


def test_the_same_seed_gives_the_same_bytes_elsewhere_through_kills(
    rehearsed, tmp_path, monkeypatch
):
    """In another installation: the first month in this process, which ends around entries of its
    ledger; then by the command line, which the system kills at a random moment of the last."""
    platform = tiny_installation(tmp_path)
    dying = DyingLedger(monkeypatch, stride=2)
    lived = []
    while not lived:
        with suppress(Killed):
            rehearse_policy(platform, tiny_request(), lambda line: _die_after(line, lived))
    assert dying.deaths >= 6
    seconds = random.Random(tmp_path.name).uniform(0.0, 6.0)
    _kill_after(_started(platform, tmp_path / "killed"), "number=0 ", seconds)
    finished = _started(platform, tmp_path / "finished").wait()
    assert finished.returncode == 0, finished.stderr
    (entry,) = platform.ledger.entries(EntryKind.REHEARSAL_FINISHED)
    outcome = type(rehearsed.outcome).model_validate_json(finished.stdout)
    assert entry.payload == outcome.model_dump(mode="json")
    killed = Rehearsed(platform, outcome)
    assert killed.result_bytes == rehearsed.result_bytes
    assert killed.decisions() == rehearsed.decisions()
    assert killed.noted() == rehearsed.noted()


def _die_after(line, lived):
    lived.append(line)
    raise Killed


def _started(platform, folder):
    environment = {**os.environ, **tidegate_environment(platform.settings)}
    return start("tidegate", "rehearse", *OPTIONS, "--json", environment=environment, folder=folder)


def _kill_after(command, said, seconds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while said not in command.stderr and command.running:
        assert time.monotonic() < deadline, command.stderr
        time.sleep(0.05)
    time.sleep(seconds)
    command.kill()

"""Roll months out of the lake against a plain twin that walks statement by statement."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.periods import add_months, end_of_day, month_end
from monitoring.early_delinquency import RollMonth, early_verdict
from tests.monitoring_samples import early_thresholds
from tidegate.adapters.lake import Lake
from tidegate.operations.roll_months import read_roll_months

AS_OF = date(2024, 6, 15)
MIDNIGHT_IN_SHANGHAI = timedelta(hours=16)
SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("balance_minor", pa.int64()),
        ("days_past_due", pa.int64()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        ("created_timestamp", pa.timestamp("us", "UTC")),
    ]
)

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["a", "b", "c", "d"]),
            "balance_minor": st.sampled_from([None, -5, 0, 100, 100]),
            "days_past_due": st.sampled_from([None, 0, 0, 0, 7, 30, 60]),
            "month": st.integers(-9, 1),
            "wait": st.sampled_from([0, 0, 0, 1, 40]),
        }
    ),
    min_size=1,
    max_size=40,
    unique_by=lambda row: (row["account_id"], row["month"], row["wait"]),
)


def statement(row: dict) -> dict:
    """A statement at the end of a month, known some days later."""
    last = month_end(add_months(AS_OF.replace(day=1), row["month"]))
    event = datetime(last.year, last.month, last.day, tzinfo=UTC)
    kept = {name: row[name] for name in ("account_id", "balance_minor", "days_past_due")}
    created = event + timedelta(days=row["wait"])
    return kept | {"event_timestamp": event, "created_timestamp": created}


def plain(rows: list[dict], months: int) -> tuple[RollMonth, ...]:
    known: dict[tuple[str, datetime], dict] = {}
    for row in sorted(rows, key=lambda row: row["created_timestamp"]):
        if max(row["created_timestamp"], row["event_timestamp"]) <= end_of_day(AS_OF):
            known[row["account_id"], row["event_timestamp"]] = row
    tally: dict[date, list[int]] = {}
    for (account, event), now in known.items():
        before = known.get((account, _month_before(event)))
        if before is None or now["days_past_due"] is None:
            continue
        if before["days_past_due"] == 0 and (before["balance_minor"] or 0) > 0:
            counted = tally.setdefault(event.date(), [0, 0])
            counted[0] += 1
            counted[1] += now["days_past_due"] > 0
    newest = month_end(AS_OF)
    if not tally or max(tally) < add_months(newest, -1):
        return ()
    found = [RollMonth(day, *counted) for day, counted in sorted(tally.items())]
    return tuple(m for m in found if m.month_end > add_months(newest, -months))[-months:]


def _month_before(event: datetime) -> datetime:
    last = add_months(event.date(), -1)
    return datetime(last.year, last.month, last.day, tzinfo=UTC)


def lake_of(folder: str | Path, rows: list[dict]) -> Lake:
    lake = Lake(Path(folder) / "lake", Path(folder) / "protected")
    lake.append("statements", pa.Table.from_pylist(rows, SCHEMA), "b1")
    return lake


@given(ROWS, st.sampled_from([3, 24]))
@settings(max_examples=40, deadline=None)
def test_months_are_those_of_the_plain_twin(drawn, months):
    rows = [statement(row) for row in drawn]
    with TemporaryDirectory() as folder:
        found = read_roll_months(lake_of(folder, rows), AS_OF, months)
    assert found == plain(rows, months)


def monthly(count: int, *, late: timedelta = timedelta(0)) -> list[dict]:
    """A current account's statements at the last ``count`` month ends before ``AS_OF``."""
    ends = [month_end(add_months(AS_OF.replace(day=1), -back)) for back in range(1, count + 1)]
    instants = [datetime(end.year, end.month, end.day, tzinfo=UTC) + late for end in ends]
    return [
        {
            "account_id": "a",
            "balance_minor": 100,
            "days_past_due": 0,
            "event_timestamp": instant,
            "created_timestamp": instant,
        }
        for instant in instants
    ]


def test_a_lake_without_statements_has_no_months(tmp_path):
    assert read_roll_months(Lake(tmp_path, tmp_path / "protected"), AS_OF, 24) == ()


@pytest.mark.parametrize("late", [timedelta(0), -timedelta(days=1) + MIDNIGHT_IN_SHANGHAI])
def test_months_are_consecutive_whatever_the_hour_of_the_statement(tmp_path, late):
    found = read_roll_months(lake_of(tmp_path, monthly(6, late=late)), AS_OF, 24)
    assert [month.month_end.month for month in found] == [1, 2, 3, 4, 5]
    assert all((month.current, month.rolled) == (1, 0) for month in found)


def test_months_that_ended_too_long_ago_are_not_todays(tmp_path):
    lake = lake_of(tmp_path, monthly(6))
    assert read_roll_months(lake, date(2024, 7, 31), 24) == ()


def test_six_statements_of_one_cohort_are_not_enough_months(tmp_path):
    """As the public set of credit card clients has them: a verdict needs six months before."""
    rows = [row | {"account_id": f"a{n}"} for n in range(400) for row in monthly(6)]
    months = read_roll_months(lake_of(tmp_path, rows), AS_OF, 24)
    verdict = early_verdict(months, early_thresholds())
    assert verdict.level.word == "none"
    assert verdict.finding == "not enough months: 4 of the 6 months needed before this one"

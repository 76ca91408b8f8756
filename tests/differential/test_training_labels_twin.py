"""The SQL of the labels against a reading of one account after the other."""

import calendar
from datetime import UTC, date, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.domain.periods import add_months, end_of_day, month_ends_back
from training.labels import labels_from_statements

ACCOUNTS = 150
LAST = date(2024, 6, 30)


def random_lake(seed: int) -> tuple[list[dict], list[dict]]:
    """Statements that come on any day of the month, late or never, and accounts that close."""
    random = np.random.default_rng(seed)
    statements, accounts = [], []
    for number in range(ACCOUNTS):
        account = f"A{number:03d}"
        since = datetime(2023, 1, 1, tzinfo=UTC)
        accounts.append(_account(account, f"C{number // 2:03d}", "open", since, since))
        days, day_of_month = 0, int(random.integers(1, 29))
        closes = random.integers(0, 40)
        for index, end in enumerate(month_ends_back(LAST, 18)):
            day = day_of_month if number % 2 else calendar.monthrange(end.year, end.month)[1]
            at = datetime(end.year, end.month, day, int(random.integers(0, 24)), tzinfo=UTC)
            if index == closes:
                accounts.append(_account(account, f"C{number // 2:03d}", "closed", at, at))
                break
            days = 0 if random.random() < 0.75 else min(days + 30, 150)
            if random.random() < 0.93:
                late = timedelta(days=float(random.choice([0, 1, 3, 40], p=[0.5, 0.3, 0.15, 0.05])))
                statements.append(
                    {
                        "account_id": account,
                        "event_timestamp": at,
                        "created_timestamp": at + late,
                        "days_past_due": days,
                    }
                )
    return statements, accounts


def _account(account: str, customer: str, status: str, at: datetime, known: datetime) -> dict:
    return {
        "account_id": account,
        "customer_id": customer,
        "status": status,
        "event_timestamp": at,
        "created_timestamp": known,
    }


def plain_fate(
    statements: list[dict], accounts: list[dict], cohort: date, months: int, retrain: date
) -> tuple[str, datetime | None]:
    """What is known of one account: its fate, and since when."""
    known = end_of_day(retrain)
    opens, closes = end_of_day(cohort), end_of_day(add_months(cohort, months))
    seen = [row for row in statements if row["created_timestamp"] <= known]
    before = [
        row
        for row in seen
        if end_of_day(cohort - timedelta(days=92)) < row["event_timestamp"] <= opens
    ]
    if before and max(before, key=lambda row: row["event_timestamp"])["days_past_due"] >= 90:
        return "in_default_already", None
    within = [row for row in seen if opens < row["event_timestamp"] <= closes]
    if defaults := [row["created_timestamp"] for row in within if row["days_past_due"] >= 90]:
        return "defaulted", min(defaults)
    last_month = end_of_day(add_months(cohort, months - 1))
    ends = [row["created_timestamp"] for row in within if row["event_timestamp"] > last_month]
    ends += [
        row["created_timestamp"]
        for row in accounts
        if row["status"] == "closed"
        and opens < row["event_timestamp"] <= closes
        and row["created_timestamp"] <= known
    ]
    return ("good", min(ends)) if ends else ("unresolved", None)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("months", [1, 3, 6])
def test_the_sql_agrees_with_a_plain_reading(seed, months):
    statements, accounts = random_lake(seed)
    cohorts = month_ends_back(add_months(LAST, -months), 4)
    retrain, floor = LAST, 0.8
    expected = {}
    for cohort in cohorts:
        fates = {
            f"A{number:03d}": plain_fate(
                [row for row in statements if row["account_id"] == f"A{number:03d}"],
                [row for row in accounts if row["account_id"] == f"A{number:03d}"],
                cohort,
                months,
                retrain,
            )
            for number in range(ACCOUNTS)
        }
        already = sum(fate == "in_default_already" for fate, _ in fates.values())
        unresolved = sum(fate == "unresolved" for fate, _ in fates.values())
        if (ACCOUNTS - already - unresolved) / (ACCOUNTS - already) >= floor:
            expected |= {
                (account, cohort): (fate == "defaulted", known)
                for account, (fate, known) in fates.items()
                if fate in {"defaulted", "good"}
            }
    found = _labels((statements, accounts), cohorts, retrain=retrain, months=months, floor=floor)
    assert found == expected
    assert len({label for label, _ in found.values()}) in {0, 2}


def _labels(
    tables: tuple[list[dict], list[dict]],
    cohorts: tuple[date, ...],
    *,
    retrain: date,
    months: int,
    floor: float,
) -> dict[tuple[str, date], tuple[bool, datetime]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, rows in zip(("statements", "accounts"), tables, strict=True):
        connection.register(name, pa.Table.from_pylist(rows))
    entities = pa.table(
        {
            "account_id": [f"A{number:03d}" for _ in cohorts for number in range(ACCOUNTS)],
            "as_of": pa.array([day for day in cohorts for _ in range(ACCOUNTS)], pa.date32()),
        }
    )
    try:
        frame = labels_from_statements(
            connection,
            entities,
            retrain_as_of=retrain,
            label_window_months=months,
            resolved_share_floor=floor,
        ).frame
    except NotEnoughOutcomes:
        return {}
    return {
        (account, as_of.date()): (bool(label), known.to_pydatetime())
        for account, as_of, label, known in zip(
            frame["account_id"],
            frame["as_of"],
            frame["label"],
            frame["label_known_at"],
            strict=True,
        )
    }

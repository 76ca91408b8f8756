"""The regression and the reading of limit responses, against slow and plain twins."""

import math
from datetime import UTC, date, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy import optimize

from tests.response_samples import response_policy
from training.response_fit import Family, fit
from training.response_rows import read_response_rows

WINDOW = response_policy().window
AS_OF = date(2024, 12, 31)
INSTANT = pa.timestamp("us", tz="UTC")


def plain_log_likelihood(
    at: np.ndarray, inputs: np.ndarray, outcome: np.ndarray, weight: np.ndarray, family: Family
) -> float:
    total = 0.0
    for row, seen, counted in zip(inputs, outcome, weight, strict=True):
        linear = sum(a * x for a, x in zip(at, row, strict=True))
        base = math.exp(linear) if family is Family.POISSON else math.log1p(math.exp(linear))
        total += counted * (seen * linear - base)
    return total


def plain_covariance(
    at: np.ndarray,
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    customer: np.ndarray,
    family: Family,
) -> np.ndarray:
    """The sandwich, row by row: outer products of each customer's summed scores."""
    inputs, outcome, weight = rows
    size = len(at)
    curve, scores = np.zeros((size, size)), {}
    for row, seen, counted, who in zip(inputs, outcome, weight, customer, strict=True):
        linear = float(row @ at)
        mean = math.exp(linear) if family is Family.POISSON else 1 / (1 + math.exp(-linear))
        spread = mean if family is Family.POISSON else mean * (1 - mean)
        curve += counted * spread * np.outer(row, row)
        scores[who] = scores.get(who, np.zeros(size)) + counted * (seen - mean) * row
    meat = sum(np.outer(score, score) for score in scores.values())
    count = len(scores)
    return np.linalg.inv(curve) @ meat @ np.linalg.inv(curve) * count / (count - 1)


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("seed", range(4))
def test_the_regression_is_that_of_a_general_optimizer_with_a_plain_sandwich(family, seed):
    random = np.random.default_rng(seed)
    inputs = np.column_stack([np.ones(60), random.normal(size=(60, 2))])
    linear = inputs @ [0.2, 0.5, -0.4]
    if family is Family.POISSON:
        outcome = np.exp(linear) * random.gamma(2.0, 0.5, 60) * (random.random(60) > 0.2)
    else:
        outcome = (random.random(60) < 1 / (1 + np.exp(-linear))).astype(float)
    weight, customer = random.uniform(0.5, 2.0, 60), np.arange(60) // 3
    found = fit(inputs, outcome, weight, customer, family)
    best = optimize.minimize(
        lambda at: -plain_log_likelihood(at, inputs, outcome, weight, family),
        np.zeros(3),
        method="BFGS",
        options={"gtol": 1e-7},
    )
    assert found.coefficients == pytest.approx(best.x, abs=1e-4)
    plain = plain_covariance(found.coefficients, (inputs, outcome, weight), customer, family)
    assert found.covariance == pytest.approx(plain, rel=1e-9)


def months_later(at: datetime, months: int) -> datetime:
    """A calendar's months, the last day of a shorter month where there is no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    for day in range(at.day, 0, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError


def plain_row(change: dict, bills: list[dict], accounts: list[dict]) -> tuple | None:
    """What is seen of one change, by the words of the policy; None where it is no row."""
    at, name = change["event_timestamp"], change["account_id"]
    mine = [bill for bill in bills if bill["account_id"] == name]
    end = months_later(at, WINDOW.default_months)
    first = months_later(at, -WINDOW.months_before)
    before = [b for b in mine if first < b["event_timestamp"] <= at]
    after = [
        b for b in mine if at < b["event_timestamp"] <= months_later(at, WINDOW.balance_months)
    ]
    within = [b for b in mine if at < b["event_timestamp"] <= end]
    if not before or not after:
        return None
    if max(before, key=lambda b: b["event_timestamp"])["days_past_due"] >= 90:
        return None
    defaulted = any(b["days_past_due"] >= 90 for b in within)
    followed = any(b["event_timestamp"] > end - timedelta(days=35) for b in within)
    closed = any(
        a["account_id"] == name and a["status"] == "closed" and at < a["event_timestamp"] <= end
        for a in accounts
    )
    if not (defaulted or followed or closed):
        return None

    def mean(bills: list[dict]) -> float:
        return sum(max(b["balance_minor"], 0) for b in bills) / len(bills)

    return name, at, mean(before), mean(after), defaulted


@pytest.mark.parametrize("seed", range(3))
def test_the_rows_are_those_that_a_plain_reading_finds(seed):
    random = np.random.default_rng(seed)
    start = datetime(2023, 6, 1, 12, tzinfo=UTC)
    names = [f"A{number:02d}" for number in range(40)]
    bills, accounts, changes = [], [], []
    for name in names:
        born, gone = random.integers(0, 4), random.integers(8, 20)
        late = 90 if random.random() < 0.15 else 30
        for month in range(born, gone):
            day = start + timedelta(days=30 * int(month) + int(random.integers(0, 3)))
            owed = int(random.integers(-20, 500))
            days = int(late * (random.random() < 0.1))
            bills.append(
                {
                    "account_id": name,
                    "event_timestamp": day,
                    "balance_minor": owed,
                    "days_past_due": days,
                }
            )
        status = "closed" if random.random() < 0.5 else "open"
        for when, word in ((start, "open"), (day + timedelta(days=3), status)):
            accounts.append(
                {
                    "account_id": name,
                    "customer_id": "C",
                    "product": "pay_later",
                    "status": word,
                    "event_timestamp": when,
                    "created_timestamp": when,
                }
            )
        for _ in range(2):
            when = start + timedelta(days=int(random.integers(20, 500)))
            changes.append(
                {
                    "account_id": name,
                    "event_timestamp": when,
                    "from_minor": 1000,
                    "to_minor": int(random.choice([800, 1250])),
                    "randomized": bool(random.random() < 0.8),
                    "propensity": 0.5,
                }
            )
    with duckdb.connect() as lake:
        lake.execute("SET TimeZone = 'UTC'")
        for table, rows in (
            ("statements", bills),
            ("accounts", accounts),
            ("limit_changes", changes),
        ):
            lake.register(table, pa.Table.from_pylist(rows))
        found = read_response_rows(lake, as_of=AS_OF, window=WINDOW)
    drawn = [change for change in changes if change["randomized"]]
    over = datetime(2024, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)
    mature = [change for change in drawn if change["event_timestamp"] <= over]
    plain = sorted(filter(None, (plain_row(change, bills, accounts) for change in mature)))
    assert (found.drawn, found.waiting) == (len(drawn), len(drawn) - len(mature))
    columns = ["account_id", "changed_at", "balance_before_minor", "balance_after_minor"]
    rows = list(found.frame[[*columns, "defaulted"]].itertuples(index=False, name=None))
    assert len(rows) > 10
    assert [(row[0], row[1].to_pydatetime(), row[4]) for row in rows] == [
        (row[0], row[1], row[4]) for row in plain
    ]
    owed = np.array([row[2:4] for row in rows])
    assert owed == pytest.approx(np.array([row[2:4] for row in plain]))

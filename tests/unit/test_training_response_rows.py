"""Which limits drawn at random are rows, and what is seen of them: one account a case."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from credit_limits.domain.periods import add_months, month_end
from tests.response_samples import AS_OF, response_policy, trial
from training.response_rows import ResponseRows, read_response_rows, step_of

WINDOW = response_policy().window
CHANGED = datetime(2024, 3, 10, 2, tzinfo=UTC)
INSTANT = pa.timestamp("us", tz="UTC")


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def statements(account: str, **changed: object) -> list[dict]:
    """A year of statements: 100 each month to February, 130 from March; ``days`` by month."""
    days, last = changed.get("days", {}), changed.get("last", 12)
    return [
        {
            "account_id": account,
            "event_timestamp": noon(month_end(date(2024, month, 1))),
            "balance_minor": changed.get("owed", 100 if month < 3 else 130),
            "days_past_due": days.get(month, 0),
        }
        for month in range(changed.get("first", 1), last + 1)
    ]


def change(account: str, at: datetime = CHANGED, **changed: object) -> dict:
    stated = {"from_minor": 1000, "to_minor": 1250, "randomized": True, "propensity": 0.45}
    return {"account_id": account, "event_timestamp": at, **stated, **changed}


def opened(account: str, **changed: object) -> dict:
    stated = {"customer_id": f"C-{account}", "product": "pay_later", "status": "open"}
    start = datetime(2023, 1, 1, tzinfo=UTC)
    return {
        "account_id": account,
        "event_timestamp": start,
        "created_timestamp": start,
        **stated,
        **changed,
    }


def read(
    *changes: dict, bills: list[dict] | None = None, accounts: list[dict] = ()
) -> ResponseRows:
    names = sorted({item["account_id"] for item in changes})
    tables = {
        "limit_changes": list(changes),
        "statements": bills or [row for name in names for row in statements(name)],
        "accounts": list(accounts) or [opened(name) for name in names],
    }
    with duckdb.connect() as lake:
        lake.execute("SET TimeZone = 'UTC'")
        for name, rows in tables.items():
            lake.register(name, _arrow(rows))
        return read_response_rows(lake, as_of=AS_OF, window=WINDOW)


def _arrow(rows: list[dict]) -> pa.Table:
    table = pa.Table.from_pylist(rows)
    return table.cast(
        pa.schema(
            pa.field(item.name, INSTANT if pa.types.is_timestamp(item.type) else item.type)
            for item in table.schema
        )
    )


def test_a_change_has_what_was_seen_before_and_after():
    found = read(change("A"))
    (row,) = found.frame.to_dict("records")
    assert (row["account_id"], row["customer_id"], row["product"]) == ("A", "C-A", "pay_later")
    assert row["log_limit_ratio"] == pytest.approx(np.log(1.25))
    assert (row["balance_before_minor"], row["balance_after_minor"]) == (100.0, 130.0)
    assert (row["propensity"], row["from_minor"], row["defaulted"]) == (0.45, 1000, False)
    assert (len(found), found.drawn, found.waiting) == (1, 1, 0)
    assert (found.use_before.tolist(), found.use_after.tolist()) == ([0.1], [0.13])


def test_only_what_was_drawn_at_random_is_a_row():
    found = read(
        change("A"),
        change("B", randomized=False),
        change("C", propensity=None),
        change("D", randomized=None),
        change("E", from_minor=0),
        change("F", to_minor=0),
    )
    assert found.frame["account_id"].tolist() == ["A"]
    assert found.drawn == 1


def test_a_lender_that_does_not_say_what_was_drawn_has_no_rows():
    silent = {"account_id": "A", "event_timestamp": CHANGED, "from_minor": 1, "to_minor": 2}
    found = read(silent)
    assert (len(found), found.drawn) == (0, 0)


@pytest.mark.parametrize(("day", "counts"), [(date(2024, 6, 30), True), (date(2024, 7, 1), False)])
def test_a_change_waits_until_its_months_are_over(day, counts):
    found = read(change("A", noon(day)))
    assert (len(found), found.waiting) == (counts, not counts)


@pytest.mark.parametrize(
    ("days", "defaulted"),
    [
        ({3: 90}, True),
        ({9: 30, 8: 120}, True),
        ({9: 89}, False),
        ({10: 90}, False),
        ({1: 30, 2: 60}, False),
    ],
)
def test_a_default_counts_within_six_months_and_from_90_days(days, defaulted):
    found = read(change("A"), bills=statements("A", days=days))
    assert found.defaulted.tolist() == [defaulted]


@pytest.mark.parametrize(
    "bills",
    [
        statements("A", days={2: 90, 1: 60}),
        statements("A", first=3),
        statements("A", last=2),
        statements("A", last=7),
    ],
    ids=["in default already", "nothing before", "nothing after", "lost to sight"],
)
def test_an_account_that_cannot_be_compared_is_no_row(bills):
    found = read(change("A"), bills=bills)
    assert (len(found), found.drawn, found.waiting) == (0, 1, 0)


def test_an_account_that_was_closed_within_its_window_counts_to_its_end():
    when = {"status": "closed", "event_timestamp": CHANGED + timedelta(days=60)}
    closed = [opened("A"), opened("A", created_timestamp=CHANGED, **when)]
    assert len(read(change("A"), bills=statements("A", last=4), accounts=closed)) == 1
    later = [opened("A"), opened("A", status="closed", event_timestamp=noon(date(2024, 12, 1)))]
    assert len(read(change("A"), bills=statements("A", last=4), accounts=later)) == 0


def test_one_that_defaulted_and_was_seen_no_more_counts():
    found = read(change("A"), bills=statements("A", days={5: 95}, last=5))
    assert found.defaulted.tolist() == [True]


def test_what_is_overpaid_is_owed_at_0():
    assert read(change("A"), bills=statements("A", owed=-50)).use_after.tolist() == [0.0]


def test_months_before_are_three_and_months_after_six():
    """Balances that tell their month: November to January before, February to July after."""
    at = datetime(2024, 2, 5, tzinfo=UTC)
    months = [add_months(date(2023, 8, 31), ahead) for ahead in range(14)]
    bills = [
        {
            "account_id": "A",
            "event_timestamp": noon(day),
            "balance_minor": 10**place,
            "days_past_due": 0,
        }
        for place, day in enumerate(months)
    ]
    (row,) = read(change("A", at), bills=bills).frame.to_dict("records")
    assert row["balance_before_minor"] == pytest.approx((10**3 + 10**4 + 10**5) / 3)
    assert row["balance_after_minor"] == pytest.approx(sum(10**n for n in range(6, 12)) / 6)


def test_the_latest_word_on_an_account_s_customer_and_product_counts():
    later = CHANGED + timedelta(days=1)
    accounts = [opened("A"), opened("A", product="cash_loan", created_timestamp=later)]
    assert read(change("A"), accounts=accounts).frame["product"].tolist() == ["cash_loan"]
    nameless = [opened("A", product=None), opened("B")]
    assert read(change("A"), change("B"), accounts=nameless).frame["product"].tolist() == [
        "",
        "pay_later",
    ]


def test_rows_come_in_the_order_of_account_and_time():
    second = CHANGED + timedelta(days=20)
    found = read(change("B"), change("A", second), change("A"))
    assert found.frame["account_id"].tolist() == ["A", "A", "B"]
    assert found.frame["changed_at"].is_monotonic_increasing is False
    assert found.frame["changed_at"][0] < found.frame["changed_at"][1]
    assert found.customer.tolist() == [0, 0, 1]


def test_arms_count_as_if_drawn_alike():
    found = trial(4000)
    arm = step_of(found.dose, 0.25)
    totals = [found.weight[arm == step].sum() for step in (-1, 1, 2)]
    assert found.weight.mean() == pytest.approx(1.0)
    assert np.array(totals) / sum(totals) == pytest.approx(np.full(3, 1 / 3), abs=0.02)


@pytest.mark.parametrize(
    ("ratio", "step"), [(0.75, -1), (0.86, -1), (1.0, 0), (1.2, 1), (1.33, 1), (1.56, 2), (1.67, 2)]
)
def test_limits_rounded_to_steps_stay_in_the_step_of_their_arm(ratio, step):
    assert step_of(np.log([ratio]), 0.25).tolist() == [step]


def test_rows_that_contradict_their_counts_are_unbuildable():
    frame = trial(10).frame
    for drawn, waiting in ((9, 0), (10, 1), (20, -1)):
        with pytest.raises(ValueError, match="10 rows"):
            ResponseRows(frame, drawn, waiting)
    with pytest.raises(ValueError, match="without its propensity"):
        ResponseRows(frame.assign(propensity=0.0), 10, 0)
    with pytest.raises(ValueError, match="without its propensity"):
        ResponseRows(frame.assign(propensity=np.nan), 10, 0)
    assert isinstance(trial(10).frame, pd.DataFrame)

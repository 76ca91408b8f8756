"""The page's aggregates by SQL against a plain count over the same rows."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.account import Scenario
from credit_limits.domain.decision import Action
from credit_limits.explanation.reasons import BESIDE_THE_LIMIT
from tidegate.operations.cycle_queries import DecisionRows, incomes_changed, portfolio

ACTIONS = tuple(Action)
REASONS = ("overdue", "cool_off", "inactive", "already_best")
LIMITS = st.integers(0, 600).map(lambda hundreds: hundreds * 100_000)
START = datetime(2024, 1, 31, tzinfo=UTC)
DAY = date(2024, 5, 2)  # 92 days after the start, so that a statement of the first day is too old

decision_rows = st.lists(
    st.fixed_dictionaries(
        {
            "product": st.sampled_from(["pay_later", "cash_loan"]),
            "grade": st.sampled_from("ABG"),
            "actions": st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3, unique=True),
            "from_minor": LIMITS,
            "to_minor": LIMITS,
            "reasons": st.lists(st.sampled_from(REASONS), min_size=1, max_size=3, unique=True),
            "scenario_limits_minor": st.lists(LIMITS, min_size=9, max_size=9),
            "state_before": st.sampled_from(["open", "frozen", "increases_closed", None]),
            "state_causes": st.sampled_from([[], ["overdue"], None]),
            "annual_rate_from": st.sampled_from([0.18, None]),
            "batch_id": st.sampled_from(["first", "second", "other"]),
            "account_id": st.integers(0, 25).map(lambda number: f"a{number:03d}"),
        }
    ),
    max_size=40,
    unique_by=lambda row: (row["account_id"], row["batch_id"]),
)

DECISION_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("account_id", "product", "grade", "action")),
        *((name, pa.int64()) for name in ("from_minor", "to_minor")),
        ("actions", pa.list_(pa.string())),
        ("reasons", pa.list_(pa.string())),
        ("scenarios", pa.list_(pa.string())),
        ("scenario_limits_minor", pa.list_(pa.int64())),
        ("state_before", pa.string()),
        ("state_causes", pa.list_(pa.string())),
        ("annual_rate_from", pa.float64()),
        ("batch_id", pa.string()),
    ]
)


def decided(rows):
    connection = duckdb.connect()
    for row in rows:
        row["action"] = row["actions"][0]
        if row["product"] == "cash_loan":
            row["scenario_limits_minor"] = []
        row["scenarios"] = list(Scenario)[: len(row["scenario_limits_minor"])]
    connection.register("decisions", pa.Table.from_pylist(rows, schema=DECISION_SCHEMA))
    standing = {}
    for batch in ("first", "second"):
        standing |= {row["account_id"]: row for row in rows if row["batch_id"] == batch}
    return DecisionRows.of_batches(connection, ["first", "second"]), list(standing.values())


@settings(max_examples=25)
@given(decision_rows)
def test_groups(rows):
    sql, mine = decided(rows)
    for key, groups in (("product", sql.by_product()), ("grade", sql.by_grade())):
        assert {group.name for group in groups} == {row[key] for row in mine}
        for group in groups:
            members = [row for row in mine if row[key] == group.name]
            counted = Counter(row["action"] for row in members)
            assert dict(group.actions) == {action: counted[action] for action in ACTIONS}
            done = Counter(action for row in members for action in row["actions"])
            assert dict(group.beside) == {action: done[action] for action in BESIDE_THE_LIMIT}
            assert group.before_minor == sum(row["from_minor"] for row in members)
            assert group.after_minor == sum(row["to_minor"] for row in members)
    assert sql.total().accounts == len(mine)
    assert sql.total().after_minor == sum(row["to_minor"] for row in mine)
    assert [group.name for group in sql.by_grade()] == sorted({row["grade"] for row in mine})


@settings(max_examples=25)
@given(decision_rows)
def test_a_later_batch_takes_the_place_of_an_earlier_one(rows):
    sql, mine = decided(rows)
    assert sql.of_batch() == Counter(row["batch_id"] for row in mine)


@settings(max_examples=25)
@given(decision_rows)
def test_largest_moves(rows):
    sql, mine = decided(rows)
    for sign in (1, -1):
        moved = [r for r in mine if (r["to_minor"] - r["from_minor"]) * sign > 0]
        moved.sort(key=lambda r: (-abs(r["to_minor"] - r["from_minor"]), r["account_id"]))
        shown = sql.largest_moves(sign, str.upper)
        assert [move.account_id for move in shown] == [r["account_id"] for r in moved[:8]]
        assert [move.reason for move in shown] == [r["reasons"][0].upper() for r in moved[:8]]


@settings(max_examples=25)
@given(decision_rows)
def test_bands_hold_every_account_once_and_end_where_there_are_some(rows):
    sql, mine = decided(rows)
    bands = sql.bands()
    assert sum(band.before for band in bands) == sum(band.after for band in bands) == len(mine)
    for band in bands:
        high = float("inf") if band.high_minor is None else band.high_minor
        assert band.before == sum(band.low_minor <= r["from_minor"] < high for r in mine)
        assert band.after == sum(band.low_minor <= r["to_minor"] < high for r in mine)
    if bands:
        assert bands[0].before + bands[0].after > 0
        assert bands[-1].before + bands[-1].after > 0
        assert [b.high_minor for b in bands[:-1]] == [b.low_minor for b in bands[1:]]


@settings(max_examples=8)
@given(decision_rows)
def test_shares_of_the_limit_by_use(rows):
    sql, mine = decided(rows)
    mine = [row for row in mine if row["product"] == "pay_later"]
    expected = []
    for grade in (*sorted({row["grade"] for row in mine}), "All"):
        members = [row for row in mine if grade in ("All", row["grade"])]
        limit = sum(row["to_minor"] for row in members)
        used = [sum(row["scenario_limits_minor"][k] for row in members) for k in range(9)]
        shares = [amount / limit if limit else 0.0 for amount in used]
        expected.append((grade, len(members), tuple(zip(Scenario, shares, strict=True))))
    found = [(row.name, row.accounts, row.shares) for row in sql.scenario_shares()]
    assert found == (expected if mine else [])


@settings(max_examples=15)
@given(decision_rows)
def test_states_and_rates(rows):
    sql, mine = decided(rows)
    frozen = [row for row in mine if row["state_before"] == "frozen"]
    assert sql.states_and_rates() == (
        len(frozen),
        sum(not row["state_causes"] for row in frozen),
        sum(row["state_before"] == "increases_closed" for row in mine),
        sum(row["annual_rate_from"] is not None for row in mine),
    )


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, 1, 2])), max_size=9))
def test_customers_with_different_incomes_on_record(records):
    connection = duckdb.connect()
    columns = list(zip(*records, strict=True)) or [(), ()]
    customers = {
        "customer_id": pa.array(columns[0], pa.string()),
        "income_monthly_minor": pa.array(columns[1], pa.int64()),
    }
    connection.register("customers", pa.table(customers))
    known = [(who, income) for who, income in records if income is not None]
    changed = [who for who in "abc" if {(who, 1), (who, 2)} <= {*known}]
    assert incomes_changed(connection) == len(changed)


def test_a_table_of_before_there_were_sub_limits_and_states_has_none():
    connection = duckdb.connect()
    old = (
        *("scenarios", "scenario_limits_minor"),
        *("state_before", "state_causes", "annual_rate_from"),
    )
    fields = [field for field in DECISION_SCHEMA if field.name not in old]
    row = {"account_id": "a", "product": "pay_later", "grade": "A", "batch_id": "first"}
    connection.register("decisions", pa.Table.from_pylist([row], schema=pa.schema(fields)))
    found = DecisionRows.of_batches(connection, ["first"])
    assert found.scenario_shares() == ()
    assert found.states_and_rates() == (0, 0, 0, 0)


@settings(max_examples=25)
@given(decision_rows)
def test_reasons(rows):
    sql, mine = decided(rows)
    first = Counter(row["reasons"][0] for row in mine)
    anywhere = Counter(reason for row in mine for reason in row["reasons"])
    ranked = sorted(anywhere, key=lambda code: (-first[code], -anywhere[code], code))
    assert [(r.code, r.sentence, r.first, r.anywhere) for r in sql.reasons(str.title)] == [
        (code, code.title(), first[code], anywhere[code]) for code in ranked
    ]


account_rows = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 4),
        st.sampled_from(["pay_later", "cash_loan"]),
        LIMITS,
        st.sampled_from(["open", "frozen", "closed"]),
    ),
    max_size=25,
    unique_by=lambda row: row[:2],
)
statement_rows = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.integers(0, 4),
        st.integers(-1000, 10**8),
        st.sampled_from([0, 0, 1, 29, 30, 59, 60, 89, 90, 400]),
    ),
    max_size=25,
    unique_by=lambda row: row[:2],
)


def lake_views(accounts, statements):
    connection = duckdb.connect()
    names = {
        "accounts": ("account_id", "event_timestamp", "product", "limit_minor", "status"),
        "statements": ("account_id", "event_timestamp", "balance_minor", "days_past_due"),
    }
    for table, rows in (("accounts", accounts), ("statements", statements)):
        dated = [(f"a{key}", START + timedelta(days=day), *rest) for key, day, *rest in rows]
        kinds = [pa.string(), pa.timestamp("us", "UTC")]
        kinds += [pa.string(), pa.int64(), pa.string()] if table == "accounts" else [pa.int64()] * 2
        schema = pa.schema(list(zip(names[table], kinds, strict=True)))
        records = [dict(zip(names[table], row, strict=True)) for row in dated]
        connection.register(table, pa.Table.from_pylist(records, schema=schema))
    return connection


def latest(rows):
    newest = {}
    for key, day, *rest in sorted(rows, key=lambda row: row[:2]):
        newest[key] = (day, *rest)
    return {key: rest for key, (_, *rest) in newest.items()}


def bucket(days: int) -> int:
    return sum(days >= start for start in (1, 30, 60, 90))


@settings(max_examples=25)
@given(account_rows, statement_rows)
def test_portfolio(accounts, statements):
    standings = portfolio(lake_views(accounts, statements), DAY, has_statements=True)
    opened = {key: row for key, row in latest(accounts).items() if row[2] != "closed"}
    known = latest([row for row in statements if row[1] > 0])
    assert {standing.product for standing in standings} == {row[0] for row in opened.values()}
    assert [s.accounts for s in standings] == sorted((s.accounts for s in standings), reverse=True)
    for standing in standings:
        mine = {key: row for key, row in opened.items() if row[0] == standing.product}
        billed = [key for key in mine if key in known]
        assert standing.accounts == len(mine)
        assert standing.limit_minor == sum(row[1] for row in mine.values())
        assert standing.with_statement == len(billed)
        assert standing.balance_minor == sum(known[key][0] for key in billed)
        assert standing.limit_with_statement_minor == sum(mine[key][1] for key in billed)
        counts = Counter(bucket(known[key][1]) for key in billed)
        assert standing.past_due == tuple(counts[index] for index in range(5))


def test_a_portfolio_without_statements_has_no_balances():
    connection = lake_views([(1, 0, "pay_later", 500_000, "open")], [])
    (standing,) = portfolio(connection, DAY, has_statements=False)
    assert (standing.accounts, standing.with_statement, standing.balance_minor) == (1, 0, 0)
    assert standing.utilization_ratio is None


@pytest.mark.parametrize("days", [-1, 0])
def test_no_days_past_due_is_not_past_due(days):
    connection = lake_views([(1, 0, "pay_later", 500_000, "open")], [(1, 1, 100, days)])
    assert portfolio(connection, DAY, has_statements=True)[0].past_due == (1, 0, 0, 0, 0)

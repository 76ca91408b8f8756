"""Whose state is in force, by SQL over many accounts, against following one account at a time."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.periods import end_of_day
from credit_limits.policy.account_changes import STATE_CAUSES, mask_of
from credit_limits.policy.portfolio import STATUSES
from tidegate.operations.limit_state import read_portfolio

AS_OF = date(2024, 6, 30)
STATES = ("open", "increases_closed", "frozen")
CAUSES = st.sampled_from([None, "account_takeover", "seriously_overdue", "persistent_debt"])
INSTANT = pa.timestamp("us", tz="UTC")


class RowsInMemory:
    """What the reading of states asks of a lake, over tables in memory."""

    def __init__(self, **tables: pa.Table) -> None:
        self.tables = tables

    def versions(self) -> dict[str, int]:
        return dict.fromkeys(self.tables, 0)

    def connect(self, versions, *, known_at, tables):
        assert known_at == AS_OF
        connection = duckdb.connect()
        connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        for name in set(tables) & set(versions):
            connection.register(name, self.tables[name])
        return connection


@st.composite
def histories(draw):
    """What the books say of an account and what was decided of it, each on a day of its own."""
    days = draw(st.lists(st.integers(0, 200), min_size=2, max_size=7, unique=True))
    split = draw(st.integers(1, len(days)))
    booked = [(day, draw(st.sampled_from(STATES)), draw(CAUSES)) for day in sorted(days[:split])]
    decided = [
        (day, draw(st.sampled_from(STATES)), draw(st.integers(0, 200)), draw(CAUSES))
        for day in sorted(days[split:])
    ]
    taken_over = draw(st.booleans())
    if taken_over:  # a decision that kept a state which the books had made has its day
        decided = [(day, state, booked[-1][0], cause) for day, state, _, cause in decided]
    return booked, decided


def moment(day: int) -> datetime:
    return datetime(2024, 1, 1, 18, tzinfo=UTC) + timedelta(days=day)


def on(day: int) -> date:
    return moment(day).date()


def in_force(booked, decided):
    """State, the day it began, the mask of its causes, and whether the books undid a freeze."""
    instant = end_of_day(AS_OF)
    booked = [row for row in booked if moment(row[0]) <= instant]
    decided = [row for row in decided if end_of_day(on(row[0])) < instant]
    _, status, cause = booked[-1]
    since = froze = None
    before = None
    for day, state, _ in booked:
        if state != before:
            since = day
            froze = day if state == "frozen" else froze
        before = state
    if decided:
        day, state, began, why = decided[-1]
        if end_of_day(on(day)) >= moment(since) or state == status:
            return state, on(began), mask_of([why] if why else [], STATE_CAUSES), False
        ours = froze is None or on(began) != on(froze)
        conflict = state == "frozen" and why is not None and ours
    else:
        conflict = False
    return status, on(since), mask_of([cause] if cause else [], STATE_CAUSES), conflict


def tables_of(accounts) -> RowsInMemory:
    booked = [
        {
            "account_id": f"A{number:02d}",
            "customer_id": "C",
            "product": "pay_later",
            "partner_id": None,
            "limit_minor": 100,
            "apr": 0.18,
            "status": status,
            "status_cause": cause,
            "event_timestamp": moment(day),
        }
        for number, (rows, _) in enumerate(accounts)
        for day, status, cause in rows
    ]
    decided = [
        {
            "account_id": f"A{number:02d}",
            "from_minor": 1,
            "to_minor": 1,
            "increases_closed_until": None,
            "state": state,
            "state_since": on(began),
            "state_causes": [cause] if cause else [],
            "extension_months": 0,
            "annual_rate_to": None,
            "event_timestamp": end_of_day(on(day)),
        }
        for number, (_, rows) in enumerate(accounts)
        for day, state, began, cause in rows
    ]
    text, whole = pa.string(), pa.int64()
    schema = pa.schema(
        [
            *(("account_id", text), ("from_minor", whole), ("to_minor", whole)),
            *(("increases_closed_until", INSTANT), ("state", text), ("state_since", pa.date32())),
            *(("state_causes", pa.list_(text)), ("extension_months", whole)),
            *(("annual_rate_to", pa.float64()), ("event_timestamp", INSTANT)),
        ]
    )
    books = pa.Table.from_pylist(booked)
    for name in ("partner_id", "status_cause"):
        books = books.set_column(books.column_names.index(name), name, books[name].cast(text))
    customer = {
        "customer_id": ["C"],
        "human_review_only": [False],
        "declines_increases": [False],
        "segment": ["consumer"],
        "region": ["east"],
        "income_monthly_minor": [1],
        "event_timestamp": pa.array([moment(-100)], INSTANT),
    }
    return RowsInMemory(
        accounts=books,
        customers=pa.table(customer),
        decisions=pa.Table.from_pylist(decided, schema),
    )


def read(known):
    """State, day, mask and conflict of each account, as the portfolio has them."""
    ids = [f"A{number:02d}" for number in range(len(known))]
    scored = pd.DataFrame({"account_id": ids, "score": 0.05})
    found = read_portfolio(tables_of(known), AS_OF, scored, "score")
    return [
        (STATUSES[status].value, since.astype(object), causes, conflict)
        for status, since, causes, conflict in zip(
            found.status.tolist(),
            found.state_since,
            found.state_causes.tolist(),
            found.state_conflict.tolist(),
            strict=True,
        )
    ]


@given(st.lists(histories(), min_size=12, max_size=12))
@settings(max_examples=8)
def test_the_state_in_force_is_what_was_said_last(accounts):
    known = [
        (booked, decided)
        for booked, decided in accounts
        if moment(booked[0][0]) <= end_of_day(AS_OF)
    ]
    if not known:
        return
    assert read(known) == [in_force(booked, decided) for booked, decided in known]


FREEZE, THAW = (30, "frozen", "seriously_overdue"), (90, "open", None)


@pytest.mark.parametrize(
    ("booked", "began", "conflict"),
    [
        ([FREEZE, THAW], 30, False),
        ([FREEZE, THAW], 60, True),
        # a row that changes the limit begins no freeze
        ([FREEZE, (45, "frozen", "seriously_overdue"), THAW], 30, False),
        ([FREEZE, (45, "frozen", "seriously_overdue"), THAW], 45, True),
        ([(30, "open", None), (80, "increases_closed", None)], 60, True),
    ],
)
def test_a_freeze_of_ours_that_the_books_undo_is_a_conflict_and_one_of_theirs_is_none(
    booked, began, conflict
):
    account = (booked, [(60, "frozen", began, "seriously_overdue")])
    assert read([account]) == [in_force(*account)]
    assert in_force(*account)[-1] is conflict

"""The portfolio as the lake knew it at a date: nothing later, no decision of the day itself."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from credit_limits.domain.errors import DataMissing
from credit_limits.domain.periods import end_of_day
from credit_limits.policy.portfolio import PRODUCTS, STATUSES
from tidegate.adapters.lake import Lake
from tidegate.operations.limit_state import read_portfolio

AS_OF = date(2024, 6, 30)
EARLY = datetime(2023, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us", tz="UTC")


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rows(*records: dict[str, object], known: datetime | None = None) -> pa.Table:
    """Rows of a table; each happened early unless it says when, and was known at once."""
    full = []
    for record in records:
        happened = record.get("event_timestamp", EARLY)
        full.append({**record, "event_timestamp": happened, "created_timestamp": known or happened})
    table = pa.Table.from_pylist(full)
    fields = [
        pa.field(f.name, INSTANT if pa.types.is_timestamp(f.type) else f.type) for f in table.schema
    ]
    return table.cast(pa.schema(fields))


def account(number: int, customer: int, **change: object) -> dict[str, object]:
    return {
        "account_id": f"A{number}",
        "customer_id": f"C{customer}",
        "product": "pay_later",
        "partner_id": "partner_a",
        "limit_minor": 1_000_000,
        "apr": 0.18,
        "status": "open",
        **change,
    }


def customer(number: int, **change: object) -> dict[str, object]:
    return {
        "customer_id": f"C{number}",
        "human_review_only": False,
        "declines_increases": False,
        "segment": "consumer",
        "region": "east",
        "income_monthly_minor": 1_000_000,
        **change,
    }


def scored(*ids: str, **columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"account_id": list(ids), "score": 0.05, **columns})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(tmp_path / "lake", tmp_path / "protected")
    found.append("accounts", rows(account(1, 1), account(2, 1, product="cash_loan")), "first")
    found.append("customers", rows(customer(1)), "first")
    return found


def test_where_customers_are_who_they_are_and_who_brought_them(lake):
    lake.append("accounts", rows(account(3, 2, partner_id=None), account(4, 3)), "second")
    unknown = customer(2, segment=None, region=None)
    merchant = customer(3, segment="micro_merchant", region="west")
    lake.append("customers", rows(merchant, unknown), "second")
    found = read_portfolio(lake, AS_OF, scored("A1", "A3", "A4"), "score")
    accounts = [found.account(place) for place in range(3)]
    assert [account.segment for account in accounts] == ["consumer", None, "micro_merchant"]
    assert [account.region for account in accounts] == ["east", None, "west"]
    assert [account.partner for account in accounts] == ["partner_a", None, "partner_a"]


def test_a_lender_without_statements_changes_or_decisions(lake):
    found = read_portfolio(
        lake, AS_OF, scored("A2", "A1", income_monthly_minor=[5.0, 7.0]), "score"
    )
    assert found.account_id.tolist() == ["A1", "A2"]
    assert [PRODUCTS[place] for place in found.product] == ["pay_later", "cash_loan"]
    assert found.balance_minor.tolist() == [0, 0]
    assert np.isnan(found.months_since_limit_change).all()
    assert np.isnat(found.increases_closed_until).all()
    assert found.features.income_monthly_minor.tolist() == [7.0, 5.0]
    assert np.isnan(found.features.spend_90d_minor).all()
    assert found.default_probability.tolist() == [0.05, 0.05]


def test_totals_count_every_open_account_of_the_customer_also_those_not_asked_for(lake):
    lake.append("accounts", rows(account(3, 1, status="closed")), "closed")
    found = read_portfolio(lake, AS_OF, scored("A1"), "score")
    assert len(found) == 1
    assert found.customer_total_minor.tolist() == [2_000_000]
    assert found.customer_account_count.tolist() == [2]


def test_the_latest_that_was_known_counts(lake):
    lake.append(
        "accounts",
        rows(
            account(
                1, 1, limit_minor=1_500_000, status="frozen", event_timestamp=day("2024-03-01")
            ),
            account(1, 1, limit_minor=9_000_000, event_timestamp=day("2024-07-01")),
        ),
        "second",
    )
    lake.append(
        "accounts",
        rows(
            account(2, 1, limit_minor=7, event_timestamp=day("2024-05-01")), known=day("2024-07-02")
        ),
        "late",
    )
    lake.append(
        "statements",
        rows(
            {"account_id": "A1", "balance_minor": 11, "event_timestamp": day("2024-04-30")},
            {"account_id": "A1", "balance_minor": 22, "event_timestamp": day("2024-05-31")},
            {"account_id": "A1", "balance_minor": 33, "event_timestamp": day("2024-07-31")},
        ),
        "second",
    )
    lake.append(
        "customers",
        rows(customer(1, declines_increases=True, event_timestamp=day("2024-06-30"))),
        "second",
    )
    found = read_portfolio(lake, AS_OF, scored("A1", "A2"), "score")
    assert found.limit_minor.tolist() == [1_500_000, 1_000_000]
    assert [STATUSES[place] for place in found.status] == ["frozen", "open"]
    assert found.balance_minor.tolist() == [22, 0]
    assert found.declines_increases.tolist() == [True, True]


@pytest.mark.parametrize(
    ("happened", "known", "months"),
    [
        ("2024-06-01", None, 0.0),
        ("2024-05-31", None, 1.0),  # an end of a month to an end of a month is a whole one
        ("2024-05-30", None, 1.0),
        ("2023-12-30", None, 6.0),
        ("2023-12-31", None, 6.0),
        ("2024-01-01", None, 5.0),
        ("2024-06-30", "2024-07-01", None),
        ("2024-07-01", None, None),
    ],
)
def test_months_since_a_change_are_whole_months(lake, happened, known, months):
    change = {
        "account_id": "A1",
        "from_minor": 1,
        "to_minor": 2,
        "event_timestamp": end_of_day(date.fromisoformat(happened)),
    }
    lake.append("limit_changes", rows(change, known=known and day(known)), "changes")
    found = read_portfolio(lake, AS_OF, scored("A1", "A2"), "score").months_since_limit_change
    expected = [np.nan if months is None else months, np.nan]
    np.testing.assert_array_equal(found, expected)


def decision(number: int, happened: str, **change: object) -> dict[str, object]:
    return {
        "account_id": f"A{number}",
        "from_minor": 1,
        "to_minor": 1,
        "increases_closed_until": None,
        "state": "open",
        "state_since": date(2023, 1, 1),
        "state_causes": [],
        "extension_months": 0,
        "annual_rate_to": None,
        "event_timestamp": end_of_day(date.fromisoformat(happened)),
        **change,
    }


def test_earlier_decisions_count_and_those_of_the_day_do_not(lake):
    until = end_of_day(date(2024, 9, 30))
    lake.append(
        "decisions",
        rows(
            decision(1, "2024-02-29", to_minor=5),
            decision(1, "2024-03-31", increases_closed_until=until),
            decision(1, "2024-04-30", increases_closed_until=end_of_day(date(2024, 5, 31))),
            decision(2, "2024-06-30", to_minor=5, increases_closed_until=until),
        ),
        "decisions",
    )
    found = read_portfolio(lake, AS_OF, scored("A1", "A2"), "score")
    np.testing.assert_array_equal(found.months_since_limit_change, [4.0, np.nan])
    assert str(found.increases_closed_until[0]) == "2024-09-30"
    assert np.isnat(found.increases_closed_until[1])


def test_of_a_customer_who_is_not_known_a_person_decides(lake):
    lake.append("accounts", rows(account(4, 9)), "stranger")
    assert read_portfolio(lake, AS_OF, scored("A4"), "score").human_review_only.tolist() == [True]


def test_scored_accounts_that_are_not_open_are_named(lake):
    with pytest.raises(DataMissing, match=r"2 accounts have features at 2024-06-30.*first is A7"):
        read_portfolio(lake, AS_OF, scored("A1", "A8", "A7"), "score")


def test_a_lake_without_accounts(tmp_path):
    empty = Lake(tmp_path / "none", tmp_path / "none_protected")
    with pytest.raises(DataMissing, match="no table accounts, customers"):
        read_portfolio(empty, AS_OF, scored("A1"), "score")


def frozen(number: int, happened: str, **change: object) -> dict[str, object]:
    causes = ["account_takeover", "overdue"]
    return decision(
        number,
        happened,
        **{"state": "frozen", "state_since": date(2024, 3, 31), "state_causes": causes, **change},
    )


def states(lake: Lake) -> list[tuple[str, str, int, bool]]:
    found = read_portfolio(lake, AS_OF, scored("A1", "A2"), "score")
    return [
        (STATUSES[status], str(since), causes, conflict)
        for status, since, causes, conflict in zip(
            found.status.tolist(),
            found.state_since.astype(str),
            found.state_causes.tolist(),
            found.state_conflict.tolist(),
            strict=True,
        )
    ]


def test_without_decisions_the_state_is_that_of_the_books_since_they_say_so(lake):
    lake.append(
        "accounts",
        rows(
            account(1, 1, status="frozen", event_timestamp=day("2024-02-10")),
            account(1, 1, status="frozen", limit_minor=5, event_timestamp=day("2024-04-10")),
        ),
        "books",
    )
    assert states(lake) == [
        ("frozen", "2024-02-10", 0, False),
        ("open", "2023-01-01", 0, False),
    ]


def test_a_decided_state_holds_for_the_next_cycle_with_its_day_and_its_causes(lake):
    lake.append(
        "decisions",
        rows(
            frozen(1, "2024-03-31"),
            frozen(1, "2024-04-30"),
            frozen(2, "2024-05-31"),
            decision(2, "2024-06-30", state="increases_closed"),  # of the day itself
        ),
        "decisions",
    )
    assert states(lake) == [("frozen", "2024-03-31", 0b101, False)] * 2


@pytest.mark.parametrize(
    ("status", "cause", "causes"),
    [
        ("frozen", "account_takeover", 0b1),
        ("frozen", "seriously_overdue", 0b10),
        ("increases_closed", "persistent_debt", 0b10_0000_0000),
        ("frozen", None, 0),
    ],
)
def test_a_state_that_the_books_give_a_cause_rests_on_that_cause(lake, status, cause, causes):
    changed = {"status": status, "status_cause": cause, "event_timestamp": day("2024-02-10")}
    lake.append("accounts", rows(account(1, 1, **changed)), "books")
    assert states(lake)[0] == (status, "2024-02-10", causes, False)


def test_books_that_end_a_freeze_of_their_own_are_no_conflict(lake):
    """It was taken over from the books with its day and its cause, so they may end it too."""
    booked = account(
        1,
        1,
        status="frozen",
        status_cause="seriously_overdue",
        event_timestamp=day("2024-03-01"),
    )
    lake.append("accounts", rows(booked), "books")
    taken_over = {"state_since": date(2024, 3, 1), "state_causes": ["seriously_overdue"]}
    lake.append("decisions", rows(frozen(1, "2024-04-30", **taken_over)), "decisions")
    assert states(lake)[0] == ("frozen", "2024-03-01", 0b10, False)
    thawed = account(1, 1, status="increases_closed", event_timestamp=day("2024-05-10"))
    lake.append("accounts", rows(thawed), "more books")
    assert states(lake)[0] == ("increases_closed", "2024-05-10", 0, False)


@pytest.mark.parametrize(
    ("booked", "expected"),
    [
        ("frozen", ("frozen", "2024-03-31", 0b101, False)),  # the books follow the decision
        ("increases_closed", ("increases_closed", "2024-05-10", 0, True)),
        ("open", ("open", "2024-05-10", 0, True)),
    ],
)
def test_books_that_change_after_a_decision_win_and_undoing_a_freeze_is_a_conflict(
    lake, booked, expected
):
    lake.append("decisions", rows(frozen(1, "2024-03-31")), "decisions")
    before = [] if booked != "open" else [
        account(1, 1, status="frozen", event_timestamp=day("2024-04-20"))
    ]  # fmt: skip
    changed = account(1, 1, status=booked, event_timestamp=day("2024-05-10"))
    lake.append("accounts", rows(*before, changed), "books")
    assert states(lake)[0] == expected


def test_a_limit_booked_after_a_decision_is_no_change_of_state(lake):
    lake.append("decisions", rows(frozen(1, "2024-03-31")), "decisions")
    moved = account(1, 1, limit_minor=7, event_timestamp=day("2024-05-10"))
    lake.append("accounts", rows(moved), "books")
    assert states(lake)[0] == ("frozen", "2024-03-31", 0b101, False)


def test_terms_and_rates_that_were_changed_are_counted_from_in_months(lake):
    lake.append(
        "decisions",
        rows(
            decision(1, "2024-01-31", extension_months=6, annual_rate_to=0.16),
            decision(1, "2024-03-31", annual_rate_to=0.17),
            decision(1, "2024-05-31"),
            decision(2, "2024-06-30", extension_months=6, annual_rate_to=0.2),
        ),
        "decisions",
    )
    found = read_portfolio(lake, AS_OF, scored("A1", "A2"), "score")
    np.testing.assert_array_equal(found.months_since_extension, [5.0, np.nan])
    np.testing.assert_array_equal(found.months_since_rate_change, [3.0, np.nan])


@pytest.mark.parametrize(
    ("incomes", "lost"),
    [
        ([("2023-01-01", 1_000_000)], 0.0),
        ([("2023-01-01", 1_000_000), ("2024-05-01", 700_000)], 0.3),
        ([("2023-01-01", 1_000_000), ("2023-06-29", 700_000)], 0.0),  # a year and a day ago
        ([("2023-01-01", 1_000_000), ("2023-07-01", 700_000)], 0.3),
        ([("2023-01-01", 500_000), ("2024-01-01", 1_000_000), ("2024-05-01", 900_000)], 0.1),
        ([("2023-01-01", 500_000), ("2024-05-01", 900_000)], 0.0),
        ([("2023-01-01", 500_000), ("2024-05-01", None)], np.nan),
        ([("2023-01-01", 500_000), ("2024-07-01", 1)], 0.0),  # not known yet
    ],
)
def test_an_income_is_lost_against_the_highest_of_the_year_before(lake, incomes, lost):
    lake.append("accounts", rows(account(5, 5)), "five")
    records = [
        customer(5, income_monthly_minor=income, event_timestamp=day(when))
        for when, income in incomes
    ]
    lake.append("customers", rows(*records), "customers")
    found = read_portfolio(lake, AS_OF, scored("A5"), "score")
    np.testing.assert_allclose(found.income_lost_ratio, [lost])

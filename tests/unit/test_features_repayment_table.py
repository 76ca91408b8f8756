"""The repayment view on tables that can be worked by hand. The limit is 1,000 throughout."""

from datetime import timedelta

import pytest

from credit_limits.domain.features import View
from tests.feature_tables import (
    AS_OF,
    about,
    days_before,
    features,
    month_back,
    numbers,
    rows,
    together,
)

ACCOUNT = together(rows("customers", {}), rows("accounts", {}))


def billed(*bills):
    """Month-end statements of (balance, paid, days past due), the latest first."""
    return rows(
        "statements",
        *(
            {
                "event_timestamp": month_back(back),
                "balance_minor": balance,
                "paid_minor": paid,
                "days_past_due": days,
            }
            for back, (balance, paid, days) in enumerate(bills)
        ),
    )


def repayment(*parts, account="A1"):
    return features(View.REPAYMENT, together(ACCOUNT, *parts))[account]


def picked(values, *names):
    return tuple(values[name] for name in names)


def test_four_statements():
    #                 balance paid  days
    table = billed((300, 150, 0), (500, 90, 10), (200, 400, 0), (400, 0, 40))
    expected = {
        "statement_count_12m": 4,
        "balance_latest_minor": 300,
        "balance_mean_6m_minor": (300 + 500 + 200 + 400) / 4,
        "balance_trend_6m": (300 - 350) / 1000,
        "paid_latest_minor": 150,
        "paid_mean_6m_minor": (150 + 90 + 400 + 0) / 4,
        "utilization_ratio_1m": 300 / 1000,
        "utilization_ratio_3m": (300 + 500 + 200) / 3 / 1000,
        "utilization_ratio_6m": (300 + 500 + 200 + 400) / 4 / 1000,
        "utilization_ratio_12m": (300 + 500 + 200 + 400) / 4 / 1000,
        # paid in a month over the bill of the month before
        "payment_ratio_1m": 150 / 500,
        "payment_ratio_3m": (150 + 90 + 400) / (500 + 200 + 400),
        "payment_ratio_6m": (150 + 90 + 400) / (500 + 200 + 400),
        "payment_ratio_12m": (150 + 90 + 400) / (500 + 200 + 400),
        "on_time_streak_months": 1,
        "days_past_due_latest": 0,
        "days_past_due_previous": 10,
        "days_past_due_worst_3m": 10,
        "days_past_due_worst_6m": 40,
        "days_past_due_worst_12m": 40,
        "past_due_count_6m": 2,
        "past_due_count_12m": 2,
        # 150 of 500 and 90 of 200 were paid, so the rest was carried; 400 of 400 was all of it
        "revolving_share_3m": 2 / 3,
        "revolving_share_6m": 2 / 3,
        "revolving_share_12m": 2 / 3,
    }
    assert numbers(repayment(table)) == about(expected)


def test_windows_hold_three_six_and_twelve_statements():
    balances = [100 * (back + 1) for back in range(14)]
    days = [0, 0, 0, 5, 0, 0, 35, 0, 0, 0, 0, 0, 95, 0]
    values = repayment(billed(*((b, 10, d) for b, d in zip(balances, days, strict=True))))
    means = {months: sum(balances[:months]) / months for months in (1, 3, 6, 12)}
    for months, mean in means.items():
        assert values[f"utilization_ratio_{months}m"] == pytest.approx(mean / 1000)
        before = sum(balances[1 : months + 1])
        assert values[f"payment_ratio_{months}m"] == pytest.approx(10 * months / before)
    assert picked(values, *(f"days_past_due_worst_{m}m" for m in (3, 6, 12))) == (0, 5, 35)
    assert picked(values, "past_due_count_6m", "past_due_count_12m") == (1, 2)
    assert values["on_time_streak_months"] == 3
    assert values["statement_count_12m"] == 12


def test_a_first_statement_has_no_month_before():
    values = repayment(billed((300, 50, 0)))
    unknown = ("payment_ratio_1m", "payment_ratio_12m", "days_past_due_previous")
    assert picked(values, *unknown, "revolving_share_3m") == (None, None, None, None)
    assert picked(values, "utilization_ratio_12m", "on_time_streak_months") == (0.3, 1)


def test_paying_more_than_twice_the_bill_counts_as_twice():
    assert repayment(billed((0, 900, 0), (100, 0, 0)))["payment_ratio_1m"] == 2
    assert repayment(billed((0, 150, 0), (100, 0, 0)))["payment_ratio_1m"] == 150 / 100


@pytest.mark.parametrize("bill", [0, -50])
def test_a_bill_that_asks_for_nothing_has_no_payment_ratio_and_is_not_carried(bill):
    values = repayment(billed((100, 70, 0), (bill, 30, 0), (60, 0, 0)))
    assert values["payment_ratio_1m"] is None
    assert values["payment_ratio_3m"] == 30 / 60
    assert values["revolving_share_3m"] == (0 + 1) / 2


def test_a_limit_of_nothing_has_no_utilization():
    closed_line = rows("accounts", {"limit_minor": 0, "event_timestamp": days_before(5)})
    values = repayment(closed_line, billed((300, 0, 0)))
    assert picked(values, "utilization_ratio_1m", "balance_trend_6m") == (None, None)
    assert values["balance_latest_minor"] == 300


def test_the_limit_is_the_one_in_force():
    raised = rows("accounts", {"limit_minor": 3_000, "event_timestamp": days_before(1)})
    assert repayment(raised, billed((300, 0, 0)))["utilization_ratio_1m"] == 300 / 3000


@pytest.mark.parametrize(("days", "known"), [(92, True), (93, False)])
def test_a_latest_statement_over_92_days_old_is_not_known(days, known):
    old = {"event_timestamp": days_before(days), "balance_minor": 300, "days_past_due": 7}
    values = repayment(rows("statements", old))
    assert values.pop("statement_count_12m") == 1
    assert (values["balance_latest_minor"] == 300) is known
    assert any(value is not None for value in values.values()) is known


def test_an_account_without_statements_has_none_and_nothing_else_is_known():
    values = repayment()
    assert values.pop("statement_count_12m") == 0
    assert set(values.values()) == {None}


def test_statements_are_counted_from_the_latest_and_not_by_the_calendar():
    gap = together(
        rows("statements", {"event_timestamp": month_back(0), "days_past_due": 1}),
        rows("statements", {"event_timestamp": month_back(9), "days_past_due": 50}),
        rows("statements", {"event_timestamp": month_back(20), "days_past_due": 99}),
    )
    values = repayment(gap)
    assert values["days_past_due_previous"] == 50
    assert values["days_past_due_worst_3m"] == 99
    assert values["statement_count_12m"] == 2


def test_a_correction_counts_from_the_day_it_was_known():
    told = {"event_timestamp": month_back(1), "days_past_due": 0}
    corrected = told | {"days_past_due": 60, "created_timestamp": days_before(3)}
    tables = together(ACCOUNT, rows("statements", told, corrected))
    for days, seen in ((4, 0), (3, 60)):
        as_of = AS_OF - timedelta(days=days)
        values = features(View.REPAYMENT, tables, as_of)["A1"]
        assert values["days_past_due_latest"] == seen

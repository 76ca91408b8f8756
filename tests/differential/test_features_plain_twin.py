"""Each view's SQL against a slow twin in plain Python, on random tables with corrections."""

import calendar
from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import fmean

import pytest

from credit_limits.domain.account import BureauStatus, Scenario
from credit_limits.domain.features import View
from credit_limits.domain.periods import end_of_day
from feature_repo.queries import view_columns
from tests.feature_tables import (
    AS_OF,
    Row,
    Rows,
    about,
    features,
    latest_known,
    numbers,
    random_tables,
)

Values = dict[str, float | None]


class Seen:
    """What was known at a date, as plain lists, with the two states that every view asks for."""

    def __init__(self, tables: Rows, as_of: date) -> None:
        self.as_of = end_of_day(as_of)
        self.tables = {name: latest_known(name, rows, as_of) for name, rows in tables.items()}
        self.accounts = self._states("accounts", "account_id")
        self.customers = self._states("customers", "customer_id")

    def _states(self, table: str, key: str) -> dict[str, Row]:
        changes = sorted(self.tables[table], key=lambda row: row["event_timestamp"])
        return {row[key]: row for row in changes}

    def open_accounts(self) -> list[Row]:
        return [
            row
            for row in self.accounts.values()
            if row["status"] != "closed" and (row["opened_on"] or self.as_of) <= self.as_of
        ]

    def statements(self, account_id: str) -> list[Row]:
        mine = [row for row in self.tables["statements"] if row["account_id"] == account_id]
        return sorted(mine, key=lambda row: row["event_timestamp"], reverse=True)

    def recent(self, table: str, key: str, value: str, days: float) -> list[Row]:
        since = self.as_of - timedelta(days=days)
        mine = (row for row in self.tables[table] if row[key] == value)
        return [row for row in mine if row["event_timestamp"] > since]

    def consented(self, customer_id: str, category: str) -> bool:
        customer = self.customers.get(customer_id)
        return customer is not None and bool(customer[f"consent_{category}"])


def whole_months(start: datetime | None, end: datetime) -> float | None:
    if start is None:
        return None
    months = 0
    while _plus_months(start, months + 1) <= end:
        months += 1
    return float(months)


def _plus_months(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


def profile(seen: Seen, account: Row) -> Values:
    person = seen.customers.get(account["customer_id"])
    values: Values = {
        "account_age_months": whole_months(account["opened_on"], seen.as_of),
        "limit_minor": account["limit_minor"],
        "is_cash_loan": account["product"] == "cash_loan",
    }
    if person is not None:
        values |= {
            "age_years": seen.as_of.year - person["birth_year"],
            "income_monthly_minor": person["income_monthly_minor"],
            "employment_months": whole_months(person["employment_since"], seen.as_of),
            "is_micro_merchant": person["segment"] == "micro_merchant",
            "has_backup_repayment_source": person["backup_repayment_source"],
        }
    return values


def repayment(seen: Seen, account: Row) -> Values:
    bills = seen.statements(account["account_id"])
    twelve_months_ago = _plus_months(seen.as_of, -12)
    values: Values = {
        "statement_count_12m": sum(bill["event_timestamp"] > twelve_months_ago for bill in bills)
    }
    if not bills or bills[0]["event_timestamp"] < seen.as_of - timedelta(days=92):
        return values
    limit = account["limit_minor"]
    balances = [bill["balance_minor"] for bill in bills]
    paid = [bill["paid_minor"] for bill in bills]
    late = [bill["days_past_due"] for bill in bills]
    # each month's payment against the bill before it: the oldest statement has none before
    pairs = list(zip(paid, balances[1:], strict=False))
    values |= {
        "balance_latest_minor": balances[0],
        "balance_mean_6m_minor": fmean(balances[:6]),
        "paid_latest_minor": paid[0],
        "paid_mean_6m_minor": fmean(paid[:6]),
        "days_past_due_latest": late[0],
        "days_past_due_previous": late[1] if len(late) > 1 else None,
        "on_time_streak_months": next((i for i, days in enumerate(late) if days), len(late)),
    }
    if limit:
        values["balance_trend_6m"] = (balances[0] - fmean(balances[:6])) / limit
    for months in (1, 3, 6, 12):
        if limit:
            values[f"utilization_ratio_{months}m"] = fmean(balances[:months]) / limit
        asked = [(amount, bill) for amount, bill in pairs[:months] if bill > 0]
        if asked:
            ratio = sum(amount for amount, _ in asked) / sum(bill for _, bill in asked)
            values[f"payment_ratio_{months}m"] = min(2.0, ratio)
    for months in (3, 6, 12):
        values[f"days_past_due_worst_{months}m"] = max(late[:months])
        if pairs:
            carried = [bill > 0 and amount < bill for amount, bill in pairs[:months]]
            values[f"revolving_share_{months}m"] = fmean(carried)
    for months in (6, 12):
        values[f"past_due_count_{months}m"] = sum(days > 0 for days in late[:months])
    return values


def spending(seen: Seen, account: Row) -> Values:
    if (
        not seen.consented(account["customer_id"], "transactions")
        or not seen.tables["transactions"]
    ):
        return {}
    quarter = seen.recent("transactions", "account_id", account["account_id"], 90)
    month = seen.recent("transactions", "account_id", account["account_id"], 30)
    spent_90d = sum(row["amount_minor"] for row in quarter)
    spent_30d = sum(row["amount_minor"] for row in month)
    values: Values = {
        "transaction_count_30d": len(month),
        "transaction_count_90d": len(quarter),
        "spend_30d_minor": spent_30d,
        "spend_90d_minor": spent_90d,
    }
    if not quarter:
        return values
    shares = {
        scenario: sum(row["amount_minor"] for row in quarter if row["scenario"] == scenario)
        / spent_90d
        for scenario in Scenario
    }
    return values | {
        "spend_trend_90d": 3 * spent_30d / spent_90d,
        "scenario_concentration_90d": sum(share**2 for share in shares.values()),
        **{f"scenario_share_{scenario}_90d": share for scenario, share in shares.items()},
    }


def _events(seen: Seen, account: Row, kind: str, days: float) -> list[Row]:
    events = seen.recent("activity_events", "customer_id", account["customer_id"], days)
    return [event for event in events if event["kind"] == kind]


def _may_use_activity(seen: Seen, account: Row) -> bool:
    return seen.consented(account["customer_id"], "activity") and bool(
        seen.tables["activity_events"]
    )


def activity(seen: Seen, account: Row) -> Values:
    if not _may_use_activity(seen, account):
        return {}
    logins = [event["event_timestamp"] for event in _events(seen, account, "login", 365)]
    return {
        "login_count_30d": len(_events(seen, account, "login", 30)),
        "days_since_login": (seen.as_of - max(logins)).days if logins else 365,
        "wealth_management_count_180d": len(_events(seen, account, "wealth_management", 180)),
    }


def inquiries(seen: Seen, account: Row) -> Values:
    if not _may_use_activity(seen, account):
        return {}
    return {
        f"loan_application_count_{days}d": len(_events(seen, account, "loan_application", days))
        for days in (7, 30)
    }


def anomaly(seen: Seen, account: Row) -> Values:
    if not _may_use_activity(seen, account):
        return {}
    week = len(_events(seen, account, "login", 7))
    before = len(_events(seen, account, "login", 97)) - week
    return {
        "login_ratio_7d": (week / 7) / (before / 90) if before else None,
        "device_change_count_30d": len(_events(seen, account, "device_change", 30)),
        "disputed_transaction_count_90d": len(_events(seen, account, "disputed_transaction", 90)),
    }


def linked_risk(seen: Seen, account: Row) -> Values:
    me = account["customer_id"]
    if not seen.consented(me, "links") or not seen.tables["links"]:
        return {}
    state = {}
    for link in sorted(seen.tables["links"], key=lambda row: row["event_timestamp"]):
        state[link["customer_id"], link["linked_customer_id"], link["kind"]] = link["active"]
    ends = [{one, other} for (one, other, _), active in state.items() if active]
    others = set().union(*(pair - {me} for pair in ends if me in pair))
    company = {other for other in others if seen.consented(other, "links")}
    return {
        "linked_customer_count": len(company),
        "linked_past_due_count": sum(_in_arrears(seen, other) for other in company),
    }


def _in_arrears(seen: Seen, customer_id: str) -> bool:
    mine = [row for row in seen.accounts.values() if row["customer_id"] == customer_id]
    latest = [bills[0] for row in mine if (bills := seen.statements(row["account_id"]))]
    fresh = seen.as_of - timedelta(days=92)
    return any(bill["days_past_due"] >= 30 and bill["event_timestamp"] >= fresh for bill in latest)


def bureau(seen: Seen, account: Row) -> Values:
    reports = [r for r in seen.tables["bureau"] if r["customer_id"] == account["customer_id"]]
    if not reports or not seen.consented(account["customer_id"], "bureau"):
        return {}
    latest = max(reports, key=lambda row: row["event_timestamp"])
    return {
        "bureau_other_balance_minor": latest["other_balance_minor"],
        "bureau_other_line_count": latest["other_lines"],
        "bureau_inquiry_count_6m": latest["inquiries_6m"],
        "bureau_worst_status_rank": list(BureauStatus).index(latest["worst_status"]),
    }


def macro(seen: Seen, _: Row) -> Values:
    published = seen.tables["macro"]
    latest: Row = max(published, key=lambda row: row["event_timestamp"], default={})
    return {name: latest.get(name) for name in view_columns(View.MACRO)}


TWINS: dict[View, Callable[[Seen, Row], Values]] = {
    View.PROFILE: profile,
    View.REPAYMENT: repayment,
    View.SPENDING: spending,
    View.ACTIVITY: activity,
    View.INQUIRIES: inquiries,
    View.ANOMALY: anomaly,
    View.LINKED_RISK: linked_risk,
    View.BUREAU: bureau,
    View.MACRO: macro,
}


def expected(view: View, tables: Rows, as_of: date) -> dict[str, Values]:
    seen = Seen(tables, as_of)
    return {
        account["account_id"]: dict.fromkeys(view_columns(view)) | TWINS[view](seen, account)
        for account in seen.open_accounts()
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("view", View)
def test_the_query_agrees_with_the_twin(view, seed):
    tables = random_tables(seed)
    for as_of in (AS_OF, date(2024, 1, 17)):
        wanted = expected(view, tables, as_of)
        assert len(wanted) > 2
        computed = features(view, tables, as_of)
        assert computed.keys() == wanted.keys()
        for account_id, values in wanted.items():
            assert numbers(computed[account_id]) == about(values), account_id


def test_the_random_tables_reach_every_feature():
    """Each feature is known for some account and not known, or zero, for another."""
    for view in View:
        values = [row for seed in range(6) for row in features(view, random_tables(seed)).values()]
        for name in view_columns(view):
            column = [row[name] for row in values]
            assert len({value for value in column if value is not None}) > 1 or view is View.MACRO
            assert any(value is not None for value in column), name

"""The other views on tables that can be worked by hand."""

from datetime import UTC, date, datetime

import pytest

from credit_limits.domain.account import BureauStatus, Scenario
from credit_limits.domain.features import View
from feature_repo.queries import view_columns
from tests.feature_tables import (
    AS_OF,
    FULL,
    about,
    days_before,
    features,
    month_back,
    numbers,
    rows,
    together,
)

ACCOUNT = together(rows("customers", {}), rows("accounts", {}))
CONSENTS = {
    View.SPENDING: "consent_transactions",
    View.ACTIVITY: "consent_activity",
    View.INQUIRIES: "consent_activity",
    View.ANOMALY: "consent_activity",
    View.LINKED_RISK: "consent_links",
    View.BUREAU: "consent_bureau",
}


def of(view, *parts, account="A1"):
    return features(view, together(ACCOUNT, *parts))[account]


def events(kind, *days):
    """Events of a kind, so many days before the date; the customer is C1."""
    return rows(
        "activity_events", *({"kind": kind, "event_timestamp": days_before(d)} for d in days)
    )


def everything():
    """Something in every table about C1, who has the account A1, and about C2, a friend in need."""
    return together(
        ACCOUNT,
        rows("customers", {"customer_id": "C2"}),
        rows("accounts", {"account_id": "A2", "customer_id": "C2"}),
        rows(
            "statements",
            {"account_id": "A2", "event_timestamp": month_back(0), "days_past_due": 31},
        ),
        rows("transactions", {"event_timestamp": days_before(1)}),
        events("login", 1, 50),
        rows("links", {"linked_customer_id": "C2"}),
        rows("bureau", {"event_timestamp": month_back(1)}),
        rows("macro", {"event_timestamp": month_back(1)}),
    )


def test_profile():
    tables = together(
        rows(
            "customers",
            {
                "birth_year": 1984,
                "income_monthly_minor": 800_000,
                "segment": "micro_merchant",
                "employment_since": datetime(2022, 1, 15, tzinfo=UTC),
                "backup_repayment_source": True,
            },
        ),
        rows(
            "accounts",
            {
                "product": "cash_loan",
                "limit_minor": 500_000,
                "opened_on": datetime(2023, 12, 31, tzinfo=UTC),
                "event_timestamp": datetime(2023, 12, 31, tzinfo=UTC),
            },
        ),
    )
    expected = {
        "age_years": 2024 - 1984,
        "income_monthly_minor": 800_000,
        "employment_months": 2 * 12 + 2,  # 15 January 2022 to 31 March 2024
        "account_age_months": 3,
        "limit_minor": 500_000,
        "is_cash_loan": 1,
        "is_micro_merchant": 1,
        "has_backup_repayment_source": 1,
    }
    assert numbers(features(View.PROFILE, tables)["A1"]) == about(expected)


def test_profile_of_a_pay_later_consumer_of_whom_little_is_known():
    values = of(View.PROFILE)
    assert (values["is_cash_loan"], values["is_micro_merchant"]) == (0, 0)
    unknown = ("income_monthly_minor", "employment_months", "account_age_months")
    assert [values[name] for name in unknown] == [None, None, None]


def test_profile_keeps_an_account_whose_customer_is_not_known():
    values = features(View.PROFILE, together(rows("accounts", {})))["A1"]
    assert (values["limit_minor"], values["age_years"], values["is_micro_merchant"]) == (
        1000,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("as_of", "months"),
    [
        (date(2024, 2, 28), 0),
        (date(2024, 2, 29), 1),
        (date(2024, 3, 30), 1),
        (date(2024, 3, 31), 2),
    ],
)
def test_an_account_opened_at_the_end_of_a_month_ages_at_the_end_of_each(as_of, months):
    opened = datetime(2024, 1, 31, tzinfo=UTC)
    tables = together(rows("accounts", {"opened_on": opened, "event_timestamp": opened}))
    assert features(View.PROFILE, tables, as_of)["A1"]["account_age_months"] == months


def test_spending():
    spent = [(1, "retail", 300), (20, "travel", 100), (40, "retail", 500), (89.9, "cash", 100)]
    outside = [(91, "retail", 7_777)]
    table = rows(
        "transactions",
        *(
            {"event_timestamp": days_before(days), "scenario": scenario, "amount_minor": amount}
            for days, scenario, amount in spent + outside
        ),
    )
    expected = dict.fromkeys((f"scenario_share_{scenario}_90d" for scenario in Scenario), 0) | {
        "transaction_count_30d": 2,
        "transaction_count_90d": 4,
        "spend_30d_minor": 300 + 100,
        "spend_90d_minor": 300 + 100 + 500 + 100,
        "spend_trend_90d": 3 * 400 / 1000,
        "scenario_concentration_90d": 0.8**2 + 0.1**2 + 0.1**2,
        "scenario_share_retail_90d": (300 + 500) / 1000,
        "scenario_share_travel_90d": 100 / 1000,
        "scenario_share_cash_90d": 100 / 1000,
    }
    assert numbers(of(View.SPENDING, table)) == about(expected)


def test_no_spending_is_zero_and_has_no_shares():
    other = rows("accounts", {"account_id": "A2"})
    theirs = rows("transactions", {"account_id": "A2", "event_timestamp": days_before(1)})
    values = of(View.SPENDING, other, theirs)
    counts = (
        "transaction_count_30d",
        "transaction_count_90d",
        "spend_30d_minor",
        "spend_90d_minor",
    )
    assert [values.pop(name) for name in counts] == [0, 0, 0, 0]
    assert set(values.values()) == {None}


def test_activity():
    table = together(events("login", 2.5, 29, 31), events("wealth_management", 10, 179, 181))
    assert of(View.ACTIVITY, table) == {
        "login_count_30d": 2,
        "days_since_login": 2,
        "wealth_management_count_180d": 2,
    }


@pytest.mark.parametrize(("days", "since"), [(364.5, 364), (366, 365), (2000, 365)])
def test_days_since_login_stop_at_a_year(days, since):
    assert of(View.ACTIVITY, events("login", days))["days_since_login"] == since


def test_a_customer_never_seen_has_no_logins_and_is_a_year_away():
    friend = rows("activity_events", {"customer_id": "C2", "event_timestamp": days_before(1)})
    assert of(View.ACTIVITY, friend) == {
        "login_count_30d": 0,
        "days_since_login": 365,
        "wealth_management_count_180d": 0,
    }


def test_inquiries():
    table = together(events("loan_application", 0, 6.9, 7.1, 29.9, 30.1), events("login", 1))
    assert of(View.INQUIRIES, table) == {
        "loan_application_count_7d": 2,
        "loan_application_count_30d": 4,
    }


def test_anomaly():
    logins = events("login", 1, 2, 3, 6.9, 7.1, 50, 96.9, 97.1)
    table = together(
        logins, events("device_change", 5, 29, 31), events("disputed_transaction", 80, 91)
    )
    assert numbers(of(View.ANOMALY, table)) == about(
        {
            "login_ratio_7d": (4 / 7) / (3 / 90),
            "device_change_count_30d": 2,
            "disputed_transaction_count_90d": 1,
        }
    )


def test_a_burst_without_a_past_has_nothing_to_be_compared_with():
    assert of(View.ANOMALY, events("login", 1, 2, 3))["login_ratio_7d"] is None


def friends(*given):
    """Customers linked to C1: (name, days past due, consent, active), one account each."""
    return together(
        *(
            together(
                rows("customers", {"customer_id": name, "consent_links": consent}),
                rows("accounts", {"account_id": f"A-{name}", "customer_id": name}),
                rows(
                    "statements",
                    {
                        "account_id": f"A-{name}",
                        "event_timestamp": month_back(0),
                        "days_past_due": days,
                    },
                ),
                rows("links", {"linked_customer_id": name, "active": active}),
            )
            for name, days, consent, active in given
        )
    )


def test_linked_risk():
    company = friends(
        ("C2", 0, True, True),
        ("C3", 29, True, True),
        ("C4", 30, True, True),
        ("C5", 90, True, False),  # no longer linked
        ("C6", 90, False, True),  # did not consent to be counted
    )
    assert of(View.LINKED_RISK, company) == {"linked_customer_count": 3, "linked_past_due_count": 1}


def test_a_pair_is_linked_in_both_directions_and_once():
    table = together(
        friends(("C2", 45, True, True)),
        rows("links", {"linked_customer_id": "C2", "kind": "contact"}),
        rows("links", {"customer_id": "C2", "linked_customer_id": "C1", "kind": "transfer"}),
    )
    own = rows("statements", {"event_timestamp": month_back(0), "days_past_due": 0})
    both = features(View.LINKED_RISK, together(ACCOUNT, table, own))
    assert both["A1"] == {"linked_customer_count": 1, "linked_past_due_count": 1}
    assert both["A-C2"] == {"linked_customer_count": 1, "linked_past_due_count": 0}


def test_arrears_are_those_of_the_latest_statement_if_it_is_recent():
    better = rows("statements", {"account_id": "A-C2", "event_timestamp": days_before(0)})
    stale = rows(
        "statements",
        {"account_id": "A-C3", "event_timestamp": days_before(93), "days_past_due": 99},
    )
    company = friends(("C2", 45, True, True), ("C3", 0, True, True))
    company["statements"] = [row for row in company["statements"] if row["account_id"] != "A-C3"]
    assert of(View.LINKED_RISK, company, better, stale)["linked_past_due_count"] == 0


@pytest.mark.parametrize(("rank", "status"), list(enumerate(BureauStatus)))
def test_bureau(rank, status):
    older = {"event_timestamp": month_back(2), "other_lines": 99}
    newest = {
        "event_timestamp": month_back(1),
        "other_balance_minor": 70_000,
        "other_lines": 3,
        "inquiries_6m": 5,
        "worst_status": str(status),
    }
    assert of(View.BUREAU, rows("bureau", older, newest)) == {
        "bureau_other_balance_minor": 70_000,
        "bureau_other_line_count": 3,
        "bureau_inquiry_count_6m": 5,
        "bureau_worst_status_rank": rank,
    }


def test_a_customer_unknown_to_the_bureau_is_not_clean_but_unknown():
    theirs = rows("bureau", {"customer_id": "C2", "event_timestamp": month_back(1)})
    assert set(of(View.BUREAU, theirs).values()) == {None}


def test_macro_is_the_latest_month_that_was_published():
    table = rows(
        "macro",
        {"event_timestamp": month_back(2), "unemployment_rate": 0.04},
        {"event_timestamp": month_back(1), "unemployment_rate": 0.05},
        {"event_timestamp": month_back(0), "created_timestamp": days_before(-15)},
    )
    tables = together(ACCOUNT, rows("accounts", {"account_id": "A2"}), table)
    computed = features(View.MACRO, tables)
    assert computed["A1"] == computed["A2"]
    assert computed["A1"]["unemployment_rate"] == 0.05


def test_before_any_publication_the_account_is_there_and_the_figures_are_not():
    assert set(of(View.MACRO).values()) == {None}


@pytest.mark.parametrize("view", CONSENTS)
def test_a_withheld_consent_leaves_nothing_known(view):
    withheld = rows("customers", {CONSENTS[view]: False, "event_timestamp": days_before(2)})
    before = features(view, everything())["A1"]
    after = features(view, together(everything(), withheld))["A1"]
    assert any(value is not None for value in before.values())
    assert after == dict.fromkeys(view_columns(view))


@pytest.mark.parametrize("view", CONSENTS)
def test_a_consent_given_again_counts_again(view):
    changes = rows(
        "customers",
        {CONSENTS[view]: False, "event_timestamp": days_before(5)},
        {CONSENTS[view]: True, "event_timestamp": days_before(2)},
    )
    tables = together(everything(), changes)
    assert features(view, tables)["A1"] == features(view, everything())["A1"]


@pytest.mark.parametrize("view", CONSENTS)
def test_of_a_customer_who_is_not_known_no_consent_is_assumed(view):
    tables = everything() | {"customers": rows("customers", {"customer_id": "C2"})["customers"]}
    assert set(features(view, tables)["A1"].values()) == {None}


@pytest.mark.parametrize(
    ("view", "table"),
    [
        (View.SPENDING, "transactions"),
        (View.ACTIVITY, "activity_events"),
        (View.INQUIRIES, "activity_events"),
        (View.ANOMALY, "activity_events"),
        (View.LINKED_RISK, "links"),
        (View.BUREAU, "bureau"),
        (View.MACRO, "macro"),
    ],
)
def test_a_table_of_which_nothing_is_known_yet_does_not_say_zero(view, table):
    assert set(features(view, everything() | {table: []})["A1"].values()) == {None}


@pytest.mark.parametrize("view", View)
def test_every_account_open_at_the_date_has_one_row_in_every_view(view):
    opened = {"opened_on": days_before(-3), "event_timestamp": days_before(10)}
    given = [
        {"account_id": "frozen", "status": "frozen"},
        {"account_id": "increases_closed", "status": "increases_closed"},
        {"account_id": "closed", "status": "closed"},
        {"account_id": "opens_later", **opened},
        {"account_id": "closed_since", "event_timestamp": days_before(9)},
        {"account_id": "closed_since", "event_timestamp": days_before(8), "status": "closed"},
        {"account_id": "reopened", "event_timestamp": days_before(9), "status": "closed"},
        {"account_id": "reopened", "event_timestamp": days_before(8)},
    ]
    computed = features(view, together(everything(), rows("accounts", *given)))
    assert sorted(computed) == ["A1", "A2", "frozen", "increases_closed", "reopened"]


@pytest.mark.parametrize("view", View)
def test_a_lake_without_rows_has_no_accounts(view):
    assert features(view, {table: [] for table in FULL}, AS_OF) == {}

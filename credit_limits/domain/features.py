"""The catalogue of features: one entry each, and everything that depends on a feature reads it.

Feast's views and services, the model's monotone constraints, drift columns and the wording of
reasons are all derived from this list, so that a feature is declared once.

A feature is a number (float64). A missing value means "not known", never zero. Every feature is
keyed by account and as-of date; a customer's own facts are repeated on each of their accounts.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from credit_limits.domain.account import Scenario


class Direction(IntEnum):
    """What a higher value does to the probability of default, where that is known."""

    LOWERS_RISK = -1
    UNKNOWN = 0
    RAISES_RISK = 1


class View(StrEnum):
    """A feature view answers one question and reads a fixed set of lake tables."""

    PROFILE = "profile"
    REPAYMENT = "repayment"
    SPENDING = "spending"
    ACTIVITY = "activity"
    INQUIRIES = "inquiries"
    ANOMALY = "anomaly"
    LINKED_RISK = "linked_risk"
    BUREAU = "bureau"
    MACRO = "macro"


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its name with unit and time, its view, its direction, what it is."""

    name: str
    view: View
    direction: Direction
    description: str


@dataclass(frozen=True, slots=True)
class ViewSpec:
    """What a view reads and under which consent. ``consent`` names a column of ``customers``."""

    view: View
    tables: tuple[str, ...]
    category: str
    purpose: str
    consent: str | None


VIEW_SPECS: tuple[ViewSpec, ...] = (
    ViewSpec(View.PROFILE, ("accounts", "customers"), "identity", "credit_decision", None),
    ViewSpec(View.REPAYMENT, ("accounts", "statements"), "repayment", "credit_decision", None),
    ViewSpec(
        View.SPENDING,
        ("accounts", "customers", "transactions"),
        "transactions",
        "credit_decision",
        "consent_transactions",
    ),
    ViewSpec(
        View.ACTIVITY,
        ("accounts", "customers", "activity_events"),
        "app_activity",
        "credit_decision",
        "consent_activity",
    ),
    ViewSpec(
        View.INQUIRIES,
        ("accounts", "customers", "activity_events"),
        "app_activity",
        "credit_decision",
        "consent_activity",
    ),
    ViewSpec(
        View.ANOMALY,
        ("accounts", "customers", "activity_events"),
        "app_activity",
        "fraud_prevention",
        "consent_activity",
    ),
    ViewSpec(
        View.LINKED_RISK,
        ("accounts", "customers", "links", "statements"),
        "relations",
        "fraud_prevention",
        "consent_links",
    ),
    ViewSpec(
        View.BUREAU,
        ("accounts", "customers", "bureau"),
        "bureau",
        "credit_decision",
        "consent_bureau",
    ),
    ViewSpec(View.MACRO, ("accounts", "macro"), "public", "credit_decision", None),
)

_UP, _DOWN, _OPEN = Direction.RAISES_RISK, Direction.LOWERS_RISK, Direction.UNKNOWN


def _view(view: View, *rows: tuple[str, Direction, str]) -> tuple[Feature, ...]:
    return tuple(Feature(name, view, direction, text) for name, direction, text in rows)


FEATURES: tuple[Feature, ...] = (
    *_view(
        View.PROFILE,
        ("age_years", _OPEN, "age in completed years, from the year of birth"),
        ("income_monthly_minor", _DOWN, "stated or estimated monthly income"),
        ("employment_months", _OPEN, "months in the present employment"),
        ("account_age_months", _OPEN, "months since the account was opened"),
        ("limit_minor", _OPEN, "the account's limit in force"),
        ("is_cash_loan", _OPEN, "1 for a cash-loan line, 0 for a pay-later line"),
        ("is_micro_merchant", _OPEN, "1 for a micro-merchant, 0 for a consumer"),
        ("has_backup_repayment_source", _OPEN, "1 where a second source of repayment is known"),
    ),
    *_view(
        View.REPAYMENT,
        ("statement_count_12m", _OPEN, "statements known in the last 12 months"),
        ("balance_latest_minor", _OPEN, "balance of the latest statement"),
        ("balance_mean_6m_minor", _OPEN, "mean balance of the last 6 statements"),
        ("balance_trend_6m", _OPEN, "latest balance less the 6-month mean, over the limit"),
        ("paid_latest_minor", _OPEN, "paid in the latest statement's month"),
        ("paid_mean_6m_minor", _OPEN, "mean paid over the last 6 statements"),
        ("utilization_ratio_1m", _UP, "latest balance over the limit"),
        ("utilization_ratio_3m", _UP, "mean of balance over limit, 3 statements"),
        ("utilization_ratio_6m", _UP, "mean of balance over limit, 6 statements"),
        ("utilization_ratio_12m", _UP, "mean of balance over limit, 12 statements"),
        ("payment_ratio_1m", _DOWN, "paid over the balance before, latest month, at most 2"),
        ("payment_ratio_3m", _DOWN, "paid over balances before, 3 months, at most 2"),
        ("payment_ratio_6m", _DOWN, "paid over balances before, 6 months, at most 2"),
        ("payment_ratio_12m", _DOWN, "paid over balances before, 12 months, at most 2"),
        ("on_time_streak_months", _DOWN, "statements in a row, up to the latest, not past due"),
        ("days_past_due_latest", _UP, "days past due on the latest statement"),
        ("days_past_due_previous", _UP, "days past due on the statement before the latest"),
        ("days_past_due_worst_3m", _UP, "most days past due, 3 statements"),
        ("days_past_due_worst_6m", _UP, "most days past due, 6 statements"),
        ("days_past_due_worst_12m", _UP, "most days past due, 12 statements"),
        ("past_due_count_6m", _UP, "statements past due among the last 6"),
        ("past_due_count_12m", _UP, "statements past due among the last 12"),
        ("revolving_share_3m", _OPEN, "share of 3 months in which part of the bill was carried"),
        ("revolving_share_6m", _OPEN, "share of 6 months in which part of the bill was carried"),
        ("revolving_share_12m", _OPEN, "share of 12 months in which part was carried"),
    ),
    *_view(
        View.SPENDING,
        ("transaction_count_30d", _OPEN, "transactions in 30 days"),
        ("transaction_count_90d", _OPEN, "transactions in 90 days"),
        ("spend_30d_minor", _OPEN, "amount spent in 30 days"),
        ("spend_90d_minor", _OPEN, "amount spent in 90 days"),
        ("spend_trend_90d", _OPEN, "three times spend of 30 days over spend of 90 days"),
        ("scenario_concentration_90d", _OPEN, "Herfindahl index of scenario shares, 90 days"),
        *(
            (f"scenario_share_{scenario}_90d", _OPEN, f"share of {scenario} in spend, 90 days")
            for scenario in Scenario
        ),
    ),
    *_view(
        View.ACTIVITY,
        ("login_count_30d", _OPEN, "logins in 30 days"),
        ("days_since_login", _OPEN, "days since the last login, at most 365"),
        ("wealth_management_count_180d", _DOWN, "uses of wealth management in 180 days"),
    ),
    *_view(
        View.INQUIRIES,
        ("loan_application_count_7d", _UP, "applications for loans in 7 days"),
        ("loan_application_count_30d", _UP, "applications for loans in 30 days"),
    ),
    *_view(
        View.ANOMALY,
        ("login_ratio_7d", _OPEN, "logins a day in 7 days over the 90 days before"),
        ("device_change_count_30d", _UP, "changes of device in 30 days"),
        ("disputed_transaction_count_90d", _UP, "transactions disputed in 90 days"),
    ),
    *_view(
        View.LINKED_RISK,
        ("linked_customer_count", _OPEN, "customers linked by an active link"),
        ("linked_past_due_count", _UP, "linked customers 30 or more days past due"),
    ),
    *_view(
        View.BUREAU,
        ("bureau_other_balance_minor", _OPEN, "balance owed to other lenders"),
        ("bureau_other_line_count", _OPEN, "lines with other lenders"),
        ("bureau_inquiry_count_6m", _UP, "inquiries by lenders in 6 months"),
        ("bureau_worst_status_rank", _UP, "worst status elsewhere: 0 current to 4 charged off"),
    ),
    *_view(
        View.MACRO,
        ("unemployment_rate", _UP, "latest published unemployment rate"),
        ("retail_sales_index", _OPEN, "latest published index of retail sales"),
        ("policy_tightening", _OPEN, "latest published index of regulatory tightening"),
    ),
)


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A versioned feature service: the views a model reads, in this order."""

    name: str
    views: tuple[View, ...]

    @property
    def features(self) -> tuple[Feature, ...]:
        """The service's features, in the order of the catalogue."""
        return tuple(feature for feature in FEATURES if feature.view in self.views)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of :attr:`features`: the columns of every training and scoring frame."""
        return tuple(feature.name for feature in self.features)


SERVICES: tuple[ServiceSpec, ...] = (
    ServiceSpec("default_risk_v1", tuple(View)),
    ServiceSpec("default_risk_statements_v1", (View.PROFILE, View.REPAYMENT)),
)


def service_named(name: str) -> ServiceSpec:
    """The service of this name; ``KeyError`` names those there are."""
    for service in SERVICES:
        if service.name == name:
            return service
    raise KeyError(f"no feature service {name!r}; there are {[s.name for s in SERVICES]}")

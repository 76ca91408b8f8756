"""The tables of the lake and their contracts.

Money is integer minor units (``_minor``), times are UTC. ``event_timestamp`` is when a thing
happened, ``created_timestamp`` when it could be known.
"""

from credit_limits.domain.account import (
    AccountStatus,
    ActivityKind,
    BureauStatus,
    LinkKind,
    Product,
    Scenario,
    Segment,
)
from credit_limits.ingestion.contracts import Column, Kind, Reference, RowRule, TableContract
from credit_limits.policy.account_changes import STATE_CAUSES

_MOST_MINOR = 1e12
_TIMES = (Column("event_timestamp", Kind.TIMESTAMP), Column("created_timestamp", Kind.TIMESTAMP))
_TIMES_IN_ORDER = RowRule(
    "times_in_order",
    "created_timestamp >= event_timestamp",
    "it was known before it happened",
)
_EVENT_DAY = "CAST(event_timestamp AT TIME ZONE 'UTC' AS DATE)"
_MOST_DAYS_TO_PAY = 366
_OF_CUSTOMER = Reference("customer_id", "customers", "customer_id")
_OF_ACCOUNT = Reference("account_id", "accounts", "account_id")


def _text(name: str, null_ceiling: float = 0.0, values: tuple[str, ...] = ()) -> Column:
    return Column(name, Kind.STRING, null_ceiling, values=values)


def _minor(name: str, null_ceiling: float = 0.0, minimum: float = 0.0) -> Column:
    return Column(name, Kind.INTEGER, null_ceiling, minimum, _MOST_MINOR)


def _flag(name: str) -> Column:
    return Column(name, Kind.BOOLEAN)


TABLES: tuple[TableContract, ...] = (
    TableContract(
        "customers",
        ("customer_id",),
        (
            _text("customer_id"),
            Column("birth_year", Kind.INTEGER, 0.0, 1900, 2020),
            _text("occupation", 1.0),
            _minor("income_monthly_minor", 1.0),
            _text("region", 1.0),
            _text("segment", 0.0, tuple(Segment)),
            Column("employment_since", Kind.TIMESTAMP, 1.0),
            _flag("backup_repayment_source"),
            _flag("consent_transactions"),
            _flag("consent_activity"),
            _flag("consent_links"),
            _flag("consent_bureau"),
            _flag("human_review_only"),
            _flag("declines_increases"),
            *_TIMES,
        ),
        (
            _TIMES_IN_ORDER,
            RowRule(
                "adult",
                "year(event_timestamp) - birth_year >= 18",
                "the customer is under 18",
            ),
            RowRule(
                "employment_before_event",
                "employment_since <= event_timestamp",
                "the employment starts after the record",
            ),
        ),
    ),
    TableContract(
        "protected",
        ("customer_id",),
        (
            _text("customer_id"),
            _text("sex", 1.0),
            _text("marital_status", 1.0),
            _text("education", 1.0),
            _text("ethnicity", 1.0),
            *_TIMES,
        ),
        (_TIMES_IN_ORDER,),
        (_OF_CUSTOMER,),
        protected=True,
    ),
    TableContract(
        "accounts",
        ("account_id",),
        (
            _text("account_id"),
            _text("customer_id"),
            _text("product", 0.0, tuple(Product)),
            _text("partner_id", 1.0),
            Column("opened_on", Kind.TIMESTAMP, 1.0),
            _minor("limit_minor"),
            Column("apr", Kind.FLOAT, 1.0, 0.0, 1.0),
            _text("status", 0.0, tuple(AccountStatus)),
            _text("status_cause", 1.0, STATE_CAUSES),
            *_TIMES,
        ),
        (
            _TIMES_IN_ORDER,
            RowRule("opened_before_event", "opened_on <= event_timestamp", "opened after it"),
            RowRule(
                "cause_has_a_state",
                "status_cause IS NULL OR status IN ('frozen', 'increases_closed')",
                "a cause of a state that has none",
            ),
        ),
        (_OF_CUSTOMER,),
    ),
    TableContract(
        "statements",
        ("account_id",),
        (
            _text("account_id"),
            _minor("balance_minor", minimum=-_MOST_MINOR),
            _minor("minimum_due_minor", 1.0),
            _minor("paid_minor"),
            Column("days_past_due", Kind.INTEGER, 0.0, 0, 3650),
            _minor("fees_minor", 1.0),
            _minor("interest_minor", 1.0),
            Column("payment_due_on", Kind.DATE, 1.0),
            *_TIMES,
        ),
        (
            _TIMES_IN_ORDER,
            RowRule(
                "minimum_due_within_balance",
                "minimum_due_minor <= greatest(balance_minor, 0)",
                "the minimum due exceeds the balance",
            ),
            RowRule(
                "payment_due_after_statement",
                f"payment_due_on BETWEEN {_EVENT_DAY} AND {_EVENT_DAY} + {_MOST_DAYS_TO_PAY}",
                "the payment is due before its statement, or more than a year after it",
            ),
        ),
        (_OF_ACCOUNT,),
    ),
    TableContract(
        "transactions",
        ("transaction_id",),
        (
            _text("transaction_id"),
            _text("account_id"),
            _minor("amount_minor", minimum=1),
            _text("scenario", 0.0, tuple(Scenario)),
            _text("channel", 1.0),
            _text("merchant_id", 1.0),
            *_TIMES,
        ),
        (_TIMES_IN_ORDER,),
        (_OF_ACCOUNT,),
    ),
    TableContract(
        "activity_events",
        ("event_id",),
        (
            _text("event_id"),
            _text("customer_id"),
            _text("kind", 0.0, tuple(ActivityKind)),
            *_TIMES,
        ),
        (_TIMES_IN_ORDER,),
        (_OF_CUSTOMER,),
    ),
    TableContract(
        "links",
        ("customer_id", "linked_customer_id", "kind"),
        (
            _text("customer_id"),
            _text("linked_customer_id"),
            _text("kind", 0.0, tuple(LinkKind)),
            _flag("active"),
            *_TIMES,
        ),
        (
            _TIMES_IN_ORDER,
            RowRule(
                "two_customers",
                "customer_id <> linked_customer_id",
                "a customer is linked to themselves",
            ),
        ),
        (_OF_CUSTOMER, Reference("linked_customer_id", "customers", "customer_id")),
    ),
    TableContract(
        "bureau",
        ("customer_id",),
        (
            _text("customer_id"),
            _minor("other_balance_minor"),
            Column("other_lines", Kind.INTEGER, 0.0, 0, 1000),
            Column("inquiries_6m", Kind.INTEGER, 0.0, 0, 1000),
            _text("worst_status", 0.0, tuple(BureauStatus)),
            *_TIMES,
        ),
        (_TIMES_IN_ORDER,),
        (_OF_CUSTOMER,),
    ),
    TableContract(
        "macro",
        (),
        (
            Column("unemployment_rate", Kind.FLOAT, 0.0, 0.0, 1.0),
            Column("retail_sales_index", Kind.FLOAT, 0.0, 0.0, 1000.0),
            Column("policy_tightening", Kind.FLOAT, 0.0, -10.0, 10.0),
            *_TIMES,
        ),
        (_TIMES_IN_ORDER,),
    ),
    TableContract(
        "outcomes",
        ("account_id",),
        (
            _text("account_id"),
            _flag("defaulted"),
            Column("known_at", Kind.TIMESTAMP),
            *_TIMES,
        ),
        (
            _TIMES_IN_ORDER,
            RowRule("known_after_cohort", "known_at > event_timestamp", "known before its cohort"),
        ),
        (_OF_ACCOUNT,),
    ),
    TableContract(
        "limit_changes",
        ("account_id",),
        (
            _text("account_id"),
            _minor("from_minor"),
            _minor("to_minor"),
            _text("reason"),
            _flag("randomized"),
            Column("propensity", Kind.FLOAT, 1.0, 0.0, 1.0),
            *_TIMES,
        ),
        (
            _TIMES_IN_ORDER,
            RowRule(
                "randomized_has_propensity",
                "not randomized or propensity > 0",
                "a randomized change without its propensity",
            ),
        ),
        (_OF_ACCOUNT,),
    ),
)


def table_named(name: str) -> TableContract:
    """The contract of this table; ``KeyError`` names those there are."""
    for table in TABLES:
        if table.name == name:
            return table
    raise KeyError(f"no table {name!r}; there are {[t.name for t in TABLES]}")

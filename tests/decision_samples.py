"""Accounts for the tests of limit decisions: the policy that ships, plain accounts, drawn ones."""

import copy
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from functools import cache

import numpy as np
import yaml
from hypothesis import strategies as st

from credit_limits.domain.account import AccountStatus, Product, Segment
from credit_limits.domain.money import yuan
from credit_limits.policy.account_changes import STATE_CAUSES, AccountChanges, mask_of
from credit_limits.policy.brakes import BrakeMeasure, BrakeOrder, Brakes
from credit_limits.policy.limit_policy import LimitPolicy, parse_limit_policy
from credit_limits.policy.portfolio import (
    FEATURES_READ,
    NOT_KNOWN_SEGMENT,
    PRODUCTS,
    SEGMENTS,
    STATUSES,
    Portfolio,
    rule_features,
)
from tests.conftest import ROOT

AS_OF = date(2024, 1, 31)
NOT_KNOWN = float("nan")
POLICY_FILE = ROOT / "policies" / "limits" / "2005-01-01.yaml"

# An account that no rule keeps from rising: used by a third, paid on time for a year.
GOOD = {
    "customer": None,
    "product": "pay_later",
    "status": "open",
    "limit": yuan(10_000),
    "balance": yuan(3_000),
    "annual_rate": 0.18,
    "pd": 0.02,
    "human_review_only": False,
    "declines_increases": False,
    "closed_until": None,
    "state_since": None,
    "state_causes": (),
    "state_conflict": False,
    "months_since_change": NOT_KNOWN,
    "months_since_extension": NOT_KNOWN,
    "months_since_rate_change": NOT_KNOWN,
    "income_lost_ratio": 0.0,
    "total": None,
    "accounts": 1,
    "segment": "consumer",
    "region": "east",
    "partner": "",
    "account_age_months": 36.0,
    "income_monthly_minor": float(yuan(20_000)),
    "statement_count_12m": 12.0,
    "balance_mean_6m_minor": float(yuan(3_000)),
    "paid_mean_6m_minor": float(yuan(1_500)),
    "utilization_ratio_12m": 0.3,
    "payment_ratio_12m": 0.5,
    "on_time_streak_months": 12.0,
    "days_past_due_latest": 0.0,
    "revolving_share_12m": 1.0,
    "transaction_count_90d": 20.0,
    "spend_90d_minor": float(yuan(4_500)),
    "spend_trend_90d": 1.0,
    "scenario_concentration_90d": 0.3,
    "login_count_30d": 20.0,
    "login_ratio_7d": 1.0,
    "disputed_transaction_count_90d": 0.0,
    "has_backup_repayment_source": 0.0,
    "loan_application_count_7d": 0.0,
    "loan_application_count_30d": 0.0,
    "device_change_count_30d": 0.0,
    "linked_past_due_count": 0.0,
    "bureau_other_balance_minor": 0.0,
}


@cache
def _content() -> dict[str, object]:
    return yaml.safe_load(POLICY_FILE.read_text(encoding="utf-8"))


def shipped_content() -> dict[str, object]:
    return copy.deepcopy(_content())


@cache
def shipped_policy() -> LimitPolicy:
    return parse_limit_policy(shipped_content())


def portfolio_of(*changes: dict[str, object]) -> Portfolio:
    """One account for each mapping: :data:`GOOD` with these changes."""
    rows = [{**GOOD, **change} for change in changes]
    unknown = {name for row in rows for name in row} - set(GOOD) - {"id"}
    assert not unknown, unknown

    def column(name: str, kind: type) -> np.ndarray:
        return np.array([row[name] for row in rows], dtype=kind)

    ids = np.array([str(row.get("id", f"A{place:04d}")) for place, row in enumerate(rows)], np.str_)
    owners = [row["customer"] or f"C{place:04d}" for place, row in enumerate(rows)]
    totals = [row["limit"] if row["total"] is None else row["total"] for row in rows]
    return Portfolio(
        as_of=AS_OF,
        account_id=ids,
        customer_id=np.array(owners, np.str_),
        product=np.array([PRODUCTS.index(Product(row["product"])) for row in rows], np.int64),
        status=np.array([STATUSES.index(AccountStatus(row["status"])) for row in rows], np.int64),
        limit_minor=column("limit", np.int64),
        balance_minor=column("balance", np.int64),
        annual_rate=column("annual_rate", np.float64),
        default_probability=column("pd", np.float64),
        model_probability=column("pd", np.float64),
        human_review_only=column("human_review_only", np.bool_),
        declines_increases=column("declines_increases", np.bool_),
        increases_closed_until=np.array([row["closed_until"] for row in rows], "datetime64[D]"),
        state_since=np.array([row["state_since"] for row in rows], "datetime64[D]"),
        state_causes=np.array([mask_of(row["state_causes"], STATE_CAUSES) for row in rows]),
        state_conflict=column("state_conflict", np.bool_),
        months_since_limit_change=column("months_since_change", np.float64),
        months_since_extension=column("months_since_extension", np.float64),
        months_since_rate_change=column("months_since_rate_change", np.float64),
        income_lost_ratio=column("income_lost_ratio", np.float64),
        customer_total_minor=np.array(totals, np.int64),
        customer_account_count=column("accounts", np.int64),
        segment=np.array([_segment_place(row["segment"]) for row in rows], np.int64),
        region=np.array([row["region"] for row in rows], np.str_),
        partner=np.array([row["partner"] for row in rows], np.str_),
        features=rule_features(
            {name: column(name, np.float64) for name in FEATURES_READ}, len(rows)
        ),
    )


def _segment_place(name: object) -> int:
    return NOT_KNOWN_SEGMENT if name is None else SEGMENTS.index(Segment(name))


def reordered(portfolio: Portfolio, order: np.ndarray) -> Portfolio:
    """The same accounts in another order."""
    kept = {
        item.name: getattr(portfolio, item.name)[order]
        for item in fields(portfolio)
        if item.name not in ("as_of", "features")
    }
    features = {name: getattr(portfolio.features, name)[order] for name in FEATURES_READ}
    return replace(portfolio, **kept, features=rule_features(features, len(order)))


def unchanged(count: int) -> AccountChanges:
    """Accounts that stay as they are, open, beside their limit."""
    none = np.zeros(count, np.bool_)
    return AccountChanges(
        state=np.zeros(count, np.int64),
        since=np.full(count, np.datetime64("NaT", "D")),
        causes=np.zeros(count, np.int64),
        frozen=none,
        thawed=none,
        reopened=none,
        referred=none,
        extension_months=np.zeros(count, np.int64),
        annual_rate=np.full(count, NOT_KNOWN),
        reasons=np.zeros(count, np.int64),
    )


def _maybe(values: st.SearchStrategy[float]) -> st.SearchStrategy[float]:
    return st.one_of(st.just(NOT_KNOWN), values)


def _counts(most: int) -> st.SearchStrategy[float]:
    return _maybe(st.integers(0, most).map(float))


_AMOUNTS = st.one_of(
    st.integers(0, yuan(2_000)),
    st.integers(0, yuan(400_000)),
    st.sampled_from([0, yuan(50), yuan(999), yuan(1_000), yuan(20_000), yuan(300_000)]),
)
_RATIOS = st.one_of(st.floats(0, 1.2), st.sampled_from([0.0, 0.08, 0.75, 0.9, 1.0]))
_PROBABILITIES = st.one_of(
    st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.03, 0.06, 0.1, 0.16, 0.3, 1.0])
)
_SPOILED = st.fixed_dictionaries(
    {},
    optional={
        "product": st.sampled_from([product.value for product in Product]),
        "status": st.sampled_from(["open", "increases_closed", "frozen"]),
        "segment": st.sampled_from([None, "consumer", "micro_merchant"]),
        "region": st.sampled_from(["", "east", "west"]),
        "partner": st.sampled_from(["", "partner_a", "partner_b"]),
        "balance": st.integers(-yuan(100), yuan(300_000)),
        "annual_rate": _maybe(st.floats(0, 0.4)),
        "human_review_only": st.booleans(),
        "declines_increases": st.booleans(),
        "closed_until": st.one_of(st.none(), st.dates(date(2023, 11, 1), date(2024, 6, 30))),
        "state_since": st.one_of(st.none(), st.dates(date(2023, 5, 1), date(2024, 1, 30))),
        "state_causes": st.lists(st.sampled_from(STATE_CAUSES), max_size=3),
        "state_conflict": st.booleans(),
        "months_since_change": _counts(12),
        "months_since_extension": _counts(14),
        "months_since_rate_change": _counts(14),
        "income_lost_ratio": _maybe(st.sampled_from([-0.5, 0.0, 0.09, 0.1, 0.19, 0.2, 0.9])),
        "account_age_months": _counts(12),
        "income_monthly_minor": _maybe(st.integers(0, yuan(40_000)).map(float)),
        "statement_count_12m": _counts(12),
        "balance_mean_6m_minor": _maybe(st.sampled_from([0.0, 5e5])),
        "utilization_ratio_12m": _maybe(_RATIOS),
        "payment_ratio_12m": _maybe(_RATIOS),
        "on_time_streak_months": _counts(6),
        "days_past_due_latest": _maybe(
            st.sampled_from([0.0, 1.0, 29.0, 30.0, 59.0, 60.0, 89.0, 90.0, 400.0])
        ),
        "revolving_share_12m": _maybe(_RATIOS.filter(lambda ratio: ratio <= 1.0)),
        "transaction_count_90d": _counts(12),
        "spend_90d_minor": _maybe(_AMOUNTS.map(float)),
        "spend_trend_90d": _maybe(st.sampled_from([0.0, 1.9, 2.0, 2.69, 2.7, 3.0])),
        "scenario_concentration_90d": _maybe(st.sampled_from([0.2, 0.94, 0.95, 1.0])),
        "login_count_30d": _counts(14),
        "login_ratio_7d": _maybe(st.sampled_from([0.0, 2.9, 3.0, 5.9, 6.0, 40.0])),
        "disputed_transaction_count_90d": _counts(2),
        "has_backup_repayment_source": _counts(1),
        "loan_application_count_7d": _counts(5),
        "loan_application_count_30d": _counts(8),
        "device_change_count_30d": _counts(5),
        "linked_past_due_count": _counts(4),
        "bureau_other_balance_minor": _maybe(_AMOUNTS.map(float)),
    },
)


@st.composite
def drawn_accounts(draw: st.DrawFn) -> dict[str, object]:
    """An account as :func:`portfolio_of` takes it: good in most ways, spoiled in some."""
    limit = draw(_AMOUNTS)
    other = draw(st.sampled_from([0, 0, 0, yuan(5_000), yuan(280_000)]))
    return {
        **draw(_SPOILED),
        "limit": limit,
        "pd": draw(_PROBABILITIES),
        "total": limit + other,
        "accounts": 2 if other else 1,
    }


_DEGREES = {
    BrakeMeasure.NO_INCREASES: st.just({}),
    BrakeMeasure.SLOW_INCREASES: st.integers(1001, 2500).map(lambda most: {"ratio_permille": most}),
    BrakeMeasure.TIGHTEN_GRADES: st.integers(1, 7).map(lambda steps: {"grades": steps}),
}


@st.composite
def drawn_orders(draw: st.DrawFn) -> BrakeOrder:
    """An order of any measure, for any part of the portfolio."""
    measure = draw(st.sampled_from(BrakeMeasure))
    products = draw(st.lists(st.sampled_from(Product), unique=True, min_size=1))
    return BrakeOrder(
        measure,
        tuple(sorted(products)),
        draw(st.sampled_from([(), (Segment.CONSUMER,), (Segment.MICRO_MERCHANT,)])),
        draw(st.sampled_from([(), ("east",), ("east", "west"), ("nowhere",)])),
        **draw(_DEGREES[measure]),
    )


def stop_of(products: Iterable[Product]) -> Brakes:
    """No increases of these products."""
    return Brakes((BrakeOrder(BrakeMeasure.NO_INCREASES, tuple(sorted(products))),))


def drawn_brakes() -> st.SearchStrategy[Brakes]:
    """Up to three orders at once."""
    return st.lists(drawn_orders(), max_size=3).map(lambda orders: Brakes(tuple(orders)))


def drawn_portfolios(most: int = 12) -> st.SearchStrategy[Portfolio]:
    """Portfolios of one to ``most`` drawn accounts."""
    return st.lists(drawn_accounts(), min_size=1, max_size=most).map(
        lambda accounts: portfolio_of(*accounts)
    )

"""The portfolio that limits are decided for: one array a column, one place an account."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from credit_limits.domain.account import AccountStatus, Product, Segment

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.str_]
Days: TypeAlias = npt.NDArray[np.datetime64]

PRODUCTS = tuple(Product)
STATUSES = tuple(AccountStatus)
SEGMENTS = tuple(Segment)
NOT_KNOWN_SEGMENT = -1


@dataclass(frozen=True, slots=True)
class RuleFeatures:
    """The features that rules and economics read, named as in the catalogue; NaN is not known."""

    account_age_months: Floats
    income_monthly_minor: Floats
    statement_count_12m: Floats
    balance_mean_6m_minor: Floats
    paid_mean_6m_minor: Floats
    utilization_ratio_12m: Floats
    payment_ratio_12m: Floats
    on_time_streak_months: Floats
    days_past_due_latest: Floats
    revolving_share_12m: Floats
    transaction_count_90d: Floats
    spend_90d_minor: Floats
    spend_trend_90d: Floats
    scenario_concentration_90d: Floats
    loan_application_count_7d: Floats
    loan_application_count_30d: Floats
    login_count_30d: Floats
    login_ratio_7d: Floats
    device_change_count_30d: Floats
    disputed_transaction_count_90d: Floats
    linked_past_due_count: Floats
    bureau_other_balance_minor: Floats
    has_backup_repayment_source: Floats


FEATURES_READ: tuple[str, ...] = tuple(field.name for field in fields(RuleFeatures))


def rule_features(columns: Mapping[str, Floats], accounts: int) -> RuleFeatures:
    """The features read, out of ``columns``; one that the lender does not have is not known."""
    absent = np.full(accounts, np.nan)
    return RuleFeatures(
        **{name: np.asarray(columns.get(name, absent), np.float64) for name in FEATURES_READ}
    )


@dataclass(frozen=True, slots=True)
class Account:
    """One account, as the plain rules read it: the fields of :class:`Portfolio`, one place each.

    ``None`` is not known. Amounts in minor units.
    """

    as_of: date
    product: Product
    status: AccountStatus
    limit_minor: int
    balance_minor: int
    annual_rate: float | None
    default_probability: float
    model_probability: float
    human_review_only: bool
    declines_increases: bool
    increases_closed_until: date | None
    state_since: date | None
    state_causes: int
    state_conflict: bool
    months_since_limit_change: float | None
    months_since_extension: float | None
    months_since_rate_change: float | None
    income_lost_ratio: float | None
    customer_total_minor: int
    customer_account_count: int
    segment: Segment | None
    region: str | None
    partner: str | None
    features: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """N accounts at ``as_of``, none of them closed; every array has N places.

    ``product`` and ``status`` are places in :data:`PRODUCTS` and :data:`STATUSES`.
    ``balance_minor`` is that of the latest statement, 0 where there is none. ``annual_rate`` and
    ``months_since_limit_change`` are NaN where not known and never. ``increases_closed_until`` is
    the last day on which an earlier decision keeps raises closed, NaT for none.

    ``status`` is the state in force: that of the latest decision, or of the lender's books where
    they were changed after it. ``state_since`` is the day it began, NaT where not known;
    ``state_causes`` a mask over :data:`~credit_limits.policy.account_changes.STATE_CAUSES`, 0
    where the books made the state and do not say for what. ``state_conflict`` says that the books
    undid a freeze of ours. ``months_since_extension`` and ``months_since_rate_change`` are NaN for
    never. ``income_lost_ratio`` is the share of the highest income of the year before that is lost,
    NaN where no income is known.

    ``customer_total_minor`` adds up the limits of all accounts of the customer, also of those
    outside this portfolio, and ``customer_account_count`` counts them. ``segment`` is the place of
    the customer's in :data:`SEGMENTS`, -1 where not known, ``region`` empty where not known.
    ``partner`` is who brought the account, empty where nobody did or it is not known.
    ``model_probability`` is the model's, within its label window, ``default_probability`` what the
    macro overlay makes of it, and what decides.

    Raises ``ValueError`` where lengths differ or a value is out of its range.
    """

    as_of: date
    account_id: Texts
    customer_id: Texts
    product: Integers
    status: Integers
    limit_minor: Integers
    balance_minor: Integers
    annual_rate: Floats
    default_probability: Floats
    model_probability: Floats
    human_review_only: Flags
    declines_increases: Flags
    increases_closed_until: Days
    state_since: Days
    state_causes: Integers
    state_conflict: Flags
    months_since_limit_change: Floats
    months_since_extension: Floats
    months_since_rate_change: Floats
    income_lost_ratio: Floats
    customer_total_minor: Integers
    customer_account_count: Integers
    segment: Integers
    region: Texts
    partner: Texts
    features: RuleFeatures

    def __post_init__(self) -> None:
        count = len(self.account_id)
        columns = [getattr(self, field.name) for field in fields(self)][1:-1]
        columns += [getattr(self.features, name) for name in FEATURES_READ]
        if any(column.shape != (count,) for column in columns):
            raise ValueError(f"every column of a portfolio of {count} accounts has {count} places")
        for values in (self.default_probability, self.model_probability):
            within = (values >= 0) & (values <= 1)
            if not within.all():
                first = self.account_id[~within][0]
                raise ValueError(f"{first}: default probability outside 0 to 1")
        if (self.limit_minor < 0).any():
            raise ValueError(f"{self.account_id[self.limit_minor < 0][0]}: negative limit")
        closed = self.status == STATUSES.index(AccountStatus.CLOSED)
        if closed.any():
            raise ValueError(f"{self.account_id[closed][0]}: a closed account has no limit to move")
        if (self.customer_account_count < 1).any():
            raise ValueError("a customer has at least the account that is here")

    def __len__(self) -> int:
        return len(self.account_id)

    def where(self, flags: Flags) -> "Portfolio":
        """The accounts whose flag is set, in the same order."""
        kept = {
            name: getattr(self, name)[flags]
            for name in (field.name for field in fields(self))
            if name not in ("as_of", "features")
        }
        features = RuleFeatures(
            **{name: getattr(self.features, name)[flags] for name in FEATURES_READ}
        )
        return Portfolio(as_of=self.as_of, features=features, **kept)

    def account(self, index: int) -> Account:
        """The account at one place."""
        until, since = self.increases_closed_until[index], self.state_since[index]
        return Account(
            as_of=self.as_of,
            product=PRODUCTS[self.product[index]],
            status=STATUSES[self.status[index]],
            limit_minor=int(self.limit_minor[index]),
            balance_minor=int(self.balance_minor[index]),
            annual_rate=_known(self.annual_rate[index]),
            default_probability=float(self.default_probability[index]),
            model_probability=float(self.model_probability[index]),
            human_review_only=bool(self.human_review_only[index]),
            declines_increases=bool(self.declines_increases[index]),
            increases_closed_until=None if np.isnat(until) else until.astype(object),
            state_since=None if np.isnat(since) else since.astype(object),
            state_causes=int(self.state_causes[index]),
            state_conflict=bool(self.state_conflict[index]),
            months_since_limit_change=_known(self.months_since_limit_change[index]),
            months_since_extension=_known(self.months_since_extension[index]),
            months_since_rate_change=_known(self.months_since_rate_change[index]),
            income_lost_ratio=_known(self.income_lost_ratio[index]),
            customer_total_minor=int(self.customer_total_minor[index]),
            customer_account_count=int(self.customer_account_count[index]),
            segment=None if self.segment[index] < 0 else SEGMENTS[self.segment[index]],
            region=str(self.region[index]) or None,
            partner=str(self.partner[index]) or None,
            features={name: _known(getattr(self.features, name)[index]) for name in FEATURES_READ},
        )


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)

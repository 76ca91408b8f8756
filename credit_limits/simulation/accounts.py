"""Accounts: which lines a customer has, since when, and the limits the past policy gave them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credit_limits.domain.account import Product
from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.simulation.calendar import DAY_US, HOUR_US, Calendar
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.customers import Customers
from credit_limits.simulation.parameters import PastPolicy, Population, Spending, WorldParameters
from credit_limits.simulation.streams import Concern, Streams

PRODUCTS = (Product.PAY_LATER, Product.CASH_LOAN)
PARTNERS = ("partner_a", "partner_b", "partner_c")
_PARTNER_SHARES = (0.30, 0.20, 0.15)
_LONGEST_BEFORE_MONTHS = 60
_SAME_TIME_SHARE = 0.6
_MEAN_LAG_MONTHS = 8.0
_LAST_OPENING_DAY = 26
_DORMANT_USE = 0.04
_LEAST_UTILIZATION, _MOST_UTILIZATION = 0.02, 0.95


@dataclass(frozen=True, slots=True)
class Accounts:
    """One value an account; a customer's accounts are neighbours, pay-later first.

    ``number`` is twice the customer's, plus 1 for a cash loan, and makes the account's id.
    ``open_month`` is negative before the world's first month. ``lender_score`` is the past
    policy's noisy view of creditworthiness. ``utilization`` is the share of the limit that the
    account tends to use, ``pay_share`` what it pays of a carried balance, ``start_use`` and
    ``keep_use`` the monthly chances to take an unused line into use and to keep a line in use.
    """

    number: Ints
    customer: Ints
    cash_loan: Flags
    partner: Ints
    open_month: npt.NDArray[np.int64]
    opened_us: Ints
    first_limit_minor: Ints
    apr: Floats
    lender_score: Floats
    revolver: Flags
    utilization: Floats
    pay_share: Floats
    start_use: Floats
    keep_use: Floats

    @property
    def count(self) -> int:
        """How many accounts."""
        return len(self.number)

    def reference_limit_minor(self, p: PastPolicy) -> Floats:
        """The median limit of each account's product."""
        return median_limit_yuan(self.cash_loan, p) * MINOR_PER_YUAN


def median_limit_yuan(cash_loan: Flags, p: PastPolicy) -> Floats:
    """The past policy's median limit of each account's product."""
    return np.where(cash_loan, p.cash_loan_median_yuan, p.pay_later_median_yuan)


def rounded_limit_minor(limit_minor: Floats, p: PastPolicy) -> Ints:
    """A limit in whole steps of 50 yuan (of 100 from 5,000), between the policy's bounds.

    >>> rounded_limit_minor(np.array([123_456.0, 617_000.0]), PastPolicy())
    array([125000, 620000])
    """
    step = np.where(limit_minor < 500_000.0, 5_000.0, 10_000.0)
    rounded = np.rint(limit_minor / step) * step
    bounded = np.clip(rounded, p.floor_yuan * MINOR_PER_YUAN, p.cap_yuan * MINOR_PER_YUAN)
    return np.asarray(bounded, dtype=np.int64)


def draw_accounts(
    customers: Customers, p: WorldParameters, calendar: Calendar, streams: Streams
) -> Accounts:
    """The accounts of all customers, those that open only after the world's end included."""
    rng = streams.of(Concern.ACCOUNTS)
    has = _lines_held(customers.count, p.population, rng)
    open_month = _open_months(customers, p, rng)
    score = _lender_score(customers.creditworthiness, p.past_policy.score_accuracy, rng)
    number = np.flatnonzero(has)
    customer, cash_loan = number // 2, (number % 2).astype(np.bool_)
    month = open_month.ravel()[number]
    day = rng.integers(0, _LAST_OPENING_DAY, size=open_month.shape).ravel()[number]
    creditworthiness = customers.creditworthiness[customer]
    revolver = cash_loan | _carries_balance(creditworthiness, p.spending, rng)
    start_use, keep_use = _use_chances(cash_loan, revolver, p.spending, rng)
    return Accounts(
        number=number,
        customer=customer,
        cash_loan=cash_loan,
        partner=_partner(len(number), rng),
        open_month=month,
        opened_us=_first_days_us(month, calendar) + day * DAY_US,
        first_limit_minor=_first_limits(
            customers, customer, cash_loan, score, p=p.past_policy, rng=rng
        ),
        apr=_apr(cash_loan, score[customer], rng),
        lender_score=score[customer],
        revolver=revolver,
        utilization=_utilization(cash_loan, revolver, p.spending, rng),
        pay_share=_pay_share(cash_loan, creditworthiness, p.spending, rng),
        start_use=start_use,
        keep_use=keep_use,
    )


def _lines_held(customers: int, p: Population, rng: np.random.Generator) -> Flags:
    cash_only = rng.random(customers) < p.cash_loan_only_share
    both = rng.random(customers) < p.cash_loan_share
    return np.column_stack([~cash_only, cash_only | both])


def _open_months(customers: Customers, p: WorldParameters, rng: np.random.Generator) -> Ints:
    """Month of opening of either line of each customer; nobody opens one under 18.

    Those who are there at the beginning have stayed, so the less creditworthy among them are few
    and came of late, as they will be later on.
    """
    count = customers.count
    longest = np.minimum(_LONGEST_BEFORE_MONTHS, 12 * (customers.age - 18))
    stayed, tenure = _survivors(customers.creditworthiness, longest, p.population, rng)
    before = -1 - np.minimum(tenure, longest - 1)
    during = rng.integers(0, p.opening_horizon, size=count)
    first = np.where(rng.random(count) < stayed, before, during)
    lag = np.floor(rng.exponential(_MEAN_LAG_MONTHS, count)).astype(np.int64)
    at_once = rng.random(count) < _SAME_TIME_SHARE
    at_once |= first + lag >= p.opening_horizon
    return np.column_stack([first, np.where(at_once, first, first + lag)])


def _survivors(
    creditworthiness: Floats, longest: Ints, p: Population, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Each customer's chance to be there at the beginning, and their months with us if they are.

    Of customers who came at a steady pace and were lost at a rate each, those who are left have
    tenures of a cut exponential law, and are as many as the mean of their chances to be left.
    """
    lost = p.past_exit_monthly * np.exp(p.past_exit_effect * creditworthiness)
    lost = np.clip(lost, 1e-9, 1.0)
    ever = -np.expm1(-lost * longest)
    left = ever / (lost * longest)
    odds = p.open_before_share / (1.0 - p.open_before_share) * left / left.mean()
    tenure = -np.log1p(-rng.random(len(lost)) * ever) / lost
    return odds / (1.0 + odds), np.floor(tenure).astype(np.int64)


def _first_days_us(month: Ints, calendar: Calendar) -> Ints:
    lowest = int(month.min())
    starts = [calendar.first_us(m) for m in range(lowest, int(month.max()) + 1)]
    return np.asarray(starts, dtype=np.int64)[month - lowest]


def _lender_score(creditworthiness: Floats, accuracy: float, rng: np.random.Generator) -> Floats:
    noise = rng.standard_normal(len(creditworthiness))
    return np.asarray(accuracy * creditworthiness + np.sqrt(1.0 - accuracy**2) * noise)


def _first_limits(
    customers: Customers,
    customer: Ints,
    cash_loan: Flags,
    score: Floats,
    *,
    p: PastPolicy,
    rng: np.random.Generator,
) -> Ints:
    """Risk-based limits: more for income and for a good score, less for an unknown file."""
    stated = customers.log_income + customers.stated_error
    income = stated - customers.log_income.mean()
    log_limit = (
        np.log(median_limit_yuan(cash_loan, p))
        + p.income_elasticity * income[customer]
        + p.score_effect * score[customer]
        - 0.4 * customers.thin_file[customer]
        + p.limit_log_sd * rng.standard_normal(len(customer))
    )
    return rounded_limit_minor(np.exp(log_limit) * MINOR_PER_YUAN, p)


def _partner(count: int, rng: np.random.Generator) -> Ints:
    """Number of the partner that brought the account, ``len(PARTNERS)`` for none."""
    return np.searchsorted(np.cumsum(_PARTNER_SHARES), rng.random(count), side="right")


def _apr(cash_loan: Flags, score: Floats, rng: np.random.Generator) -> Floats:
    middle = np.where(cash_loan, 0.18, 0.15) - 0.015 * score
    spread = 0.01 * rng.standard_normal(len(score))
    return np.clip(middle + spread, 0.08, 0.24).round(4)


def _carries_balance(creditworthiness: Floats, p: Spending, rng: np.random.Generator) -> Flags:
    log_odds = p.revolver_log_odds + p.revolver_creditworthiness_effect * creditworthiness
    return np.asarray(rng.random(len(creditworthiness)) < 1.0 / (1.0 + np.exp(-log_odds)))


def _utilization(
    cash_loan: Flags, revolver: Flags, p: Spending, rng: np.random.Generator
) -> Floats:
    mean = np.where(revolver, p.revolver_utilization, p.transactor_utilization)
    mean = np.where(cash_loan, p.cash_utilization, mean)
    drawn = rng.beta(mean * p.utilization_concentration, (1 - mean) * p.utilization_concentration)
    return np.clip(drawn, _LEAST_UTILIZATION, _MOST_UTILIZATION)


def _pay_share(
    cash_loan: Flags, creditworthiness: Floats, p: Spending, rng: np.random.Generator
) -> Floats:
    mean = np.where(cash_loan, p.cash_pay_share, p.pay_share)
    spread = 0.4 * creditworthiness + 0.3 * rng.standard_normal(len(mean))
    return np.asarray(np.clip(mean * np.exp(spread), p.cash_pay_share / 2.0, 0.9))


def _use_chances(
    cash_loan: Flags, revolver: Flags, p: Spending, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Monthly chances to take an unused line into use, and to keep a line in use."""
    dormant = rng.random(len(revolver)) < p.dormant_share
    by_use = np.where(dormant, _DORMANT_USE, p.active_share)
    pay_later = np.where(revolver, 1.0, by_use)
    start = np.where(cash_loan, p.cash_start_monthly, pay_later)
    return start, np.where(cash_loan, 1.0 - p.cash_payoff_monthly, pay_later)


def first_seen_us(accounts: Accounts, customers: int) -> Ints:
    """When each customer became known: an hour into the day their first account opened."""
    first = np.full(customers, np.iinfo(np.int64).max // 2, dtype=np.int64)
    np.minimum.at(first, accounts.customer, accounts.opened_us)
    return first + HOUR_US

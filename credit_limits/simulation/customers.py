"""Customers: income, facts of life, consents, and the creditworthiness nobody sees."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from credit_limits.domain.account import Segment
from credit_limits.simulation.calendar import DAY_US, HOUR_US, SECOND_US
from credit_limits.simulation.columns import (
    Flags,
    Floats,
    Ints,
    Table,
    chosen,
    instants,
    labels,
    whole,
)
from credit_limits.simulation.parameters import Population
from credit_limits.simulation.relations import Circles
from credit_limits.simulation.streams import Concern, Streams

EDUCATIONS = ("secondary", "college", "bachelor", "graduate")
MARITAL_STATUSES = ("single", "married", "other")
SEXES = ("female", "male")
REGIONS = ("east", "central", "west", "northeast")
OCCUPATIONS = ("manufacturing", "services", "office", "public", "professional", "self_employed")
_EDUCATION_SHARES = (0.30, 0.33, 0.29, 0.08)
_REGION_SHARES = (0.48, 0.24, 0.21, 0.07)
_YOUNGEST, _OLDEST = 20, 62
_EMPLOYABLE_AGE = 18
_AGE_CREDITWORTHINESS = 0.15
_TENURE_CREDITWORTHINESS = 0.6
_OCCUPATION_UNKNOWN_SHARE = 0.06
_EMPLOYMENT_UNKNOWN_SHARE = 0.05
_PAY_DAY, _PAY_HOUR = 9, 9


@dataclass(frozen=True, slots=True)
class Customers:
    """One value a customer. ``log_income`` is log yuan a month, ``creditworthiness`` about N(0, 1).

    ``age`` is in years in the first month; ``tenure_days`` is the length of the present employment
    when the customer became known. ``consents`` has a column for each of transactions, activity,
    links and bureau.
    """

    age: Ints
    male: Flags
    education: Ints
    marital_status: Ints
    region: Ints
    occupation: Ints
    micro_merchant: Flags
    log_income: Floats
    stated_error: Floats
    income_unknown: Flags
    occupation_unknown: Flags
    tenure_days: Ints
    tenure_unknown: Flags
    backup_source: Flags
    consents: Flags
    human_review_only: Flags
    declines_increases: Flags
    thin_file: Flags
    creditworthiness: Floats

    @property
    def count(self) -> int:
        """How many customers."""
        return len(self.age)


def draw_customers(count: int, p: Population, circles: Circles, streams: Streams) -> Customers:
    """``count`` customers. Protected facts shape income and, but for that, nothing."""
    own = streams.of(Concern.PROTECTED)
    male = own.random(count) < p.male_share
    education = own.choice(len(EDUCATIONS), size=count, p=_EDUCATION_SHARES)
    rng = streams.of(Concern.CUSTOMERS)
    age = _YOUNGEST + np.floor((_OLDEST - _YOUNGEST) * rng.beta(1.5, 2.6, count)).astype(np.int64)
    micro_merchant = rng.random(count) < p.micro_merchant_share
    income = _log_income(age, male, education, micro_merchant, p=p, rng=rng)
    creditworthiness = _creditworthiness(age, circles, p.circle_correlation, rng)
    occupation = _occupation(education, micro_merchant, rng)
    return Customers(
        age=age,
        male=male,
        education=education,
        marital_status=_marital_status(age, own),
        region=rng.choice(len(REGIONS), size=count, p=_REGION_SHARES),
        occupation=occupation,
        micro_merchant=micro_merchant,
        log_income=income,
        stated_error=p.stated_income_log_sd * rng.standard_normal(count),
        income_unknown=rng.random(count) < p.income_unknown_share,
        occupation_unknown=rng.random(count) < _OCCUPATION_UNKNOWN_SHARE,
        tenure_days=_tenure_days(creditworthiness, rng),
        tenure_unknown=rng.random(count) < _EMPLOYMENT_UNKNOWN_SHARE,
        backup_source=rng.random(count) < p.backup_source_share,
        consents=rng.random((count, 4)) >= p.consent_withheld_share,
        human_review_only=rng.random(count) < p.human_review_share,
        declines_increases=rng.random(count) < p.declines_increases_share,
        thin_file=rng.random(count) < p.thin_file_share * 2 / (1 + np.exp((age - 30) / 8)),
        creditworthiness=creditworthiness,
    )


def _log_income(
    age: Ints,
    male: Flags,
    education: Ints,
    micro_merchant: Flags,
    *,
    p: Population,
    rng: np.random.Generator,
) -> Floats:
    mean_education = float(np.dot(range(len(EDUCATIONS)), _EDUCATION_SHARES))
    by_age = -0.15 * ((age - 42) / 15.0) ** 2 + 0.10
    return np.asarray(
        np.log(p.income_median_yuan)
        + p.education_income_effect * (education - mean_education)
        + p.male_income_effect * (male - p.male_share)
        + 0.10 * micro_merchant
        + by_age
        + p.income_log_sd * rng.standard_normal(len(age))
    )


def _creditworthiness(
    age: Ints, circles: Circles, correlation: float, rng: np.random.Generator
) -> Floats:
    own = rng.standard_normal(len(age))
    shared = rng.standard_normal(circles.count + 1)[circles.circle_of]
    mixed = np.sqrt(correlation) * shared + np.sqrt(1.0 - correlation) * own
    by_age = _AGE_CREDITWORTHINESS * (age - 35) / 10.0
    return np.asarray(np.where(circles.circle_of >= 0, mixed, own) + by_age)


def _tenure_days(creditworthiness: Floats, rng: np.random.Generator) -> Ints:
    """About four years in the present employment; more for those who keep what they undertake."""
    years = rng.exponential(4.0, len(creditworthiness))
    return (365.0 * years * np.exp(_TENURE_CREDITWORTHINESS * creditworthiness)).astype(np.int64)


def _occupation(education: Ints, micro_merchant: Flags, rng: np.random.Generator) -> Ints:
    """Higher levels of education move towards the later occupations of the list."""
    place = rng.random(len(education)) * 3.0 + education * 0.8
    employed = np.minimum(place.astype(np.int64), OCCUPATIONS.index("professional"))
    return np.where(micro_merchant, OCCUPATIONS.index("self_employed"), employed)


def _marital_status(age: Ints, rng: np.random.Generator) -> Ints:
    married = rng.random(len(age)) < 0.85 / (1 + np.exp(-(age - 28) / 3.5))
    other = rng.random(len(age)) < 0.06
    return np.where(other, 2, np.where(married, 1, 0)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class CustomerRecords:
    """Records of customers as they are at one time or other; one value a record."""

    customer: Ints
    log_income: Floats
    employment_us: Ints
    event_us: Ints
    created_us: Ints


def customers_table(customers: Customers, records: CustomerRecords, start_year: int) -> Table:
    """Rows of ``customers`` for these records."""
    of = records.customer
    stated = np.exp(records.log_income + customers.stated_error[of])
    income_minor = np.rint(stated / 10.0).astype(np.int64) * 1000
    return pa.table(
        {
            "customer_id": labels("C", of, 7),
            "birth_year": whole(start_year - customers.age[of]),
            "occupation": chosen(
                OCCUPATIONS,
                customers.occupation[of],
                absent=customers.occupation_unknown[of],
            ),
            "income_monthly_minor": whole(income_minor, customers.income_unknown[of]),
            "region": chosen(REGIONS, customers.region[of]),
            "segment": chosen(
                (Segment.CONSUMER, Segment.MICRO_MERCHANT), customers.micro_merchant[of]
            ),
            "employment_since": instants(records.employment_us, customers.tenure_unknown[of]),
            "backup_repayment_source": pa.array(customers.backup_source[of]),
            "consent_transactions": pa.array(customers.consents[of, 0]),
            "consent_activity": pa.array(customers.consents[of, 1]),
            "consent_links": pa.array(customers.consents[of, 2]),
            "consent_bureau": pa.array(customers.consents[of, 3]),
            "human_review_only": pa.array(customers.human_review_only[of]),
            "declines_increases": pa.array(customers.declines_increases[of]),
            "event_timestamp": instants(records.event_us),
            "created_timestamp": instants(records.created_us),
        }
    )


def first_records(customers: Customers, first_seen_us: Ints, start_year: int) -> CustomerRecords:
    """The record of every customer when they became known."""
    return CustomerRecords(
        np.arange(customers.count),
        customers.log_income,
        _employed_since_us(customers, first_seen_us, start_year),
        first_seen_us,
        first_seen_us + HOUR_US // 2,
    )


def _employed_since_us(customers: Customers, first_seen_us: Ints, start_year: int) -> Ints:
    """Midnight at which the first employment on record began; nobody was under 18 then."""
    began = first_seen_us // DAY_US * DAY_US - customers.tenure_days * DAY_US
    of_age = start_year - customers.age + _EMPLOYABLE_AGE - 1970
    of_age_us = of_age.astype("datetime64[Y]").astype("datetime64[us]").astype(np.int64)
    return np.asarray(np.maximum(began, of_age_us), dtype=np.int64)


def protected_table(customers: Customers, first_seen_us: Ints) -> Table:
    """Rows of ``protected``: what fairness checks read and nothing else may."""
    every = np.arange(customers.count)
    return pa.table(
        {
            "customer_id": labels("C", every, 7),
            "sex": chosen(SEXES, customers.male),
            "marital_status": chosen(MARITAL_STATUSES, customers.marital_status),
            "education": chosen(EDUCATIONS, customers.education),
            "ethnicity": pa.nulls(customers.count, pa.string()),
            "event_timestamp": instants(first_seen_us),
            "created_timestamp": instants(first_seen_us + HOUR_US // 2),
        }
    )


def changed_records(
    customers: Customers,
    log_income: Floats,
    first_seen_us: Ints,
    month: tuple[int, int],
    *,
    p: Population,
    rng: np.random.Generator,
) -> tuple[CustomerRecords, Floats]:
    """Records of customers whose income changes for good in a month, and everyone's after it.

    ``month`` holds its first and its last instant in microseconds. A change comes with a new
    employment, and is learnt of some days after it happens.
    """
    change = p.income_change_log_sd * rng.standard_normal(customers.count)
    days, lag, draw = rng.random((3, customers.count))
    changes = (draw < p.income_change_monthly) & (first_seen_us < month[0])
    event = month[0] + (days * (month[1] - month[0])).astype(np.int64)
    event = event // SECOND_US * SECOND_US
    created = event + ((1.0 + 9.0 * lag) * DAY_US).astype(np.int64)
    after = np.where(changes, log_income + change, log_income)
    at = np.flatnonzero(changes)
    employed = event // DAY_US * DAY_US
    return CustomerRecords(at, after[at], employed[at], event[at], created[at]), after


def lost_log_income(
    customers: Customers, distressed: Flags, p: Population, streams: Streams
) -> Floats:
    """What each customer's income on record is short of while they are in distress, log yuan.

    Distress is a lost income for some, always the same customers, and something else for others. A
    ratio of 0.6 is log 0.6 = -0.51. What distress does to payments it does by itself, so this
    reaches the records alone.
    """
    losers = streams.of(Concern.LOST_INCOME).random(customers.count) < p.distress_income_share
    return np.where(losers & distressed, np.log(p.distress_income_ratio), 0.0)


def distress_records(
    log_income: Floats, moved: Flags, first_seen_us: Ints, first_us: int
) -> CustomerRecords:
    """Records of customers whose income was lost, or is there again, on a month's pay day.

    ``log_income`` is everyone's income on record from then on, ``moved`` whose differs from the
    month before; who is not a customer yet states nothing.
    """
    at = np.flatnonzero(moved & (first_seen_us < first_us))
    pay_day_us = np.full(len(at), first_us + _PAY_DAY * DAY_US)
    event_us = pay_day_us + _PAY_HOUR * HOUR_US
    return CustomerRecords(at, log_income[at], pay_day_us, event_us, event_us + DAY_US)

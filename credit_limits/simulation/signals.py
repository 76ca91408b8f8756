"""Rows of ``activity_events``: what customers do in the app, by month.

Distress shows here first: fewer log-ins, changes of device, and a burst of applications for loans
within a few days when it begins.
"""

import numpy as np
import pyarrow as pa

from credit_limits.domain.account import ActivityKind
from credit_limits.simulation.calendar import DAY_US, HOUR_US, SECOND_US
from credit_limits.simulation.columns import Flags, Floats, Table, chosen, instants, labels
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import Signals
from credit_limits.simulation.portfolio import Scene, Standing
from credit_limits.simulation.streams import Concern

_KINDS = tuple(ActivityKind)
_BURST_DAYS = 5
_WEALTH_USERS_SHARE = 0.35


def events_of_month(scene: Scene, before: Standing, standing: Standing) -> Table:
    """The events of one month; ``before`` tells whose distress begins in it."""
    month, calendar = standing.month, scene.calendar
    rng = scene.streams.of(Concern.ACTIVITY, month)
    means = _means(scene, standing.distressed, scene.parameters.signals)
    strikes = standing.fraud & ~before.fraud
    means += np.outer(strikes, _of_a_strike(scene.parameters.signals))
    means *= _has_open_account(scene, standing)
    begins = standing.distressed & ~before.distressed & (means[:, 0] > 0)
    bursts = rng.poisson(scene.parameters.signals.burst_applications * begins)
    counts = np.column_stack([rng.poisson(means), bursts])
    of = np.repeat(np.arange(counts.size), counts.ravel())
    customer, kind = of // counts.shape[1], of % counts.shape[1]
    first = np.maximum(calendar.first_us(month), scene.first_seen_us[customer] + HOUR_US)
    last = calendar.last_day_us(month) + 23 * HOUR_US
    in_burst = kind == len(_KINDS)
    latest = np.where(in_burst, last - _BURST_DAYS * DAY_US, last)
    place = np.where(in_burst, rng.random(scene.customers.count)[customer], rng.random(len(of)))
    event = first + (place * np.maximum(latest - first, 0)).astype(np.int64)
    within = rng.random(len(of)) * _BURST_DAYS * DAY_US
    event = np.minimum(event + np.where(in_burst, within, 0.0).astype(np.int64), last)
    event = np.maximum(event // SECOND_US * SECOND_US, first)
    kind = np.where(in_burst, _KINDS.index(ActivityKind.LOAN_APPLICATION), kind)
    created = event + rng.integers(1, 600, size=len(of)) * SECOND_US
    return pa.table(
        {
            "event_id": labels(f"E{month:03d}", np.arange(len(of)), 9),
            "customer_id": labels("C", customer, 7),
            "kind": chosen(_KINDS, kind),
            "event_timestamp": instants(event),
            "created_timestamp": instants(created),
        }
    )


def _has_open_account(scene: Scene, standing: Standing) -> Floats:
    open_accounts = standing.state < State.CHARGED_OFF
    held = np.bincount(
        scene.accounts.customer, weights=open_accounts, minlength=scene.customers.count
    )
    return (held > 0).astype(np.float64)[:, None]


def _means(scene: Scene, distressed: Flags, p: Signals) -> Floats:
    """Mean number of each kind of event, a row a customer, in the order of the kinds."""
    own = scene.streams.of(Concern.HABITS)
    count = scene.customers.count
    logins = p.logins * own.gamma(p.login_spread, 1.0 / p.login_spread, count)
    invests = own.random(count) < _WEALTH_USERS_SHARE * _affluence(scene)
    wealth = p.wealth_uses / _WEALTH_USERS_SHARE * invests
    by_kind = {
        ActivityKind.LOGIN: logins * np.where(distressed, p.distress_login_ratio, 1.0),
        ActivityKind.LOAN_APPLICATION: np.where(
            distressed, p.distress_applications, p.applications
        ),
        ActivityKind.DEVICE_CHANGE: np.where(
            distressed, p.distress_device_changes, p.device_changes
        ),
        ActivityKind.WEALTH_MANAGEMENT: np.where(distressed, 0.3, 1.0) * wealth,
        ActivityKind.DISPUTED_TRANSACTION: np.full(count, p.disputes),
    }
    return np.column_stack([by_kind[kind] for kind in _KINDS])


def _of_a_strike(p: Signals) -> Floats:
    """What a ring's members do beside, in the month in which it strikes, kind by kind."""
    more = {
        ActivityKind.LOAN_APPLICATION: p.ring_applications,
        ActivityKind.DEVICE_CHANGE: p.ring_device_changes,
    }
    return np.array([more.get(kind, 0.0) for kind in _KINDS])


def _affluence(scene: Scene) -> Floats:
    """Around 1; higher for those with more income and a better standing."""
    income = scene.customers.log_income - scene.customers.log_income.mean()
    return np.asarray(np.exp(0.5 * income + 0.35 * scene.customers.creditworthiness) * 0.9)

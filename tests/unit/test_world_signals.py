"""What customers do in the app and what the bureau reports: whose, when, and how distress shows."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from credit_limits.domain.account import ActivityKind, BureauStatus
from credit_limits.simulation.bureau import bureau_of_month
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import Signals, WorldParameters
from credit_limits.simulation.portfolio import begin
from credit_limits.simulation.signals import events_of_month
from credit_limits.simulation.world import build_scene

WORLD = WorldParameters(customers=150, months=4, seed=4)


@pytest.fixture(scope="module")
def scene():
    return build_scene(WORLD)


@pytest.fixture(scope="module")
def calm(scene):
    """The third month's end, every account opened by then in use and nobody in distress."""
    standing = begin(scene)
    opened = scene.accounts.open_month <= 2
    state = np.where(opened, State.CURRENT, State.ABSENT).astype(np.int8)
    nobody = np.zeros(scene.customers.count, dtype=np.bool_)
    return replace(standing, month=2, state=state, distressed=nobody)


def in_distress(standing):
    return replace(standing, distressed=np.ones_like(standing.distressed))


def by_kind(table):
    return Counter(table["kind"].to_pylist())


def only(scene, **signals):
    """The scene with nothing done in the app but this."""
    nothing = dict.fromkeys(
        ("logins", "applications", "distress_applications", "burst_applications", "disputes"), 0.0
    ) | dict.fromkeys(("device_changes", "distress_device_changes", "wealth_uses"), 0.0)
    parameters = replace(scene.parameters, signals=replace(Signals(), **(nothing | signals)))
    return replace(scene, parameters=parameters)


def test_each_event_has_an_id_of_its_own_and_is_known_within_minutes(scene, calm):
    table = events_of_month(scene, calm, calm)
    ids = table["event_id"].to_pylist()
    assert len(set(ids)) == len(ids) > 100
    lags = [
        known - happened
        for happened, known in zip(
            table["event_timestamp"].to_pylist(),
            table["created_timestamp"].to_pylist(),
            strict=True,
        )
    ]
    assert timedelta(0) < min(lags) <= max(lags) < timedelta(minutes=10)
    months = {(at.year, at.month) for at in table["event_timestamp"].to_pylist()}
    assert months == {(2023, 3)}


def test_who_has_no_open_account_does_nothing(scene, calm):
    gone = replace(calm, state=np.full_like(calm.state, State.CHARGED_OFF))
    assert events_of_month(scene, gone, gone).num_rows == 0


def test_distress_shows_as_fewer_logins_and_more_of_what_it_brings(scene, calm):
    before, after = (by_kind(events_of_month(scene, s, s)) for s in (calm, in_distress(calm)))
    assert after[ActivityKind.LOGIN] < 0.6 * before[ActivityKind.LOGIN]
    assert after[ActivityKind.LOAN_APPLICATION] > 10 * before[ActivityKind.LOAN_APPLICATION]
    assert after[ActivityKind.DEVICE_CHANGE] > 2 * before[ActivityKind.DEVICE_CHANGE]


def test_a_burst_of_applications_comes_when_distress_begins_within_five_days(scene, calm):
    bursting = only(scene, burst_applications=6.0, logins=1e-9)
    assert by_kind(events_of_month(bursting, in_distress(calm), in_distress(calm))) == {}
    table = events_of_month(bursting, calm, in_distress(calm))
    assert set(by_kind(table)) == {ActivityKind.LOAN_APPLICATION}
    days = {}
    for row in table.to_pylist():
        days.setdefault(row["customer_id"], []).append(row["event_timestamp"])
    assert len(days) > 100
    assert max(max(times) - min(times) for times in days.values()) <= timedelta(days=5)


def test_a_ring_that_strikes_applies_and_changes_devices_in_that_month_alone(scene, calm):
    ring = only(scene)
    struck = replace(calm, fraud=np.arange(scene.customers.count) < 20)
    kinds = by_kind(events_of_month(ring, calm, struck))
    assert set(kinds) == {ActivityKind.LOAN_APPLICATION, ActivityKind.DEVICE_CHANGE}
    assert events_of_month(ring, struck, struck).num_rows == 0


def test_the_bureau_reports_known_customers_with_a_file_five_days_after_the_quarter(scene, calm):
    table = bureau_of_month(scene, calm)
    known = scene.first_seen_us < scene.calendar.last_day_us(2)
    reported = {int(name[1:]) for name in table["customer_id"].to_pylist()}
    assert reported == set(np.flatnonzero(known & ~scene.customers.thin_file).tolist())
    for row in table.to_pylist():
        assert row["created_timestamp"] - row["event_timestamp"] == timedelta(days=5)
        assert (row["other_balance_minor"] == 0) == (row["other_lines"] == 0)


def test_in_distress_the_bureau_tells_of_more_lines_more_inquiries_and_worse_status(scene, calm):
    before, after = bureau_of_month(scene, calm), bureau_of_month(scene, in_distress(calm))
    order = list(BureauStatus)
    ranks = [[order.index(s) for s in t["worst_status"].to_pylist()] for t in (before, after)]
    assert all(worse >= better for better, worse in zip(*ranks, strict=True))
    assert sum(ranks[1]) > sum(ranks[0])
    for column in ("other_lines", "inquiries_6m"):
        assert sum(after[column].to_pylist()) > sum(before[column].to_pylist())

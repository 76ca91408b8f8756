"""What the lender's books and records say of a month: frozen accounts, and incomes in distress."""

from dataclasses import replace

import numpy as np
import pytest

from credit_limits.domain.account import AccountStatus
from credit_limits.simulation.calendar import DAY_US, HOUR_US
from credit_limits.simulation.customers import distress_records, lost_log_income
from credit_limits.simulation.parameters import Population, WorldParameters
from credit_limits.simulation.past_policy import NO_CHANGES
from credit_limits.simulation.portfolio import CLOSED, FROZEN, INCREASES_CLOSED, OPEN, begin
from credit_limits.simulation.statements import change_records
from credit_limits.simulation.world import build_scene

ALL_LOSE = Population(distress_income_share=1.0, distress_income_ratio=0.5)


@pytest.fixture(scope="module")
def scene():
    return build_scene(WorldParameters(customers=60, months=3, seed=3))


@pytest.fixture(scope="module")
def standing(scene):
    """The standing at the end of the first month, everyone open."""
    return replace(begin(scene), month=0)


def in_state(standing, *status, held=False):
    """The standing with its first accounts in these states, frozen by order where ``held``."""
    states, frozen = standing.status.copy(), standing.held_frozen.copy()
    states[: len(status)] = status
    frozen[: len(status)] = held
    return replace(standing, status=states, held_frozen=frozen)


def booked(before, after, scene):
    """Status, cause, and instant of the rows that the month makes, in microseconds."""
    rows = change_records(before, after, NO_CHANGES, scene)
    instants = rows["event_timestamp"].cast("int64").to_pylist()
    known = rows["created_timestamp"].cast("int64").to_pylist()
    assert known == [instant + HOUR_US for instant in instants]
    return list(
        zip(rows["status"].to_pylist(), rows["status_cause"].to_pylist(), instants, strict=True)
    )


def test_a_freeze_for_arrears_is_booked_at_the_months_end_with_its_cause(scene, standing):
    after = replace(in_state(standing, FROZEN), month=1)
    at = scene.calendar.last_day_us(1) + 18 * HOUR_US
    assert booked(standing, after, scene) == [(AccountStatus.FROZEN, "seriously_overdue", at)]


def test_a_freeze_by_order_is_booked_without_a_cause(scene, standing):
    after = replace(in_state(standing, FROZEN, held=True), month=1)
    ((_, cause, _),) = booked(standing, after, scene)
    assert cause is None


def test_a_freeze_for_arrears_still_stands_at_the_end_of_the_month_that_cures_it(scene, standing):
    before = in_state(standing, FROZEN)
    after = replace(in_state(standing, INCREASES_CLOSED), month=1)
    ((status, cause, at),) = booked(before, after, scene)
    assert (status, cause) == (AccountStatus.INCREASES_CLOSED, None)
    assert at == scene.calendar.first_us(2) + HOUR_US


@pytest.mark.parametrize(
    ("was", "held", "becomes"),
    [(FROZEN, True, INCREASES_CLOSED), (FROZEN, False, CLOSED), (INCREASES_CLOSED, False, OPEN)],
)
def test_every_other_move_is_booked_in_its_month(scene, standing, was, held, becomes):
    before = in_state(standing, was, held=held)
    after = replace(in_state(standing, becomes), month=1)
    ((_, cause, at),) = booked(before, after, scene)
    assert cause is None
    assert at == scene.calendar.last_day_us(1) + 18 * HOUR_US


def test_distress_takes_the_income_of_some_and_always_of_the_same(scene):
    customers, everyone = scene.customers, np.ones(scene.customers.count, dtype=np.bool_)
    half = Population(distress_income_share=0.5, distress_income_ratio=0.5)
    lost = lost_log_income(customers, everyone, half, scene.streams)
    assert set(lost.tolist()) == {0.0, np.log(0.5)}
    again = lost_log_income(customers, everyone, half, scene.streams)
    np.testing.assert_array_equal(lost, again)
    calm = lost_log_income(customers, ~everyone, half, scene.streams)
    assert not calm.any()
    all_lose = lost_log_income(customers, everyone, ALL_LOSE, scene.streams)
    assert (all_lose == np.log(0.5)).all()


def test_an_income_that_was_lost_is_stated_on_the_next_pay_day(scene):
    customers = scene.customers
    moved = np.zeros(customers.count, dtype=np.bool_)
    moved[[2, 5]] = True
    seen = np.full(customers.count, -1)
    seen[5] = 10**18  # no customer yet
    first = scene.calendar.first_us(1)
    records = distress_records(customers.log_income - 0.5, moved, seen, first)
    assert records.customer.tolist() == [2]
    assert records.log_income.tolist() == [customers.log_income[2] - 0.5]
    assert records.event_us.tolist() == [first + 9 * DAY_US + 9 * HOUR_US]
    assert records.created_us.tolist() == [first + 10 * DAY_US + 9 * HOUR_US]
    assert records.employment_us.tolist() == [first + 9 * DAY_US]

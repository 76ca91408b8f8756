"""What a lender sees and which limits it may choose."""

from dataclasses import replace

import numpy as np
import pytest

from credit_limits.rehearsal.sight import (
    CEILING_MINOR,
    FLOOR_MINOR,
    LADDER,
    Candidates,
    ChangeLog,
    Seen,
    best_of,
    candidates,
    may_move,
    may_raise,
    orders_to,
)
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.past_policy import NO_CHANGES
from credit_limits.simulation.portfolio import CLOSED, FROZEN, INCREASES_CLOSED
from tests.rehearsal_core_samples import money, quiet_standing

HALF, HOLD, DOUBLE = 0, LADDER.hold_index, -1


def fresh_log(scene):
    return ChangeLog(scene.accounts.count)


def willing(scene):
    """Accounts whose customer neither declined increases nor asked for a person."""
    customers, of = scene.customers, scene.accounts.customer
    return ~customers.declines_increases[of] & ~customers.human_review_only[of]


def changed(account):
    return replace(
        NO_CHANGES, account=np.array(account), from_minor=np.array(account), to_minor=np.zeros(1)
    )


class TestChangeLog:
    @pytest.mark.parametrize(("month", "cooled"), [(10, False), (15, False), (16, True)])
    def test_a_limit_rests_for_six_months(self, month, cooled):
        log = ChangeLog(3)
        log.note(10, changed([1]))
        assert log.cooled_off(month).tolist() == [True, cooled, True]

    def test_the_last_change_counts(self):
        log = ChangeLog(2)
        for month in (4, 9):
            log.note(month, changed([0]))
        assert log.cooled_off(10).tolist() == [False, True]


class TestPermission:
    def test_a_quiet_line_may_move_unless_its_customer_asked_for_a_person(self):
        scene, standing = quiet_standing(customers=400)
        asked = scene.customers.human_review_only[scene.accounts.customer]
        assert asked.any()
        assert (may_move(scene, standing) == ~asked).all()

    def test_who_declines_increases_is_not_raised_but_may_be_cut(self):
        scene, standing = quiet_standing(customers=400)
        declined = scene.customers.declines_increases[scene.accounts.customer]
        assert declined.any()
        assert (may_raise(scene, standing, fresh_log(scene)) == willing(scene)).all()
        options = candidates(scene, standing, fresh_log(scene))
        assert options.permitted[HALF][declined & may_move(scene, standing)].all()

    @pytest.mark.parametrize(
        "changes",
        [
            {"state": State.DPD_30},
            {"state": State.DPD_90},
            {"state": State.ABSENT},
            {"status": CLOSED},
        ],
    )
    def test_a_line_past_due_or_closed_or_not_there_does_not_move(self, changes):
        scene, standing = quiet_standing(**changes)
        options = candidates(scene, standing, fresh_log(scene))
        assert options.permitted.sum(axis=0).tolist() == [1] * scene.accounts.count
        assert options.permitted[HOLD].all()

    @pytest.mark.parametrize("status", [INCREASES_CLOSED, FROZEN])
    def test_a_line_closed_to_increases_may_only_be_cut(self, status):
        scene, standing = quiet_standing(status=status)
        options = candidates(scene, standing, fresh_log(scene))
        assert not options.permitted[HOLD + 1 :].any()
        assert options.permitted[:HOLD].any()

    def test_a_line_that_just_moved_may_only_be_cut(self):
        scene, standing = quiet_standing()
        log = fresh_log(scene)
        account = int(np.flatnonzero(willing(scene))[0])
        log.note(standing.month, changed([account]))
        permitted = candidates(scene, standing, log).permitted[:, account]
        assert permitted[: HOLD + 1].all()
        assert not permitted[HOLD + 1 :].any()


class TestCandidates:
    def test_they_are_the_steps_of_the_ladder_in_round_amounts(self):
        scene, standing = quiet_standing(limit=3_300_00)
        options = candidates(scene, standing, fresh_log(scene))
        yuan = (options.limit_minor[:, 0] // 100).tolist()
        assert yuan == [1_600, 2_300, 2_800, 3_300, 3_700, 4_200, 4_900, 6_600]

    def test_a_limit_that_is_not_round_stays_as_it_is_when_held(self):
        scene, standing = quiet_standing(limit=3_333_33)
        options = candidates(scene, standing, fresh_log(scene))
        assert (options.limit_minor[HOLD] == 3_333_33).all()

    def test_no_raise_goes_beyond_the_ceiling(self):
        scene, standing = quiet_standing(customers=200, limit=140_000_00)
        options = candidates(scene, standing, fresh_log(scene))
        assert (options.limit_minor[options.permitted] <= CEILING_MINOR).all()

    def test_the_lines_of_a_customer_share_the_room_that_is_left(self):
        scene, standing = quiet_standing(customers=200, limit=120_000_00)
        lines = np.bincount(scene.accounts.customer)[scene.accounts.customer]
        options = candidates(scene, standing, fresh_log(scene))
        most = np.where(options.permitted, options.limit_minor, 0).max(axis=0)
        assert (lines == 2).any()
        # One line may grow to 240,000; two that hold 240,000 may grow by 30,000 each.
        assert set(most[(lines == 1) & willing(scene)].tolist()) == {240_000_00}
        assert set(most[(lines == 2) & willing(scene)].tolist()) == {138_000_00}

    def test_no_cut_goes_below_what_is_owed(self):
        scene, standing = quiet_standing(limit=10_000_00)
        standing = replace(standing, money=money(standing, balance=8_000_00))
        permitted = candidates(scene, standing, fresh_log(scene)).permitted
        at = np.flatnonzero(may_move(scene, standing))
        assert not permitted[:2, at].any()
        assert permitted[2, at].all()

    def test_no_cut_goes_below_the_floor(self):
        scene, standing = quiet_standing(limit=60_00)
        options = candidates(scene, standing, fresh_log(scene))
        assert options.limit_minor[options.permitted].min() >= FLOOR_MINOR

    def test_the_best_is_the_most_valuable_that_is_permitted(self):
        options = Candidates(
            limit_minor=np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3]]),
            permitted=np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1]], dtype=bool),
        )
        value = np.array([[0.0, 0.0, 5.0], [1.0, 1.0, 5.0], [2.0, 2.0, 5.0]])
        assert best_of(options, value).tolist() == [3, 2, 1]


class TestOrders:
    def test_only_limits_that_differ_are_ordered(self):
        _, standing = quiet_standing()
        to_minor = standing.limit.copy()
        to_minor[[2, 5]] = 77_00
        orders = orders_to(standing, to_minor)
        assert orders.account.tolist() == [2, 5]
        assert orders.to_minor.tolist() == [77_00, 77_00]
        assert not orders.close_increases.any()


class TestSeen:
    def test_income_is_the_stated_one_and_unknown_where_none_was_stated(self):
        scene, standing = quiet_standing(customers=400)
        customers, of = scene.customers, scene.accounts.customer
        seen = Seen.at(scene, standing)
        unknown = customers.income_unknown[of]
        assert unknown.any()
        assert (np.isnan(seen.log_income) == unknown).all()
        stated = (standing.log_income + customers.stated_error)[of]
        assert (seen.log_income[~unknown] == stated[~unknown]).all()

    def test_days_past_due_are_those_of_the_bill(self):
        scene, standing = quiet_standing(state=State.DPD_60)
        assert set(Seen.at(scene, standing).days_past_due.tolist()) == {60.0}

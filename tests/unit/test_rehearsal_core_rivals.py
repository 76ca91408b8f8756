"""The policies to compare with, one by one."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from credit_limits.rehearsal.economics import RehearsalEconomics
from credit_limits.rehearsal.observational import ObservationalPolicy, inputs_at
from credit_limits.rehearsal.oracle import (
    HabitsSeen,
    OraclePolicy,
    Prospects,
    expected_profit,
    kind_of_line,
)
from credit_limits.rehearsal.rivals import (
    HOLD,
    ORACLE,
    RIVALS,
    RULE_OF_THUMB,
    run_rival,
)
from credit_limits.rehearsal.sight import CEILING_MINOR, LADDER, Seen, may_move, orders_to
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.past_policy import NO_CHANGES
from credit_limits.simulation.world import RunningWorld
from tests.rehearsal_core_samples import TROUBLED, money, parameters, quiet_standing

ECONOMICS = RehearsalEconomics()


def world_of(scene, standing, changes=NO_CHANGES):
    """What a policy looks at: a world that stands as it is told."""
    return SimpleNamespace(scene=scene, standing=standing, changes=changes)


def ordered(rival, scene, standing, changes=NO_CHANGES):
    world = world_of(scene, standing, changes)
    policy = rival.start(world, ECONOMICS)
    policy.see(world)
    return policy.orders(world)


def eligible(scene):
    customers, of = scene.customers, scene.accounts.customer
    return ~(customers.declines_increases | customers.human_review_only)[of]


class TestNames:
    def test_titles_and_descriptions_are_for_people(self):
        assert len({rival.title for rival in RIVALS}) == len(RIVALS)
        assert all(rival.description.endswith(".") for rival in RIVALS)


class TestHold:
    def test_orders_nothing(self):
        scene, standing = quiet_standing()
        assert len(ordered(HOLD, scene, standing).account) == 0


class TestRuleOfThumb:
    def test_six_months_on_time_raise_the_limit_by_a_fifth(self):
        scene, standing = quiet_standing(limit=10_000_00, on_time_streak=6)
        orders = ordered(RULE_OF_THUMB, scene, standing)
        assert orders.account.tolist() == np.flatnonzero(eligible(scene)).tolist()
        assert set(orders.to_minor.tolist()) == {12_000_00}

    def test_five_do_not(self):
        scene, standing = quiet_standing(on_time_streak=5)
        assert len(ordered(RULE_OF_THUMB, scene, standing).account) == 0

    def test_a_limit_that_moved_rests(self):
        scene, standing = quiet_standing()
        every = np.arange(scene.accounts.count)
        moved = replace(NO_CHANGES, account=every, from_minor=every, to_minor=every)
        assert len(ordered(RULE_OF_THUMB, scene, standing, moved).account) == 0

    def test_nobody_past_due_is_raised(self):
        scene, standing = quiet_standing(state=State.DPD_30, on_time_streak=12)
        assert len(ordered(RULE_OF_THUMB, scene, standing).account) == 0

    def test_the_ceiling_holds(self):
        scene, standing = quiet_standing(limit=280_000_00)
        assert set(ordered(RULE_OF_THUMB, scene, standing).to_minor.tolist()) == {CEILING_MINOR}
        at_ceiling = quiet_standing(limit=CEILING_MINOR)
        assert len(ordered(RULE_OF_THUMB, *at_ceiling).account) == 0

    def test_a_small_limit_is_not_lowered_by_rounding(self):
        scene, standing = quiet_standing(limit=75_00)
        assert len(ordered(RULE_OF_THUMB, scene, standing).account) == 0


def observing(world_parameters, history_months):
    world = RunningWorld(world_parameters)
    policy = ObservationalPolicy(world, ECONOMICS)
    for _ in range(history_months):
        world.step()
        policy.see(world)
    return world, policy


class TestObservational:
    def test_holds_until_a_cohort_is_complete(self):
        world, policy = observing(parameters(60, repayment=TROUBLED), 6)
        assert len(policy.orders(world).account) == 0
        with pytest.raises(ValueError, match="nothing was fitted yet"):
            policy.naive_probability(world.scene, world.standing, world.standing.limit)

    def test_fits_as_soon_as_there_is_one_and_then_stays(self):
        world, policy = observing(parameters(60, repayment=TROUBLED), 7)
        policy.orders(world)
        model = policy.model
        assert model is not None
        world.step()
        policy.see(world)
        policy.orders(world)
        assert policy.model is model

    def test_holds_where_nobody_ever_defaulted(self):
        spotless = replace(TROUBLED, roll_60=-10.0)
        world, policy = observing(parameters(20, repayment=spotless), 12)
        assert len(policy.orders(world).account) == 0

    def test_reads_a_higher_limit_as_a_safer_account(self):
        world, policy = observing(parameters(3_000, seed=2), 12)
        policy.orders(world)
        scene, standing = world.scene, world.standing
        now = policy.naive_probability(scene, standing, standing.limit)
        raised = policy.naive_probability(scene, standing, 2 * standing.limit)
        there = may_move(scene, standing)
        assert raised[there].mean() < now[there].mean()

    def test_its_inputs_are_made_anew_at_the_candidate(self):
        seen = Seen(*(np.array([value]) for value in (10_000_00.0, 5_000_00.0, 9.5, 30.0, 24.0)))
        limit, balance = np.array([20_000_00.0]), np.array([5_000_00.0])
        row = inputs_at(seen, limit, balance)[0]
        assert row == pytest.approx([np.log(20_000.0) - 9.0, 0.25, 0.5, 0.0, 1.0, 1.0])

    def test_an_unknown_income_is_flagged(self):
        seen = Seen(*(np.array([value]) for value in (1_00.0, 0.0, np.nan, 0.0, 0.0)))
        assert inputs_at(seen, seen.limit, seen.balance)[0, 2:4].tolist() == [0.0, 1.0]


class TestOracle:
    def values(self, scene, standing):
        habits = HabitsSeen(scene)
        habits.note(scene, standing)
        limits = np.stack([LADDER.scaled_down(standing.limit, r) for r in LADDER.ratios_permille])
        prospects = Prospects.of(scene, standing, habits.habits)
        return limits, expected_profit(prospects, limits, ECONOMICS.lender)

    def test_wants_no_account_that_loses_at_every_limit_to_be_raised(self):
        scene, standing = quiet_standing(customers=300, distressed=True)
        orders = ordered(ORACLE, scene, standing)
        raised = orders.account[orders.to_minor > standing.limit[orders.account]]
        _, value = self.values(scene, standing)
        assert (value[:, raised].max(axis=0) >= value[LADDER.hold_index, raised]).all()

    def test_distress_makes_it_careful(self):
        def lives(**changes):
            scene, standing = quiet_standing(customers=300, **changes)
            policy = OraclePolicy(world_of(scene, standing), ECONOMICS)
            return policy.orders(world_of(scene, standing)), standing

        calm, _ = lives()
        troubled, standing = lives(distressed=True)
        assert (calm.to_minor > standing.limit[calm.account]).any()
        assert troubled.to_minor.sum() < calm.to_minor.sum()

    def test_a_line_that_is_never_used_is_worth_nothing_at_any_limit(self):
        scene, standing = quiet_standing(state=State.ABSENT)
        assert len(ordered(ORACLE, scene, standing).account) == 0

    def test_kinds_of_line(self):
        scene, _ = quiet_standing()
        accounts = scene.accounts
        kind = kind_of_line(scene)
        assert (kind[accounts.cash_loan] == 2).all()
        assert (kind[~accounts.cash_loan] == accounts.revolver[~accounts.cash_loan]).all()

    def test_habits_are_as_aimed_at_until_something_is_seen(self):
        scene, _ = quiet_standing()
        habits = HabitsSeen(scene).habits
        assert habits.in_use.tolist() == habits.lost.tolist() == [1.0, 1.0, 1.0]

    def test_habits_are_ratios_of_what_is_owed_to_what_is_aimed_at(self):
        scene, standing = quiet_standing(limit=10**12, absorbed_limit=6_000_00.0)
        standing = replace(standing, money=money(standing, balance=3_000_00))
        seen = HabitsSeen(scene)
        seen.note(scene, standing)
        accounts = scene.accounts
        transactors = (kind_of_line(scene) == 0).nonzero()[0]
        # At the reference limit the balance aimed at is utilization x limit.
        expected = 3_000.0 / (6_000.0 * accounts.utilization[transactors].mean())
        assert seen.habits.in_use[0] == pytest.approx(expected, rel=1e-6)

    def test_what_comes_back_lowers_what_is_lost(self):
        scene, standing = quiet_standing(state=State.DPD_90, limit=10**12)
        losses = []
        for recovered in (0, 400_00, 2_000_00):
            seen = HabitsSeen(scene)
            end = replace(
                standing, money=money(standing, charged_off=1_000_00, recovered=recovered)
            )
            seen.note(scene, end)
            losses.append(seen.habits.lost[1])
        assert losses[1] == pytest.approx(0.6 * losses[0], rel=1e-6)
        assert losses[2] < 1e-5

    def test_the_horizon_ends_with_the_path_of_the_economy(self):
        scene, standing = quiet_standing()
        habits = HabitsSeen(scene).habits
        last = replace(standing, month=scene.parameters.months - 1)
        assert Prospects.of(scene, standing, habits).horizon == 12
        assert Prospects.of(scene, last, habits).horizon == 7

    def test_a_cut_makes_transactors_leave(self):
        scene, standing = quiet_standing(customers=200)
        prospects = Prospects.of(scene, standing, HabitsSeen(scene).habits)
        nobody = np.zeros(scene.accounts.count)
        half = prospects.profit(standing.limit / 2.0, nobody, ECONOMICS.lender)
        patient = replace(
            scene.parameters, repayment=replace(TROUBLED, churn_after_cut_monthly=0.0)
        )
        loyal = replace(prospects, scene=replace(scene, parameters=patient))
        stays = loyal.profit(standing.limit / 2.0, nobody, ECONOMICS.lender)
        leaves, gains = ~scene.accounts.revolver, stays > 0.0
        assert (half[leaves & gains] < stays[leaves & gains]).all()
        assert (half[~leaves] == stays[~leaves]).all()

    def test_starts_as_the_contract_of_a_rival_says(self):
        scene, standing = quiet_standing()
        assert isinstance(ORACLE.start(world_of(scene, standing), ECONOMICS), OraclePolicy)


class TestRunRival:
    def test_the_books_hold_the_rivals_months_alone(self):
        books = run_rival(parameters(30, months=9), HOLD, history_months=4)
        assert [month.month_end.month for month in books.months] == [5, 6, 7, 8, 9]

    def test_the_history_is_lived_under_the_past_policy(self):
        world = RunningWorld(parameters(200, months=5))
        for _ in range(4):
            world.step()
        world.step(orders_to(world.standing, world.standing.limit))
        there = world.standing.state <= State.CHARGED_OFF
        books = run_rival(parameters(200, months=5), HOLD, history_months=4)
        assert books.months[0].limit_minor == world.standing.limit[there].sum()

    @pytest.mark.parametrize("history", [-1, 5, 9])
    def test_a_month_must_be_left_to_the_rival(self, history):
        with pytest.raises(ValueError, match="months of history in a world of 5"):
            run_rival(parameters(30, months=5), HOLD, history_months=history)

    @pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
    def test_every_rival_lives_without_a_history(self, rival):
        assert len(run_rival(parameters(30, months=2), rival, history_months=0).months) == 2

"""The rivals in small worlds: that the world rewards what is good and punishes what is not."""

import time

import numpy as np
import pytest

from credit_limits.rehearsal.comparison import PolicyBooks, compared
from credit_limits.rehearsal.economics import RehearsalEconomics
from credit_limits.rehearsal.rivals import (
    HOLD,
    OBSERVATIONAL,
    ORACLE,
    RIVALS,
    RULE_OF_THUMB,
    run_rival,
)
from credit_limits.rehearsal.sight import ChangeLog, may_raise
from credit_limits.simulation.world import RunningWorld
from credit_limits.truth.risk import default_probability
from tests.rehearsal_core_samples import parameters

CUSTOMERS, HISTORY, LIVED = 2_000, 12, 14
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def books():
    """Every rival's books in three worlds."""
    return {
        rival.name: tuple(
            run_rival(
                parameters(CUSTOMERS, months=HISTORY + LIVED, seed=seed),
                rival,
                history_months=HISTORY,
            )
            for seed in SEEDS
        )
        for rival in RIVALS
    }


def profits(books, rival):
    return [int(one.totals.profit.sum()) for one in books[rival.name]]


def defaults(books, rival):
    return sum(int(one.totals.defaulted.sum()) for one in books[rival.name])


def increases(books, rival):
    return [sum(month.increases for month in one.months) for one in books[rival.name]]


def test_the_rule_of_thumb_raises_and_never_cuts(books):
    assert min(increases(books, RULE_OF_THUMB)) > CUSTOMERS
    for one in books[RULE_OF_THUMB.name]:
        assert sum(month.decreases for month in one.months) == 0
        assert one.months[-1].limit_minor > 1.2 * one.months[0].limit_minor


def test_defaults_rise_with_limits(books):
    assert defaults(books, RULE_OF_THUMB) > defaults(books, HOLD)
    assert defaults(books, OBSERVATIONAL) > defaults(books, RULE_OF_THUMB)
    true = {
        rival.name: np.mean([one.cohorts()[-1].true_probability_6m for one in books[rival.name]])
        for rival in RIVALS
    }
    assert true[HOLD.name] < true[RULE_OF_THUMB.name] < true[OBSERVATIONAL.name]


@pytest.mark.parametrize("rival", [HOLD, RULE_OF_THUMB, OBSERVATIONAL], ids=lambda r: r.name)
def test_nobody_earns_more_than_the_oracle(books, rival):
    for best, earned in zip(profits(books, ORACLE), profits(books, rival), strict=True):
        assert best >= earned


def test_the_oracle_loses_less_for_what_it_earns_than_the_careless(books):
    def bad_debt_for_profit(rival):
        lost = sum(int(one.totals.bad_debt.sum()) for one in books[rival.name])
        return lost / sum(profits(books, rival))

    assert bad_debt_for_profit(ORACLE) < bad_debt_for_profit(OBSERVATIONAL)


def riskiest_raised(rival, world):
    """The share raised of the tenth that is truly riskiest among accounts that could be."""
    policy = rival.start(world, RehearsalEconomics())
    for _ in range(HISTORY):
        world.step()
        policy.see(world)
    scene, standing = world.scene, world.standing
    log = ChangeLog(scene.accounts.count)
    could = np.flatnonzero(may_raise(scene, standing, log))
    risk = default_probability(scene, standing)[could]
    riskiest = could[risk >= np.quantile(risk, 0.9)]
    orders = policy.orders(world)
    raised = orders.account[orders.to_minor > standing.limit[orders.account]]
    return float(np.isin(riskiest, raised).mean())


def test_the_observational_model_raises_risky_accounts_more_than_the_oracle():
    shares = {
        rival.name: np.mean(
            [
                riskiest_raised(rival, RunningWorld(parameters(CUSTOMERS, 20, seed)))
                for seed in SEEDS
            ]
        )
        for rival in (OBSERVATIONAL, ORACLE)
    }
    assert shares[OBSERVATIONAL.name] > shares[ORACLE.name] + 0.1


def test_the_same_seed_gives_the_same_books(books):
    world = parameters(CUSTOMERS, months=HISTORY + LIVED, seed=SEEDS[0])
    for rival in (OBSERVATIONAL, ORACLE):
        again = run_rival(world, rival, history_months=HISTORY)
        assert again.months == books[rival.name][0].months
        assert again.groups() == books[rival.name][0].groups()


def test_a_longer_world_begins_with_the_books_of_a_shorter_one(books):
    longer = parameters(
        CUSTOMERS, months=HISTORY + LIVED + 3, seed=SEEDS[0], opening_horizon_months=HISTORY + LIVED
    )
    again = run_rival(longer, RULE_OF_THUMB, history_months=HISTORY)
    assert again.months[:LIVED] == books[RULE_OF_THUMB.name][0].months


def test_true_probabilities_are_what_happens(books):
    cohorts = [cohort for one in books[HOLD.name] for cohort in one.cohorts()]
    happened = np.mean([cohort.default_rate_6m for cohort in cohorts])
    assert happened == pytest.approx(
        np.mean([cohort.true_probability_6m for cohort in cohorts]), rel=0.2
    )


def test_the_comparison_ranks_them(books):
    ranked = {
        result.name: result
        for result in compared(
            [PolicyBooks(rival.name, rival.title, books[rival.name]) for rival in RIVALS]
        )
    }
    assert ranked[ORACLE.name].profit_over_hold.low > 0
    assert ranked[RULE_OF_THUMB.name].profit_over_hold.value > 0
    assert ranked[ORACLE.name].limit.value > ranked[HOLD.name].limit.value
    assert {(g.grouping, g.name) for g in ranked[HOLD.name].groups} == {
        ("segment", "consumer"),
        ("segment", "micro_merchant"),
        ("product", "pay_later"),
        ("product", "cash_loan"),
        ("income", "lowest third"),
        ("income", "middle third"),
        ("income", "highest third"),
    }


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_month_of_decisions_takes_seconds_at_most(rival):
    world = RunningWorld(parameters(20_000, 12))
    policy = rival.start(world, RehearsalEconomics())
    for _ in range(8):
        world.step()
        policy.see(world)
    policy.orders(world)
    began = time.process_time()
    policy.orders(world)
    assert time.process_time() - began < 2.0

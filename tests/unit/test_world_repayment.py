"""The money of a month, account by account, against amounts worked out by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest

from credit_limits.simulation.accounts import Accounts, rounded_limit_minor
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.parameters import PastPolicy, Repayment, Spending
from credit_limits.simulation.repayment import (
    LEAST_BALANCE_MINOR,
    MonthTurn,
    Terms,
    nothing_moved,
    settle_month,
)
from credit_limits.simulation.spending import Demand, absorbed, all_at_once, demand, target_balance

NEVER_PARTIAL = replace(Repayment(), partial_pay_share=0.0)


def account(**changes):
    values = {field.name: np.zeros(1) for field in fields(Accounts)}
    values |= {
        "cash_loan": np.array([False]),
        "revolver": np.array([False]),
        "apr": np.array([0.12]),
        "pay_share": np.array([0.5]),
        "utilization": np.array([0.5]),
        "number": np.array([0]),
    }
    return Accounts(**{**values, **changes})


def settled(
    before,
    after,
    *,
    balance=100_000,
    due=10_000,
    claim=0,
    left=False,
    limit=600_000,
    wanted=0.0,
    frozen=False,
    extended=False,
    **changes,
):
    last = replace(
        nothing_moved(np.array([balance])), minimum_due=np.array([due]), claim=np.array([claim])
    )
    turn = MonthTurn(
        np.array([before], dtype=np.int8),
        np.array([after], dtype=np.int8),
        np.array([left]),
        last,
    )
    wants = Demand(np.array([wanted]), np.array([wanted]))
    line = account(**changes)
    terms = Terms(np.array([limit]), line.apr, np.array([frozen]), np.array([extended]))
    return settle_month(
        turn,
        line,
        np.array([False]),
        terms,
        wants,
        p=NEVER_PARTIAL,
        rng=np.random.default_rng(0),
    )


def test_a_frozen_account_pays_and_bears_interest_but_spends_nothing():
    free, frozen = (
        settled(State.CURRENT, State.CURRENT, wanted=40_000.0, frozen=held, revolver=True)
        for held in (False, True)
    )
    assert free.spent[0] > 0 == frozen.spent[0]
    assert (free.paid[0], free.interest[0]) == (frozen.paid[0], frozen.interest[0])
    assert frozen.balance[0] == 100_000 - frozen.paid[0] + frozen.interest[0]


def test_an_extended_term_halves_the_minimum_payment():
    money = settled(State.CURRENT, State.CURRENT, wanted=40_000.0, extended=True)
    assert (money.balance[0], money.minimum_due[0]) == (40_000, 2_000)


def test_who_pays_in_full_owes_what_they_spent_since():
    money = settled(State.CURRENT, State.CURRENT, wanted=40_000.0)
    assert money.paid[0] == 100_000
    assert money.interest[0] == money.fees[0] == 0
    assert money.balance[0] == money.spent[0] == 40_000
    assert money.minimum_due[0] == 4_000


def test_who_carries_a_balance_pays_interest_on_the_rest():
    money = settled(State.CURRENT, State.CURRENT, revolver=np.array([True]))
    carried = 100_000 - money.paid[0]
    assert 10_000 <= money.paid[0] < 100_000
    assert money.interest[0] == round(carried * 0.01)


def test_a_missed_payment_costs_a_fee_and_adds_to_the_next_minimum():
    money = settled(State.CURRENT, State.DPD_30)
    assert money.paid[0] == 0
    assert money.fees[0] == 500
    assert money.interest[0] == 1_000
    assert money.balance[0] == 101_500
    assert money.minimum_due[0] == 10_000 + round(0.1 * 91_500)


def test_who_stays_as_late_pays_half_of_what_is_due_and_no_new_fee():
    money = settled(State.DPD_30, State.DPD_30)
    assert money.paid[0] == 5_000
    assert money.fees[0] == 0


def test_a_cure_pays_the_arrears():
    cured = settled(State.DPD_60, State.CURRENT, due=30_000, revolver=np.array([True]))
    assert cured.paid[0] >= 30_000


@pytest.mark.parametrize("cash_loan", [False, True])
def test_paying_off_leaves_nothing(cash_loan):
    both = np.array([cash_loan])
    money = settled(State.CURRENT, State.UNUSED, cash_loan=both, revolver=both, wanted=5e5)
    assert money.balance[0] == money.spent[0] == money.minimum_due[0] == 0
    assert money.paid[0] == 100_000 + (1_000 if cash_loan else 0)


def test_a_cash_loan_bears_interest_on_all_that_was_owed():
    one = np.array([True])
    money = settled(State.CURRENT, State.CURRENT, cash_loan=one, revolver=one)
    assert money.interest[0] == 1_000


def test_nobody_spends_beyond_the_limit():
    money = settled(State.CURRENT, State.CURRENT, wanted=9e9, limit=250_000)
    assert money.balance[0] == 250_000


def test_a_cut_below_the_balance_stops_spending_but_not_the_debt():
    money = settled(
        State.CURRENT, State.CURRENT, wanted=9e9, limit=20_000, revolver=np.array([True])
    )
    assert money.spent[0] == 0
    assert money.balance[0] > 20_000


def test_a_line_in_use_ends_the_month_with_a_balance():
    assert settled(State.CURRENT, State.CURRENT).balance[0] == LEAST_BALANCE_MINOR


@pytest.mark.parametrize(
    ("before", "after"), [(State.DPD_30, State.DPD_60), (State.DPD_150, State.CHARGED_OFF)]
)
def test_frozen_accounts_do_not_spend(before, after):
    assert settled(before, after, wanted=50_000.0).spent[0] == 0


@pytest.mark.parametrize("before", [State.ABSENT, State.CHARGED_OFF])
def test_an_absent_account_has_no_money(before):
    money = settled(before, State.ABSENT, wanted=50_000.0)
    assert not any(getattr(money, field.name)[0] for field in fields(money))


def test_the_balance_adds_up_to_the_fen():
    rng = np.random.default_rng(1)
    for before, after in [(1, 1), (1, 2), (2, 2), (2, 3), (3, 1), (0, 1), (1, 0), (6, 7)]:
        balance = int(rng.integers(2_000, 10**7)) if before else 0
        money = settled(before, after, balance=balance, due=balance // 10, wanted=33_333.3)
        expected = balance - money.paid + money.spent + money.interest + money.fees
        assert money.balance == expected
        assert 0 <= money.minimum_due <= money.balance


def test_reaching_90_days_is_charged_off_once():
    reached = settled(State.DPD_60, State.DPD_90)
    assert reached.charged_off[0] == reached.balance[0] > 100_000
    assert reached.recovered[0] == 0
    later = settled(State.DPD_90, State.DPD_120)
    assert later.charged_off[0] == later.interest[0] == later.fees[0] == 0
    assert later.balance[0] == 100_000


def test_a_debt_in_default_that_is_cured_is_recovered_whole():
    assert settled(State.DPD_120, State.CURRENT).recovered[0] == 100_000


def test_what_is_paid_of_a_debt_in_default_is_recovered():
    stays = settled(State.DPD_90, State.DPD_90)
    assert stays.recovered[0] == stays.paid[0] == 5_000


def test_the_last_statement_leaves_a_claim_of_which_little_comes_back():
    last = settled(State.DPD_150, State.CHARGED_OFF)
    assert last.claim[0] == last.balance[0] == 100_000
    assert last.charged_off[0] == 0
    after = settled(State.CHARGED_OFF, State.ABSENT, claim=100_000)
    assert after.recovered[0] == 1_500
    assert after.claim[0] == 93_500
    assert after.balance[0] == after.paid[0] == 0


def test_a_claim_brings_in_less_than_a_quarter_in_all():
    claim, recovered = 1_000_000, 0
    for _ in range(400):
        month = settled(State.ABSENT, State.ABSENT, balance=0, due=0, claim=claim)
        claim, recovered = int(month.claim[0]), recovered + int(month.recovered[0])
    assert claim < 100
    assert recovered == pytest.approx(1_000_000 * 0.015 / 0.065, rel=0.01)


def test_who_closes_a_line_in_use_pays_all_of_it():
    money = settled(State.ABSENT, State.ABSENT, left=True, wanted=50_000.0)
    assert money.paid[0] == 100_000
    assert money.balance[0] == money.spent[0] == 0


def test_frauds_want_far_more_than_any_limit():
    limit = np.array([100_000, 100_000])
    usual = Demand(np.array([700.0, 700.0]), np.array([900.0, 900.0]))
    wanted = all_at_once(usual, limit, np.array([True, False]))
    assert wanted.usual.tolist() == [10_000_000.0, 700.0]
    assert wanted.at_start.tolist() == [10_000_000.0, 900.0]


POLICY, HABITS = PastPolicy(), Spending()


def test_the_target_grows_less_than_the_limit():
    one = account()
    at_reference, at_double = (
        target_balance(one, np.array([limit]), HABITS, POLICY)[0]
        for limit in (600_000.0, 1_200_000.0)
    )
    assert at_reference == pytest.approx(300_000.0)
    assert at_double == pytest.approx(300_000.0 * 2**0.9)


def test_habits_take_in_a_fifth_of_a_change_each_month():
    limit = np.array([100.0])
    for month in range(1, 4):
        limit = absorbed(limit, np.array([200]), HABITS)
        assert limit[0] == pytest.approx(200.0 - 100.0 * 0.8**month)


def test_spending_meets_its_mean_and_rises_in_distress():
    many = account(**{name: np.full(20_000, 0.5) for name in ("utilization", "pay_share")})
    many = replace(
        many,
        number=np.arange(20_000),
        revolver=np.zeros(20_000, dtype=np.bool_),
        cash_loan=np.zeros(20_000, dtype=np.bool_),
    )
    nobody = np.zeros(20_000, dtype=np.bool_)
    target = np.full(20_000, 1000.0)

    def usual(distressed):
        rng = np.random.default_rng(2)
        return demand(many, target, distressed, nobody, 9, p=HABITS, rng=rng).usual.mean()

    assert usual(nobody) == pytest.approx(1000.0, rel=0.02)
    assert usual(~nobody) == pytest.approx(1300.0, rel=0.02)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (1.0, 5_000),
        (7_499.0, 5_000),
        (7_501.0, 10_000),
        (499_999.0, 500_000),
        (504_000.0, 500_000),
        (9e9, 30_000_000),
    ],
)
def test_limits_come_in_steps_within_the_bounds(wanted, given):
    assert rounded_limit_minor(np.array([wanted]), POLICY)[0] == given

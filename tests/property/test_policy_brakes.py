"""Brakes on drawn portfolios: they hold raises back where they hold, and change nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from credit_limits.decisions import decide
from credit_limits.domain.account import Product
from credit_limits.domain.decision import ReasonCode
from credit_limits.explanation.reasons import NONE, REASONS
from credit_limits.policy.brakes import (
    BRAKE_REASONS,
    NO_BRAKES,
    BrakeMeasure,
    BrakeOrder,
    Brakes,
)
from credit_limits.policy.eligibility import permitted
from tests.decision_samples import (
    drawn_brakes,
    drawn_portfolios,
    portfolio_of,
    shipped_policy,
    stop_of,
)

BOTH = stop_of(Product)
BRAKE_CODES = [REASONS.index(reason) for reason in BRAKE_REASONS.values()]
POLICY = replace(shipped_policy(), caps=())


def held_by(brakes, portfolio):
    none = np.zeros(len(portfolio), dtype=bool)
    return np.logical_or.reduce([none, *(order.holds(portfolio) for order in brakes.orders)])


@given(drawn_portfolios(), drawn_brakes())
@settings(max_examples=40)
def test_a_brake_lowers_the_raises_it_holds_for_and_nothing_else(portfolio, brakes):
    free, held = permitted(portfolio, POLICY), permitted(portfolio, POLICY, brakes)
    affected = held_by(brakes, portfolio) & (free.cap_minor > portfolio.limit_minor)
    assert (held.cap_minor <= free.cap_minor).all()
    for name in ("cap_minor", "reasons"):
        assert (getattr(held, name)[~affected] == getattr(free, name)[~affected]).all()
    for name in ("floor_minor", "close_months"):
        assert (getattr(held, name) == getattr(free, name)).all()
    told = np.logical_or.reduce([held.has(reason) for reason in BRAKE_REASONS.values()])
    assert (told == (affected & (held.cap_minor <= portfolio.limit_minor))).all()


@given(drawn_portfolios(), drawn_brakes())
@settings(max_examples=40)
def test_no_raise_goes_beyond_what_each_order_leaves(portfolio, brakes):
    held = permitted(portfolio, POLICY, brakes)
    rises = held.cap_minor > portfolio.limit_minor
    for order in brakes.orders:
        here = order.holds(portfolio) & rises
        assert (order.measure is not BrakeMeasure.NO_INCREASES) or not here.any()
        if order.ratio_permille is not None:
            most = portfolio.limit_minor * order.ratio_permille
            assert (held.cap_minor * 1000 <= most)[here].all()
        if order.grades is not None:
            grade = POLICY.grades.index(portfolio.default_probability) + order.grades
            bands = [POLICY.grades.bands[min(place, 6)] for place in grade[here]]
            assert all(
                cap <= band.limit_ceiling_minor
                for cap, band in zip(held.cap_minor[here], bands, strict=True)
            )


@given(drawn_portfolios(most=6), drawn_brakes())
@settings(max_examples=40)
def test_whose_raise_is_stopped_is_told_why_and_cuts_go_on(portfolio, brakes):
    free, held = decide(portfolio, POLICY, 6), decide(portfolio, POLICY, 6, brakes)
    risen = free.to_minor > portfolio.limit_minor
    stopped = permitted(portfolio, POLICY, brakes).cap_minor <= portfolio.limit_minor
    told = np.isin(held.reasons, BRAKE_CODES).any(axis=1)
    assert told[stopped & risen].all()
    # without caps one account's decision is no other's business
    apart = ~held_by(brakes, portfolio)
    assert not told[apart].any()
    assert (held.to_minor[apart] == free.to_minor[apart]).all()
    cut = free.to_minor < portfolio.limit_minor
    assert (held.to_minor[cut] == free.to_minor[cut]).all()


@given(drawn_portfolios(), drawn_brakes())
@settings(max_examples=40)
def test_the_orders_that_hold_are_named_of_each_account(portfolio, brakes):
    found, place = brakes.combinations(portfolio)
    for index in range(len(portfolio)):
        account = portfolio.account(index)
        expected = {order.text for order in brakes.orders if order.holds_for(account)}
        assert found[place[index]] == tuple(sorted(expected))


@given(drawn_portfolios())
def test_no_brake_is_no_change(portfolio):
    free, none = permitted(portfolio, POLICY), permitted(portfolio, POLICY, NO_BRAKES)
    assert (free.reasons == none.reasons).all()
    assert (free.cap_minor == none.cap_minor).all()
    assert NO_BRAKES.combinations(portfolio)[0] == [()]


def test_the_brake_is_the_only_reason_of_who_would_have_risen():
    batch = decide(portfolio_of({}, {"declines_increases": True}), POLICY, 6, BOTH)
    stop = REASONS.index(ReasonCode.BRAKE_NO_INCREASES)
    assert batch.reasons[0].tolist() == [stop, NONE, NONE, NONE]
    assert stop not in batch.reasons[1].tolist()


@pytest.mark.parametrize(
    ("degree", "pd", "cap_yuan", "reasons"),
    [
        # 10,000 yuan at grade B may double; grade C may grow by half, F not at all
        ({"grades": 1}, 0.02, 15_000, ()),
        ({"grades": 4}, 0.02, 10_000, (ReasonCode.BRAKE_TIGHTEN_GRADES,)),
        ({"grades": 6}, 0.20, 10_000, (ReasonCode.RISK_TOO_HIGH,)),
        ({"ratio_permille": 1100}, 0.02, 11_000, ()),
        # 1.005 times 10,000 is 10,050: no round amount above today's
        ({"ratio_permille": 1005}, 0.02, 10_000, (ReasonCode.BRAKE_SLOW_INCREASES,)),
        ({}, 0.02, 10_000, (ReasonCode.BRAKE_NO_INCREASES,)),
    ],
)
def test_what_each_measure_leaves_of_a_raise(degree, pd, cap_yuan, reasons):
    measure = {
        (): BrakeMeasure.NO_INCREASES,
        ("grades",): BrakeMeasure.TIGHTEN_GRADES,
        ("ratio_permille",): BrakeMeasure.SLOW_INCREASES,
    }[tuple(degree)]
    brakes = Brakes((BrakeOrder(measure, tuple(Product), **degree),))
    found = permitted(portfolio_of({"pd": pd}), POLICY, brakes).one(0)
    assert (found.cap_minor, found.reasons) == (cap_yuan * 100, reasons)


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        ({}, [True, True, True, True]),
        ({"products": ("cash_loan",)}, [False, True, False, False]),
        ({"segments": ("micro_merchant",)}, [False, False, True, True]),
        ({"regions": ("west",)}, [False, False, True, True]),
        ({"segments": ("consumer",), "regions": ("east",)}, [True, True, False, True]),
    ],
)
def test_a_brake_holds_for_its_part_and_for_whom_nothing_is_known_of(scope, held):
    portfolio = portfolio_of(
        {},
        {"product": "cash_loan"},
        {"segment": "micro_merchant", "region": "west"},
        {"segment": None, "region": ""},
    )
    order = BrakeOrder(BrakeMeasure.NO_INCREASES, **{"products": tuple(Product), **scope})
    assert order.holds(portfolio).tolist() == held


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"products": ()}, "needs products"),
        ({"regions": ("east", "east")}, "once"),
        ({"regions": ("",)}, "once"),
        ({"ratio_permille": 1100}, "no measure the other's"),
        ({"measure": BrakeMeasure.SLOW_INCREASES}, "needs the ratio"),
        ({"measure": BrakeMeasure.TIGHTEN_GRADES}, "needs the ratio"),
        ({"measure": BrakeMeasure.SLOW_INCREASES, "ratio_permille": 1000}, "more than 1 times"),
        ({"measure": BrakeMeasure.TIGHTEN_GRADES, "grades": 0}, "at least one grade"),
    ],
)
def test_an_order_that_makes_no_sense_cannot_be(given_, message):
    sound = {"measure": BrakeMeasure.NO_INCREASES, "products": tuple(Product)}
    with pytest.raises(ValueError, match=message):
        BrakeOrder(**(sound | given_))


def test_an_order_in_words_and_as_part_of_an_id():
    order = BrakeOrder(
        BrakeMeasure.SLOW_INCREASES, ("cash_loan",), ("consumer",), ("east",), ratio_permille=1150
    )
    assert order.text == "slow_increases 1150"
    assert order.words == (
        "increases to at most 1.15 times the limit of cash_loan for consumer in east"
    )
    assert BOTH.orders[0].text == "no_increases"

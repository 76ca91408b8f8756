"""What always holds of the books, whatever the world and the orders."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.rehearsal.books import Books, Totals
from credit_limits.rehearsal.money import money_of_month, performing_balance
from credit_limits.rehearsal.rivals import RIVALS, run_rival
from credit_limits.rehearsal.sight import CEILING_MINOR, orders_to
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.scenarios import ScenarioName
from tests.rehearsal_core_samples import TROUBLED, lived, parameters

worlds = st.builds(
    lambda seed, months, scenario: parameters(
        50, months=months, seed=seed, repayment=TROUBLED, scenario=scenario, shock_month=2
    ),
    seed=st.integers(0, 10_000),
    months=st.integers(2, 9),
    scenario=st.sampled_from(ScenarioName),
)
ratios = st.sampled_from([0.5, 0.9, 1.0, 1.0, 1.3, 2.0])


def ordering(ratio):
    """Orders that move a changing half of all limits by ``ratio``."""

    def orders(world):
        standing = world.standing
        every = np.arange(len(standing.limit))
        scaled = np.rint(standing.limit * ratio).astype(np.int64)
        half = (every + standing.month) % 2 == 0
        return orders_to(standing, np.where(half, scaled, standing.limit))

    return orders


def closed(scene, months):
    books = Books(scene)
    for month in months:
        books.close_month(*month)
    return books


def added_up(figures, name):
    return sum(getattr(month, name) for month in figures)


@settings(max_examples=25)
@given(worlds, ratios)
def test_profit_is_what_came_in_and_what_is_still_owed(world, ratio):
    """Over any months, profit is cash in less cash out, and the growth of what performs."""
    scene, months = lived(world, ordering(ratio))
    books = closed(scene, months)
    first, last = months[0][0], months[-1][1]
    grown = performing_balance(last).sum() - performing_balance(first).sum()
    paid = sum(int(after.money.paid.sum()) for _, after, _ in months)
    lent = sum(int(after.money.spent.sum()) for _, after, _ in months)
    claims = sum(
        int(after.money.recovered[after.state == State.ABSENT].sum()) for _, after, _ in months
    )
    charged = added_up(books.months, "interest_minor") + added_up(books.months, "fees_minor")
    assert charged - added_up(books.months, "loss_minor") == paid + claims - lent + grown


@settings(max_examples=25)
@given(worlds, ratios)
def test_sums_over_months_accounts_customers_and_groups_agree(world, ratio):
    books = closed(*lived(world, ordering(ratio)))
    by_customer = books.customer_totals()
    for name in ("profit", "bad_debt"):
        total = added_up(books.months, f"{name}_minor")
        assert getattr(books.totals, name).sum() == total
        assert getattr(by_customer, name).sum() == total
        for grouping in ("segment", "product", "income"):
            groups = [group for group in books.groups() if group.grouping == grouping]
            outside = getattr(books.totals, name)[books.totals.held == 0].sum()
            assert abs(added_up(groups, f"{name}_minor") - total) <= abs(outside)
    assert added_up(books.months, "limit_minor") == books.totals.limit_months.sum()
    assert added_up(books.months, "accounts") == books.totals.months.sum()


@settings(max_examples=25)
@given(worlds, ratios, st.data())
def test_books_of_split_months_add_up(world, ratio, data):
    scene, months = lived(world, ordering(ratio))
    cut = data.draw(st.integers(1, len(months) - 1))
    whole, first, second = (closed(scene, part) for part in (months, months[:cut], months[cut:]))
    assert whole.months == first.months + second.months
    for name in ("profit", "bad_debt", "welfare", "limit_months", "months"):
        parts = getattr(first.totals, name) + getattr(second.totals, name)
        assert (getattr(whole.totals, name) == parts).all()
    for name in ("held", "defaulted"):
        either = np.maximum(getattr(first.totals, name), getattr(second.totals, name))
        assert (getattr(whole.totals, name) == either).all()


@settings(max_examples=25)
@given(worlds, ratios)
def test_shares_and_rates_are_shares(world, ratio):
    books = closed(*lived(world, ordering(ratio)))
    for month in books.months:
        assert 0.0 <= month.d90_share <= month.d30_share <= 1.0
        assert month.bad_debt_minor >= 0
        assert month.increases >= 0
    for group in books.groups():
        assert 0.0 <= group.default_rate <= 1.0
    for cohort in books.cohorts():
        assert 0.0 <= cohort.default_rate_6m <= 1.0
        assert 0.0 < cohort.true_probability_6m < 1.0


@settings(max_examples=15)
@given(worlds, ratios)
def test_every_account_keeps_the_parts_of_its_profit(world, ratio):
    scene, months = lived(world, ordering(ratio))
    books = Books(scene)
    profit = np.zeros(scene.accounts.count, dtype=np.int64)
    for before, after, changes in months:
        books.close_month(before, after, changes)
        month = money_of_month(scene, before, after, changes, books.economics.lender)
        assert {getattr(month, item.name).dtype for item in fields(month)} == {np.dtype(np.int64)}
        profit += month.profit
    assert (profit == books.totals.profit).all()


@settings(max_examples=10)
@given(worlds, st.sampled_from(RIVALS))
def test_every_rival_keeps_to_the_ceiling_and_hold_moves_nothing(world, rival):
    history = world.months // 2
    books = run_rival(world, rival, history_months=history)
    moved = added_up(books.months, "increases") + added_up(books.months, "decreases")
    assert len(books.months) == world.months - history
    assert (books.totals.limit_months <= CEILING_MINOR * books.totals.months).all()
    if rival.name == "hold":
        assert moved == 0
        assert added_up(books.months, "change_cost_minor") == 0
    else:
        assert added_up(books.months, "change_cost_minor") == 500 * moved


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-(10**12), 10**12)), min_size=1, max_size=30)
)
def test_totals_by_place_lose_nothing(rows):
    place = np.array([row[0] for row in rows])
    amounts = np.array([row[1] for row in rows])
    totals = Totals(*(amounts for _ in fields(Totals))).summed_by(place, 5)
    expected = [sum(amount for at, amount in rows if at == k) for k in range(5)]
    assert totals.profit.tolist() == expected


def test_a_month_out_of_order_is_refused():
    scene, months = lived(parameters(20, months=4))
    books = Books(scene)
    books.close_month(*months[0])
    with pytest.raises(ValueError, match="month 1 is to be closed next, not 2"):
        books.close_month(*months[2])
    with pytest.raises(ValueError, match="month 1 is to be closed next"):
        books.close_month(*months[0])
    with pytest.raises(ValueError, match="to be closed next"):
        Books(scene).close_month(months[0][0], months[1][1], months[1][2])


def test_books_without_a_month_have_no_groups():
    scene, _ = lived(parameters(20, months=1))
    with pytest.raises(ValueError, match="without a month have no groups"):
        Books(scene).groups()
    assert Books(scene).cohorts() == ()

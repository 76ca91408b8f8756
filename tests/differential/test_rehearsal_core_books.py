"""The books, vectorized, against a slow and plain twin that goes from account to account."""

import math

import numpy as np
import pytest

from credit_limits.rehearsal.books import Books
from credit_limits.simulation.delinquency import State
from credit_limits.simulation.orders import LimitOrders
from credit_limits.simulation.portfolio import FROZEN
from credit_limits.truth.risk import default_probability
from tests.rehearsal_core_samples import TROUBLED, lived, parameters

PARAMETERS = parameters(90, months=14, seed=11, repayment=TROUBLED)


def some_orders(world):
    """Every third account up by a half, every fifth down by a quarter, whatever its state."""
    standing = world.standing
    every = np.arange(len(standing.limit))
    to_minor = np.where(every % 3 == 0, standing.limit * 3 // 2, standing.limit)
    to_minor = np.where(every % 5 == 1, standing.limit * 3 // 4, to_minor)
    if standing.month % 4:
        to_minor = standing.limit
    moved = np.flatnonzero(to_minor != standing.limit)
    return LimitOrders(moved, to_minor[moved], np.zeros(len(moved), dtype=bool))


@pytest.fixture(scope="module")
def world():
    return lived(PARAMETERS, some_orders)


@pytest.fixture(scope="module")
def books(world):
    scene, months = world
    books = Books(scene)
    for before, after, changes in months:
        books.close_month(before, after, changes)
    return books


def rounded(amount):
    """To whole minor units, halves to the even one, as numpy does."""
    return round(float(amount))


def plain_money(scene, before, after, changes, at):
    """The parts of one account's month."""
    cash_loan = bool(scene.accounts.cash_loan[at])
    owed = [int(s.money.balance[at]) if s.state[at] < State.DPD_90 else 0 for s in (before, after)]
    drawable = after.state[at] <= State.CHARGED_OFF and after.status[at] < FROZEN
    undrawn = max(int(after.limit[at]) - int(after.money.balance[at]), 0) if drawable else 0
    return {
        "interest": int(after.money.interest[at]),
        "interchange": 0 if cash_loan else rounded(0.01 * int(after.money.spent[at])),
        "fees": int(after.money.fees[at]),
        "funding": rounded((0.03 * sum(owed) / 2.0 + 0.001 * undrawn) / 12.0),
        "loss": int(after.money.charged_off[at]) - int(after.money.recovered[at]),
        "change_cost": 500 if at in changes.account.tolist() else 0,
    }


def plain_profit(parts):
    earned = parts["interest"] + parts["interchange"] + parts["fees"]
    return earned - parts["funding"] - parts["loss"] - parts["change_cost"]


def plain_welfare(scene, before, after, at):
    rate = 0.24 if scene.accounts.revolver[at] else 0.02
    owed = int(before.money.balance[at]) if before.state[at] < State.DPD_90 else 0
    worth = rate / 12.0 * owed - int(after.money.interest[at]) - int(after.money.fees[at])
    if after.state[at] == State.DPD_90 and before.state[at] == State.DPD_60:
        customer = scene.accounts.customer[at]
        worth -= 3.0 * math.exp(after.log_income[customer]) * 100.0
    return rounded(worth)


def accounts_of(scene):
    return range(scene.accounts.count)


def test_the_sample_meets_every_state_and_both_directions(world):
    _, months = world
    states = {int(state) for _, after, _ in months for state in after.state}
    assert states == {int(state) for state in State}
    assert any((changes.to_minor > changes.from_minor).any() for _, _, changes in months)
    assert any((changes.to_minor < changes.from_minor).any() for _, _, changes in months)
    assert any(after.money.recovered.any() for _, after, _ in months)


def test_the_money_of_every_month(world, books):
    scene, months = world
    for (before, after, changes), figures in zip(months, books.months, strict=True):
        parts = [plain_money(scene, before, after, changes, at) for at in accounts_of(scene)]
        for name in parts[0]:
            assert getattr(figures, f"{name}_minor") == sum(part[name] for part in parts), name
        assert figures.profit_minor == sum(map(plain_profit, parts))


def test_the_portfolio_of_every_month(world, books):
    scene, months = world
    for (_, after, changes), figures in zip(months, books.months, strict=True):
        there = [at for at in accounts_of(scene) if after.state[at] <= State.CHARGED_OFF]
        owed = sum(int(after.money.balance[at]) for at in there)
        late = {
            state: sum(int(after.money.balance[at]) for at in there if after.state[at] >= state)
            for state in (State.DPD_30, State.DPD_90)
        }
        moves = list(zip(changes.from_minor.tolist(), changes.to_minor.tolist(), strict=True))
        assert figures.month_end == scene.calendar.month_end(after.month)
        assert figures.accounts == len(there)
        assert figures.limit_minor == sum(int(after.limit[at]) for at in there)
        assert figures.balance_minor == owed
        assert figures.d30_share == pytest.approx(late[State.DPD_30] / owed)
        assert figures.d90_share == pytest.approx(late[State.DPD_90] / owed)
        assert figures.bad_debt_minor == sum(after.money.charged_off.tolist())
        assert figures.increases == sum(to > start for start, to in moves)
        assert figures.decreases == sum(to < start for start, to in moves)


def test_the_totals_of_every_account(world, books):
    scene, months = world
    for at in accounts_of(scene):
        there = [after for _, after, _ in months if after.state[at] <= State.CHARGED_OFF]
        reached = [
            before.state[at] == State.DPD_60 and after.state[at] == State.DPD_90
            for before, after, _ in months
        ]
        profit = sum(plain_profit(plain_money(scene, *month, at)) for month in months)
        welfare = sum(plain_welfare(scene, before, after, at) for before, after, _ in months)
        totals = books.totals
        assert totals.profit[at] == profit
        assert totals.welfare[at] == welfare
        assert totals.bad_debt[at] == sum(
            int(after.money.charged_off[at]) for _, after, _ in months
        )
        assert totals.months[at] == len(there)
        assert totals.limit_months[at] == sum(int(after.limit[at]) for after in there)
        assert totals.held[at] == bool(there)
        assert totals.defaulted[at] == any(reached)


def plain_third(before, customer):
    income = sorted(before.log_income.tolist())
    low, high = np.quantile(income, [1 / 3, 2 / 3])
    own = before.log_income[customer]
    return "lowest third" if own < low else "middle third" if own < high else "highest third"


def test_the_groups(world, books):
    scene, months = world
    accounts, before = scene.accounts, months[0][0]
    members = {}
    for at in accounts_of(scene):
        customer = int(accounts.customer[at])
        segment = "micro_merchant" if scene.customers.micro_merchant[customer] else "consumer"
        product = "cash_loan" if accounts.cash_loan[at] else "pay_later"
        for name in (
            ("segment", segment),
            ("product", product),
            ("income", plain_third(before, customer)),
        ):
            members.setdefault(name, []).append(at)
    totals = books.totals
    groups = {(group.grouping, group.name): group for group in books.groups()}
    assert groups.keys() == members.keys()
    for name, group in groups.items():
        of = [at for at in members[name] if totals.held[at]]
        months_held = sum(totals.months[of].tolist())
        assert group.accounts == len(of)
        assert group.profit_minor == sum(totals.profit[members[name]].tolist())
        assert group.bad_debt_minor == sum(totals.bad_debt[of].tolist())
        assert group.welfare_minor == sum(totals.welfare[members[name]].tolist())
        assert group.mean_limit_minor == round(sum(totals.limit_months[of].tolist()) / months_held)
        assert group.default_rate == pytest.approx(sum(totals.defaulted[of].tolist()) / len(of))


def test_the_cohorts(world, books):
    scene, months = world
    cohorts = books.cohorts()
    assert len(cohorts) == len(months) - 5
    for start, cohort in enumerate(cohorts):
        begin = months[start][0]
        at_risk = [at for at in accounts_of(scene) if begin.state[at] <= State.DPD_60]
        window = [after for _, after, _ in months[start : start + 6]]
        fell = [at for at in at_risk if any(end.state[at] == State.DPD_90 for end in window)]
        truth = default_probability(scene, begin)
        assert cohort.month_end == scene.calendar.month_end(begin.month)
        assert cohort.accounts == len(at_risk)
        assert cohort.default_rate_6m == pytest.approx(len(fell) / len(at_risk))
        assert cohort.true_probability_6m == pytest.approx(truth[at_risk].mean())

"""One small world, as it was when these numbers were written down.

Where a change moves them on purpose, raise ``MODEL_VERSION``, write "results may change" in the
changelog, and take over the new numbers.
"""

import pytest

from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import MODEL_VERSION, simulate_tables

ROWS = {
    "accounts": 485,
    "activity_events": 5566,
    "bureau": 839,
    "customers": 330,
    "limit_changes": 61,
    "links": 127,
    "macro": 18,
    "protected": 300,
    "statements": 2449,
    "transactions": 10246,
}
SUMS = {
    "statements.balance_minor": 880_985_355,
    "statements.paid_minor": 462_835_173,
    "statements.days_past_due": 1_860,
    "transactions.amount_minor": 486_596_801,
    "accounts.limit_minor": 875_335_000,
    "customers.income_monthly_minor": 244_155_000,
    "bureau.other_balance_minor": 969_391_430,
}
ACCOUNT = ("A00000000", "pay_later", 215_000)
STATEMENT = ("A00000000", 8_849, 11_348)


@pytest.fixture(scope="module")
def tables():
    return simulate_tables(WorldParameters(customers=300, months=7, seed=7))


def test_the_version_of_the_model_is_the_one_of_these_numbers():
    assert MODEL_VERSION == 4


def test_the_rows_of_each_table(tables):
    assert {name: table.num_rows for name, table in tables.items()} == ROWS


@pytest.mark.parametrize("column", SUMS)
def test_the_sums_of_money(tables, column):
    table, name = column.split(".")
    assert sum(tables[table][name].drop_null().to_pylist()) == SUMS[column]


def test_the_first_account_and_its_first_statement(tables):
    account = tables["accounts"].slice(0, 1).to_pylist()[0]
    statement = tables["statements"].slice(0, 1).to_pylist()[0]
    facts = (account["account_id"], account["product"], account["limit_minor"])
    assert facts == ACCOUNT
    money = (statement["account_id"], statement["balance_minor"], statement["paid_minor"])
    assert money == STATEMENT


def test_every_bill_is_due_twenty_days_after_its_statement(tables):
    bills = tables["statements"].select(["event_timestamp", "payment_due_on"]).to_pylist()
    waits = {(bill["payment_due_on"] - bill["event_timestamp"].date()).days for bill in bills}
    assert waits == {20}

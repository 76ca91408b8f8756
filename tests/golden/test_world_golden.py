"""One small world, as it was when these numbers were written down.

Where a change moves them on purpose, raise ``MODEL_VERSION``, write "results may change" in the
changelog, and take over the new numbers.
"""

import pytest

from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import MODEL_VERSION, simulate_tables

ROWS = {
    "accounts": 535,
    "activity_events": 5541,
    "bureau": 468,
    "customers": 314,
    "limit_changes": 62,
    "links": 127,
    "macro": 18,
    "protected": 300,
    "statements": 2423,
    "transactions": 9997,
}
SUMS = {
    "statements.balance_minor": 784_714_554,
    "statements.paid_minor": 378_207_118,
    "statements.days_past_due": 4_710,
    "transactions.amount_minor": 397_249_390,
    "accounts.limit_minor": 778_650_000,
    "customers.income_monthly_minor": 234_788_000,
    "bureau.other_balance_minor": 551_697_530,
}
ACCOUNT = ("A00000000", "pay_later", 325_000)
STATEMENT = ("A00000000", 12_835, 16_460)


@pytest.fixture(scope="module")
def tables():
    return simulate_tables(WorldParameters(customers=300, months=7, seed=7))


def test_the_version_of_the_model_is_the_one_of_these_numbers():
    assert MODEL_VERSION == 1


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

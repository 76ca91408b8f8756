"""Sub-limits under another policy: counted use by use, and apart from the moves of the limit."""

from dataclasses import replace

import numpy as np
import pytest

from credit_limits.decision_changes import compare
from credit_limits.decisions import DecisionBatch, decide
from credit_limits.domain.account import Scenario
from credit_limits.domain.money import yuan
from credit_limits.policy.limit_policy import LimitPolicy
from tests.decision_samples import portfolio_of, shipped_policy
from tidegate.cli.control_summaries import change_lines
from tidegate.operations.change_rows import change_tables

ACCOUNTS = portfolio_of(
    {"pd": 0.005, "declines_increases": True},
    {"pd": 0.05, "declines_increases": True},
    {"pd": 0.02, "product": "cash_loan"},
)
CASH = tuple(Scenario).index(Scenario.CASH)


def sharing(share_permille: int) -> LimitPolicy:
    """The shipped policy without caps, and another share of the limit for cash."""
    policy = replace(shipped_policy(), caps=(), segments=())
    rules = policy.scenario_limits
    uses = [
        replace(rule, share_permille=share_permille) if rule.scenario is Scenario.CASH else rule
        for rule in rules.scenarios
    ]
    return replace(policy, scenario_limits=replace(rules, scenarios=tuple(uses)))


@pytest.fixture(scope="module")
def before() -> DecisionBatch:
    return decide(ACCOUNTS, sharing(50), 6)


def changed(before: DecisionBatch, after: DecisionBatch):
    compared = compare(ACCOUNTS, before, after)
    return compared, {row.scenario: row for row in compared.by_scenario}


def test_another_share_moves_its_use_alone_and_no_limit(before):
    compared, rows = changed(before, decide(ACCOUNTS, sharing(25), 6))
    assert compared.total.moved == 0
    assert compared.sub_limits_moved_alone == 2
    cash = rows[Scenario.CASH]
    assert (cash.accounts, cash.moved, cash.higher, cash.lower, cash.alone) == (2, 2, 0, 2, 2)
    # 10,000 x 0.05 at grades A and D (x 0.6), and half of that in steps of 50 yuan
    assert cash.mean_before_minor == yuan(500 + 300) / 2
    assert cash.mean_after_minor == yuan(250 + 150) / 2
    assert {row.moved for name, row in rows.items() if name is not Scenario.CASH} == {0}


def test_a_sub_limit_that_follows_its_limit_has_not_moved_alone(before):
    halved = replace(
        before,
        to_minor=before.to_minor // 2,
        scenario_limits_minor=np.where(
            before.scenario_limits_minor < 0, -1, before.scenario_limits_minor // 2
        ),
    )
    compared, rows = changed(before, halved)
    assert compared.sub_limits_moved_alone == 0
    assert [(row.lower, row.alone) for row in rows.values()] == [(2, 0)] * len(Scenario)
    assert rows[Scenario.RETAIL].mean_after_minor == yuan(5_000)


def test_the_counts_are_those_of_going_through_the_accounts(before):
    drawn = np.random.default_rng(3)
    after = replace(
        before,
        to_minor=before.to_minor + np.array([0, 100, 0]),
        scenario_limits_minor=np.where(
            before.scenario_limits_minor < 0, -1, drawn.integers(0, 3, (3, 9)) * 5_000_00
        ),
    )
    compared, rows = changed(before, after)
    kept_with_others = 0
    for account in (0, 1):
        pairs = zip(
            before.scenario_limits_minor[account],
            after.scenario_limits_minor[account],
            strict=True,
        )
        kept_with_others += any(a != b for a, b in pairs) and account == 0
    assert compared.sub_limits_moved_alone == kept_with_others
    for place, scenario in enumerate(Scenario):
        first, second = (
            [int(batch.scenario_limits_minor[account, place]) for account in (0, 1)]
            for batch in (before, after)
        )
        row = rows[scenario]
        assert row.higher == sum(b > a for a, b in zip(first, second, strict=True))
        assert row.lower == sum(b < a for a, b in zip(first, second, strict=True))
        assert row.alone == (first[0] != second[0])
        assert (row.mean_before_minor, row.mean_after_minor) == (sum(first) / 2, sum(second) / 2)


def test_a_portfolio_of_cash_loans_has_none():
    loans = ACCOUNTS.where(np.array([False, False, True]))
    batch = decide(loans, sharing(50), 6)
    compared = compare(loans, batch, batch)
    assert (compared.by_scenario, compared.sub_limits_moved_alone) == ((), 0)
    assert not any("sub-limit" in line for line in change_lines(change_tables(compared)))


def test_the_command_tells_the_uses_that_move(before):
    compared, _ = changed(before, decide(ACCOUNTS, sharing(25), 6))
    lines = [line for line in change_lines(change_tables(compared)) if line]
    said = next(place for place, line in enumerate(lines) if "other sub-limits" in line)
    assert lines[said].startswith("2 accounts keep their limit")
    assert next(line.split() for line in lines[said + 1 :] if "cash" in line) == [
        *("cash", "2", "2", "2", "400", "200"),
    ]
    assert not any("retail" in line for line in lines[said:])

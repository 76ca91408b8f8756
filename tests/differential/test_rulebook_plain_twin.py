"""The rule book by DuckDB over a portfolio against the same for one account, worked out plainly."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.policy import rulebook_findings
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.eligibility_plain import permitted_plain
from credit_limits.policy.lender import Jurisdiction, LenderType
from credit_limits.policy.rulebook_columns import account_values
from credit_limits.policy.rulebook_language import parse_amount, parse_predicate
from credit_limits.policy.rulebook_plain import value_of
from credit_limits.policy.rulebook_sql import evaluated
from tests.decision_samples import drawn_portfolios, portfolio_of, shipped_policy
from tests.rulebook_samples import BANK, CAP, book, shipped_book

NUMBERS = ("limit_minor", "annual_rate", "days_past_due_latest", "income_monthly_minor")
TRUTHS = ("declines_increases", "human_review_only", "increase_consent_given")
BOOKS = st.builds(
    shipped_book,
    st.dates(date(2005, 1, 1), date(2027, 1, 1)),
    st.sampled_from(Jurisdiction),
    st.sampled_from(LenderType),
    lends_jointly=st.booleans(),
)


def amounts(within: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(within, st.sampled_from("+-*/"), within)
    calls = st.tuples(st.sampled_from(["coalesce", "least", "greatest"]), within, within)
    return st.one_of(
        pairs.map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        calls.map(lambda part: f"{part[0]}({part[1]}, {part[2]})"),
        within.map(lambda part: f"abs(-{part})"),
    )


AMOUNTS = st.recursive(
    st.one_of(st.sampled_from(NUMBERS), st.sampled_from(["0", "1", "0.24", "yuan(100)", "1e6"])),
    amounts,
    max_leaves=4,
)
COMPARED = st.tuples(AMOUNTS, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), AMOUNTS)
GROUNDS = st.one_of(
    COMPARED.map(" ".join),
    st.sampled_from(TRUTHS),
    st.sampled_from(NUMBERS).map(lambda name: f"{name} IS NULL"),
    st.sampled_from(TRUTHS).map(lambda name: f"{name} IS NOT TRUE"),
    st.just("product IN ('pay_later', 'cash_loan') AND status <> 'open'"),
    st.just("limit_minor NOT BETWEEN yuan(1000) AND yuan(50000)"),
)
PREDICATES = st.recursive(
    GROUNDS,
    lambda within: st.one_of(
        st.tuples(within, st.sampled_from(["AND", "OR"]), within).map(
            lambda part: f"({part[0]}) {part[1]} ({part[2]})"
        ),
        within.map(lambda part: f"NOT ({part})"),
    ),
    max_leaves=5,
)


def bulk_and_plain(portfolio, rulebook):
    policy = shipped_policy()
    bulk = permitted(portfolio, policy, rulebook=rulebook)
    for place in range(len(portfolio)):
        plain = permitted_plain(portfolio.account(place), policy, rulebook=rulebook)
        yield bulk.one(place), plain


@given(drawn_portfolios(most=12), BOOKS)
@settings(max_examples=40, deadline=None)
def test_both_say_the_same_under_the_rules_that_ship(portfolio, rulebook):
    for bulk, plain in bulk_and_plain(portfolio, rulebook):
        assert bulk == plain


@given(drawn_portfolios(most=12), st.lists(PREDICATES, min_size=6, max_size=10), AMOUNTS)
@settings(max_examples=40, deadline=None)
def test_both_say_the_same_under_any_rules(portfolio, predicates, amount):
    changes = [{"predicate": text} for text in predicates]
    changes[0] |= CAP | {"at_most": amount, "predicate": predicates[0]}
    changes[1] |= {"effect": "refer_to_person", "reason": "human_review_only"}
    changes[2] |= {"effect": "cap_annual_rate", "at_most": amount, "reason": "rate_above_legal"}
    changes[3] |= {"severity": "reporting"}
    for bulk, plain in bulk_and_plain(portfolio, book(*changes)):
        assert bulk == plain


@given(drawn_portfolios(most=12), st.lists(PREDICATES, max_size=10), AMOUNTS)
@settings(max_examples=25, deadline=None)
def test_every_expression_is_worth_the_same(portfolio, predicates, amount):
    nodes = [*map(parse_predicate, predicates), parse_amount(amount)]
    names = {name for node in nodes for name in node.columns}
    columns = {
        name: rulebook_findings.column_values(name, portfolio, BANK) for name in sorted(names)
    }
    answers = evaluated(nodes, columns, len(portfolio))
    for place in range(len(portfolio)):
        values = account_values(portfolio.account(place), BANK)
        for node, answer in zip(nodes, answers, strict=True):
            plain = value_of(node, values)
            found = answer[place]
            assert np.isnan(found) if plain is None else found == plain


UNKNOWN = portfolio_of({"days_past_due_latest": float("nan"), "statement_count_12m": 12.0})
PAST_DUE = book({"predicate": "days_past_due_latest > 0", "reason": "overdue"})


def test_what_is_not_known_blocks_a_raise_in_both():
    for bulk, plain in bulk_and_plain(UNKNOWN, PAST_DUE):
        assert bulk == plain
        assert bulk.cap_minor == UNKNOWN.limit_minor[0]
        assert bulk.rules == ("rule-0: not evaluated, days_past_due_latest",)


@pytest.mark.parametrize("taken_for", [0.0, 1.0])
def test_a_mutant_that_takes_null_for_an_answer_is_found(monkeypatch, taken_for):
    def careless(nodes, columns, accounts):
        return [np.nan_to_num(each, nan=taken_for) for each in evaluated(nodes, columns, accounts)]

    monkeypatch.setattr(rulebook_findings, "evaluated", careless)
    assert any(bulk != plain for bulk, plain in bulk_and_plain(UNKNOWN, PAST_DUE))


def test_a_mutant_that_leaves_nan_to_duckdb_is_found(monkeypatch):
    """To DuckDB NaN is a number, larger than any other: who is not known would be past due."""

    def careless(nodes, columns, accounts):
        text = {name: np.nan_to_num(column, nan=np.inf) for name, column in columns.items()}
        return evaluated(nodes, text, accounts)

    monkeypatch.setattr(rulebook_findings, "evaluated", careless)
    assert any(bulk != plain for bulk, plain in bulk_and_plain(UNKNOWN, PAST_DUE))

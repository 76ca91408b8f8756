"""Whatever is written as a predicate is a checked expression or a refusal, and nothing else."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from credit_limits.domain.errors import PolicyError
from credit_limits.policy.rulebook_columns import account_values, column_values
from credit_limits.policy.rulebook_language import Kind, parse_predicate
from credit_limits.policy.rulebook_plain import value_of
from credit_limits.policy.rulebook_sql import evaluated
from tests.decision_samples import portfolio_of
from tests.rulebook_samples import BANK

GOOD = "limit_minor > 1 AND declines_increases OR product IN ('pay_later') AND 0.2 < annual_rate"
TOKENS = (
    "( ) , . ; ' + - * / % = <> < > AND OR NOT IS NULL TRUE IN BETWEEN SYMMETRIC LIKE ANY EXISTS "
    "SELECT FROM CASE CAST :: [ { : $1 ? || -> @ ~ abs coalesce least yuan count sum now OVER "
    "limit_minor annual_rate product status declines_increases as_of 1 1e400 0x1F 'a' -- /* "
    "DISTINCT WITH VALUES INTERVAL DATE STRUCT COLUMNS read_csv getenv"
)
WORDS = st.sampled_from(TOKENS.split())
PORTFOLIO = portfolio_of({})


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """A good predicate in which some words are others."""
    words = GOOD.split()
    for _ in range(draw(st.integers(1, 3))):
        words[draw(st.integers(0, len(words) - 1))] = draw(WORDS)
    return " ".join(words)


@given(st.one_of(st.lists(WORDS, max_size=9).map(" ".join), spoiled(), st.text(max_size=40)))
@example("@ > 1")
@example("NOT " * 400 + "TRUE")
def test_it_is_refused_or_it_is_boolean_and_names_known_columns(text):
    try:
        node = parse_predicate(text)
    except PolicyError:
        return
    assert node.kind is Kind.BOOLEAN
    values = {name: column_values(name, PORTFOLIO, BANK) for name in node.columns}
    (answer,) = evaluated([node], values, 1)
    plain = value_of(node, account_values(PORTFOLIO.account(0), BANK))
    assert np.isnan(answer[0]) if plain is None else answer[0] == plain

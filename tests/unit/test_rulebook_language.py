"""What a predicate may say, and that everything else is refused with what is allowed."""

import numpy as np
import pytest

from credit_limits.domain.errors import PolicyError
from credit_limits.domain.features import FEATURES
from credit_limits.policy.portfolio import FEATURES_READ
from credit_limits.policy.rulebook_columns import COLUMNS, Kind, account_values, column_values
from credit_limits.policy.rulebook_language import FUNCTIONS, parse_amount, parse_predicate
from credit_limits.policy.rulebook_plain import value_of
from credit_limits.policy.rulebook_sql import evaluated, sql
from tests.decision_samples import portfolio_of
from tests.rulebook_samples import BANK

# one account: a limit of 100 yuan, an unknown rate, a zero balance
ACCOUNT = {
    "limit_minor": 10_000.0,
    "annual_rate": None,
    "balance_minor": 0.0,
    "product": "cash_loan",
    "declines_increases": True,
    "human_review_only": None,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRUE", True),
        ("limit_minor = yuan(100)", True),
        ("limit_minor <> yuan(100)", False),
        ("limit_minor > 9999 AND limit_minor >= 10000 AND limit_minor < 1e5", True),
        ("limit_minor BETWEEN 10000 AND 10000", True),
        ("limit_minor NOT BETWEEN 1 AND 2", True),
        ("limit_minor IN (1, 10000)", True),
        ("product NOT IN ('pay_later')", True),
        ("product = 'pay_later' OR declines_increases", True),
        ("NOT (declines_increases AND limit_minor = 0)", True),
        ("-limit_minor + 2 * 3 - 6 < 0", True),
        ("limit_minor / 4 = 2500", True),
        ("limit_minor / balance_minor > 0", None),
        ("annual_rate > 0.24", None),
        ("annual_rate > 0.24 OR limit_minor > 0", True),
        ("annual_rate > 0.24 AND limit_minor > 0", None),
        ("annual_rate > 0.24 AND limit_minor < 0", False),
        ("annual_rate IS NULL", True),
        ("annual_rate IS NOT NULL", False),
        ("human_review_only IS TRUE", False),
        ("human_review_only IS FALSE", False),
        ("declines_increases IS TRUE", True),
        ("declines_increases IS NOT FALSE", True),
        ("human_review_only", None),
        ("NOT human_review_only", None),
        ("coalesce(human_review_only, declines_increases)", True),
        ("coalesce(annual_rate, 0.3) > 0.24", True),
        ("least(annual_rate, limit_minor) = 10000", True),
        ("greatest(annual_rate, 3, 2) = 3", True),
        ("abs(3 - 5) = 2", True),
        ("0.1 + 0.2 = 0.3", False),  # double precision, not decimals
        ("limit_minor = 10000 -- said twice", True),
    ],
)
def test_an_expression_is_worth_the_same_to_duckdb_and_to_a_person(text, expected):
    node = parse_predicate(text)
    assert value_of(node, ACCOUNT) is expected
    (answer,) = evaluated([node], ACCOUNT, 1)
    assert answer[0] == expected if expected is not None else np.isnan(answer[0])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("limit_minor", "is a number, a boolean is needed"),
        ("", "is not one SQL expression"),
        ("TRUE; TRUE", "is not one SQL expression"),
        ("TRUE; DROP TABLE accounts", "is not one SQL expression"),
        ("limit_minor >", "is not a SQL expression"),
        ("(" * 3000, "longer than 2000 characters"),
        ("limitt_minor > 1", "column 'limitt_minor' is unknown; allowed are account_age_months"),
        ("Limit_Minor > 1", "column 'Limit_Minor' is unknown"),
        ("accounts.limit_minor > 1", "a column is named alone, without a table"),
        ("product = 'paylater'", "product is never 'paylater'; it is pay_later, cash_loan"),
        ("product IN ('cash_loan', 'card')", "product is never 'card'"),
        ("limit_minor > 'a'", "a text is compared with a number"),
        ("product > 'a'", "only numbers are smaller or larger"),
        ("limit_minor = NULL", "Null is not allowed"),
        ("limit_minor AND TRUE", "'limit_minor' is a number, not a boolean"),
        ("product + 1 > 2", "'product' is a text, not a number"),
        ("coalesce(product, 1) = 'a'", "takes values of one kind"),
        ("limit_minor > 1e16", "a number is at most 1e+15"),
        ("(SELECT TRUE)", "Subquery is not allowed"),
        ("EXISTS (SELECT 1)", "Exists is not allowed"),
        ("SELECT TRUE", "Select is not allowed"),
        ("limit_minor IN (SELECT 1)", "IN takes a list of values"),
        ("limit_minor > ALL (SELECT 1)", "is not allowed"),
        ("limit_minor > (SELECT max(limit_minor) FROM accounts)", "Subquery is not allowed"),
        ("count(*) > 1", "Count is not allowed"),
        ("sum(limit_minor) OVER () > 1", "Window is not allowed"),
        ("random() > 0.5", "Rand is not allowed"),
        ("now() > 1", "now() is unknown"),
        ("read_csv('/etc/passwd') = 'a'", "ReadCSV is not allowed"),
        ("getenv('HOME') = 'a'", "getenv() is unknown; allowed functions are abs(x)"),
        ("sleep(9) > 1", "sleep() is unknown"),
        ("yuan(1, 2) > 1", "yuan() is unknown"),
        ("CAST(limit_minor AS TEXT) = '1'", "Cast is not allowed"),
        ("CASE WHEN TRUE THEN TRUE END", "Case is not allowed"),
        ("product LIKE 'p%'", "Like is not allowed"),
        ("limit_minor > $1", "is not allowed"),
        ("limit_minor IS DISTINCT FROM 1", "is not allowed"),
        ("limit_minor BETWEEN SYMMETRIC 2 AND 1", "without SYMMETRIC"),
        ("(" * 1000, "nested too deeply"),
        ("NOT " * 490 + "TRUE", "nested too deeply"),
        ("@", "a part of the expression is missing"),
        ("limit_minor IS 3", "IS is followed by NULL, TRUE or FALSE"),
    ],
)
def test_anything_else_is_refused_and_says_what_is_allowed(text, told):
    with pytest.raises(PolicyError) as caught:
        parse_predicate(text)
    assert told in str(caught.value)


def test_an_amount_is_a_number():
    assert value_of(parse_amount("yuan(200000)"), {}) == 20_000_000
    with pytest.raises(PolicyError, match="is a boolean, a number is needed"):
        parse_amount("TRUE")


def test_a_chain_may_be_long():
    node = parse_predicate(" OR ".join(["declines_increases"] * 90))
    assert len(node.disjuncts) == 90
    assert value_of(node, ACCOUNT) is True


def test_a_text_cannot_break_out_of_its_quotes():
    assert sql(parse_predicate("status = 'open'")) == "(status = 'open')"
    with pytest.raises(PolicyError, match="status is never"):
        parse_predicate("status = 'open'' OR TRUE OR '''")


def test_every_column_has_values_of_its_kind_or_is_said_to_be_absent():
    portfolio = portfolio_of({}, {"annual_rate": float("nan")})
    for name, column in COLUMNS.items():
        assert column.description
        assert column.unit
        values = column_values(name, portfolio, BANK)
        held = values.tolist() if isinstance(values, np.ndarray) else [values] * 2
        for place in range(2):
            plain = account_values(portfolio.account(place), BANK)[name]
            if plain is None:
                assert held[place] is None or np.isnan(held[place])
                continue
            assert held[place] == plain
            kinds = {Kind.NUMBER: float, Kind.TEXT: str, Kind.BOOLEAN: bool}
            assert type(plain) is kinds[column.kind], name
    assert not COLUMNS["increase_consent_given"].supplied
    assert set(FEATURES_READ) <= set(COLUMNS)
    assert {feature.name for feature in FEATURES} >= set(FEATURES_READ)


def test_every_function_that_is_told_of_can_be_called():
    for signature in FUNCTIONS:
        call = signature.replace("(x", "(1").replace(", y, ...", ", 2, 3")
        assert parse_amount(call)


def test_no_expression_and_no_account_is_no_answer():
    assert evaluated([], {}, 5) == []
    (empty,) = evaluated([parse_predicate("TRUE")], {}, 0)
    assert empty.shape == (0,)

"""The pages on the rule book: their example is a rule, their references name all there is."""

import re
from datetime import date

import yaml

from credit_limits.policy.lender import Jurisdiction
from credit_limits.policy.rulebook import Effect
from credit_limits.policy.rulebook_columns import COLUMNS
from credit_limits.policy.rulebook_language import parse_amount, parse_predicate
from credit_limits.policy.rulebook_records import parse_rules
from docs.generate_reference import rule_book_page
from tests.conftest import ROOT

HOW_TO = (ROOT / "docs" / "how-to" / "write-a-rule.md").read_text(encoding="utf-8")


def test_the_example_is_a_rule_that_can_be_used():
    (text,) = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL)
    (rule,) = parse_rules({"example": yaml.safe_load(text)})
    assert rule.jurisdiction is Jurisdiction.CHINA
    assert rule.holds_on(date(2030, 1, 1))
    assert rule.columns == {"product", "account_age_months", "customer_total_minor"}


def test_expressions_in_the_text_can_be_used():
    assert parse_amount("0.5 * income_monthly_minor / 0.05").columns
    assert parse_predicate("annual_rate IS NULL OR annual_rate <= 0.24").columns
    for text in ("0.5 * income_monthly_minor / 0.05", "annual_rate IS NULL OR annual_rate <= 0.24"):
        assert text in HOW_TO


def test_the_reference_has_every_column_and_every_effect():
    page = rule_book_page()
    for name in (*COLUMNS, *Effect):
        assert f"| `{name}` |" in page

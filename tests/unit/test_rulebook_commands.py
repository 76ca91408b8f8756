"""``tidegate rulebook``: what is in force on a day, and what changes from one day to another."""

import json
import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from credit_limits.domain.errors import PolicyError
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.rulebook import NO_RULES
from tests.conftest import ROOT
from tests.decision_samples import portfolio_of, shipped_policy
from tests.rulebook_samples import shipped_book
from tidegate.cli import app
from tidegate.cli.rulebook_summaries import rule_book_lines
from tidegate.operations.rule_rows import rule_book_row


@pytest.fixture
def policies(tmp_path):
    for folder in ("rulebook", "lender"):
        shutil.copytree(ROOT / "policies" / folder, tmp_path / "policies" / folder)
    return tmp_path / "policies"


@pytest.fixture
def run(policies, monkeypatch):
    monkeypatch.setenv("TIDEGATE_VAR_DIR", str(policies.parent / "var"))
    monkeypatch.setenv("TIDEGATE_POLICIES_DIR", str(policies))

    def invoke(*words: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["rulebook", *words])
        return result.exit_code, result.stdout, result.stderr

    return invoke


def listed(run, *words):
    code, output, _ = run("list", *words, "--json")
    assert code == 0
    return json.loads(output)


def test_the_rules_of_a_day_are_those_of_the_lender(run, policies):
    found = listed(run, "--on", "2025-02-28")
    assert (found["jurisdiction"], found["lender_type"]) == ("CN", "bank")
    total = next(rule for rule in found["rules"] if rule["rule_id"] == "cn-customer-total")
    assert total["at_most"] == "yuan(200000)"
    assert total["effective_to"] == "2025-03-13"
    assert not (policies.parent / "var").exists()  # reading leaves nothing behind


def test_another_jurisdiction_or_licence_may_be_asked_for(run):
    assert [
        r["rule_id"] for r in listed(run, "--on", "2025-01-01", "--jurisdiction", "IN")["rules"]
    ]
    company = listed(run, "--on", "2025-04-01", "--lender-type", "consumer_finance")
    total = next(rule for rule in company["rules"] if rule["rule_id"] == "cn-customer-total")
    assert total["at_most"] == "yuan(200000)"
    assert run("list", "--on", "2025-01-01", "--jurisdiction", "FR")[0] == 2


def test_the_list_is_readable(run):
    code, output, _ = run("list", "--on", "2025-10-01")
    assert code == 0
    assert "rulebook/CN-bank/2025-10-01: 14 rules in force on 2025-10-01" in output
    assert "needs_notice within 7 days" in output
    assert "needs_notice of freeze, change_rate, extend_term within 7 days" in output
    assert "the all-in cost is at most 24 % a year" in output


def test_what_changes_is_said_with_its_texts(run):
    code, output, _ = run("diff", "--from", "2025-02-28", "--to", "2025-10-01")
    assert code == 0
    assert "added cn-all-in-cost: cap_annual_rate at 0.24 where annual_rate > 0.24" in output
    assert "at_most: yuan(200000) -> yuan(300000)" in output
    found = json.loads(run("diff", "--from", "2025-10-01", "--to", "2025-02-28", "--json")[1])
    assert [rule["rule_id"] for rule in found["ended"]] == ["cn-all-in-cost"]
    assert found["added"] == []
    (changed,) = found["changed"]
    assert changed["before"]["at_most"] == "yuan(300000)"
    assert set(changed["fields"]) >= {"effective_from", "effective_to", "at_most"}


def test_nothing_changes_overnight(run):
    output = run("diff", "--from", "2025-05-01", "--to", "2025-05-02")[1]
    assert output.endswith("nothing changes\n")


def test_a_record_that_cannot_be_used_names_file_and_rule(run, policies):
    file = policies / "rulebook" / "cn.yaml"
    file.write_text(file.read_text().replace("annual_rate > 0.24", "(SELECT TRUE)"))
    code, _, error = run("list", "--on", "2025-10-01")
    assert code == PolicyError.exit_code
    assert "rulebook/cn.yaml, rule cn-all-in-cost: '(SELECT TRUE)': Subquery is not" in error


def test_no_rule_book_and_no_lender_are_refusals(run, policies):
    shutil.rmtree(policies / "rulebook")
    code, _, error = run("list", "--on", "2025-10-01")
    assert (code, "has no rule book" in error) == (PolicyError.exit_code, True)
    shutil.rmtree(policies / "lender")
    code, _, error = run("list", "--on", "2025-10-01")
    assert (code, "no policy in force" in error) == (PolicyError.exit_code, True)


def test_the_lenders_file_is_named_where_it_cannot_be_used(run, policies):
    file = policies / "lender" / "2005-01-01.yaml"
    file.write_text(file.read_text().replace("value: bank", "value: pawnbroker"))
    code, _, error = run("list", "--on", "2025-10-01")
    assert code == PolicyError.exit_code
    assert "lender/2005-01-01: lender.lender_type: 'pawnbroker' is none of" in error


def test_an_adjustment_tells_which_rules_touched_accounts_or_were_not_evaluated():
    portfolio = portfolio_of({"days_past_due_latest": 5.0}, {}, {})
    book = shipped_book(date(2024, 1, 31), lends_jointly=True)
    found = permitted(portfolio, shipped_policy(), rulebook=book)
    head, _, *rows = rule_book_lines(rule_book_row(book, found.rules))
    assert head == "rulebook/CN-bank/2023-07-01: 13 rules in force"
    words = [row.split() for row in rows]
    assert ["cn-past-due", "1", "evaluated"] in words
    assert "not evaluated: column absent: lender_" in "\n".join(rows)
    assert [row[0] for row in words] == ["cn-all-partners", "cn-one-partner", "cn-past-due"]
    nothing = rule_book_row(NO_RULES, ())
    assert rule_book_lines(nothing) == ["rulebook/CN-bank/no-rule-yet: 0 rules in force"]
    assert rule_book_lines(None) == []

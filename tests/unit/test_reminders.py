"""Who is reminded of a bill, by when, and in which words."""

from dataclasses import replace
from datetime import date

import pytest
import yaml

from credit_limits.domain.account import Product
from credit_limits.domain.errors import PolicyError
from credit_limits.explanation.reminders import (
    REMINDER_SENTENCES,
    Bill,
    Reminder,
    reminder_of,
)
from credit_limits.explanation.sentences import Language
from credit_limits.policy.reminder_rules import ReminderRules, parse_reminder_rules
from credit_limits.policy.risk_grades import Grade
from tests.conftest import ROOT

POLICY = ROOT / "policies" / "reminders" / "2005-01-01.yaml"
RULES = ReminderRules(payment_due_days=20, days_ahead=5, from_grade=Grade.D)
BILL = Bill("A1", Product.PAY_LATER, date(2024, 1, 31), 15_000, 0)


def seen(on=BILL.statement_on, grade=Grade.D, rules=RULES, **change):
    return reminder_of(replace(BILL, **change), on, grade, rules)


def test_a_worked_example():
    found = seen()
    assert found.payment_due_on == date(2024, 2, 20)
    assert found.due_by == date(2024, 2, 15)
    assert found.text[Language.ENGLISH] == (
        "A payment of at least 150 yuan on your pay-later line is due on 2024-02-20. If you have "
        "paid it already, there is nothing to do. If you cannot pay it in time, talk to us before "
        "that day."
    )
    assert found.text[Language.CHINESE] == (
        "您的先享后付至少应还150元，到期日为2024-02-20。如已还款，请忽略本提醒。"
        "如届时无法还款，请提前与我们联系。"
    )
    assert len(REMINDER_SENTENCES) == len(Language)


@pytest.mark.parametrize(
    ("on", "due_by"),
    [
        (date(2024, 2, 14), date(2024, 2, 15)),
        (date(2024, 2, 17), date(2024, 2, 17)),
        (date(2024, 2, 19), date(2024, 2, 19)),
    ],
)
def test_seen_late_it_goes_at_once(on, due_by):
    assert seen(on).due_by == due_by


@pytest.mark.parametrize(
    "change",
    [
        {"on": date(2024, 2, 20)},
        {"on": date(2024, 1, 30)},
        {"grade": Grade.C},
        {"minimum_due_minor": 0},
        {"minimum_due_minor": None},
        {"days_past_due": 1},
    ],
)
def test_nobody_is_reminded_of_nothing_too_late_or_without_risk(change):
    assert seen(**change) is None


def test_riskier_grades_are_reminded_too():
    assert [grade for grade in Grade if seen(grade=grade)] == ["D", "E", "F", "G"]


def test_of_one_statement_there_is_one_reminder_whatever_is_known_of_it():
    first = seen().reminder_id
    assert seen(date(2024, 2, 10), Grade.G, minimum_due_minor=20_000).reminder_id == first
    assert seen(account_id="A2").reminder_id != first
    assert seen(date(2024, 2, 29), statement_on=date(2024, 2, 29)).reminder_id != first


@pytest.mark.parametrize(
    ("due_on", "on", "due_by"),
    [
        (date(2024, 2, 10), date(2024, 1, 31), date(2024, 2, 5)),
        (date(2024, 3, 10), date(2024, 2, 25), date(2024, 3, 5)),  # later than the policy's 20 days
        (date(2024, 2, 3), date(2024, 1, 31), date(2024, 1, 31)),  # sooner than days_ahead
        (date(2024, 2, 10), date(2024, 2, 10), None),
        (date(2024, 1, 31), date(2024, 1, 31), None),
    ],
)
def test_the_day_that_the_books_say_comes_before_that_of_the_policy(due_on, on, due_by):
    found = seen(on, payment_due_on=due_on)
    assert (found and found.due_by) == due_by
    if found:
        assert found.payment_due_on == due_on
        assert str(due_on) in found.text[Language.ENGLISH]
        assert found.reminder_id == seen().reminder_id


def test_a_reminder_that_comes_too_late_cannot_be():
    with pytest.raises(ValueError, match="goes before that day"):
        Reminder("r", date(2024, 2, 20), date(2024, 2, 20), {})


def policy(**values):
    content = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    for name, value in values.items():
        content["reminders"][name]["value"] = value
    return content


def test_the_policy_that_ships():
    assert parse_reminder_rules(policy()) == RULES


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"days_ahead": 20}, "between the statement and the day 20 days later"),
        ({"days_ahead": 0}, "not within 1 and 89"),
        ({"payment_due_days": 120}, "not within 2 and 90"),
        ({"from_grade": "H"}, "is none of A, B"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(values, message):
    with pytest.raises(PolicyError, match=message):
        parse_reminder_rules(policy(**values))


def test_a_parameter_too_many_or_too_few_is_refused():
    content = policy()
    content["reminders"]["sms"] = {}
    with pytest.raises(PolicyError, match="unknown parameter sms"):
        parse_reminder_rules(content)
    content = policy()
    del content["reminders"]["days_ahead"]
    with pytest.raises(PolicyError, match="days_ahead is absent"):
        parse_reminder_rules(content)
    with pytest.raises(PolicyError, match="unknown parameter texts"):
        parse_reminder_rules({**policy(), "texts": {}})

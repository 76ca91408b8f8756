"""Reminders: before their day, never twice for a statement, however often cycles run."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.account import Product
from credit_limits.explanation.reminders import Bill, reminder_of
from credit_limits.policy.reminder_rules import ReminderRules
from credit_limits.policy.risk_grades import Grade

START = date(2024, 1, 1)
DAYS = st.integers(0, 120).map(lambda days: START + timedelta(days=days))


@st.composite
def drawn_rules(draw: st.DrawFn) -> ReminderRules:
    due = draw(st.integers(2, 60))
    return ReminderRules(due, draw(st.integers(1, due - 1)), draw(st.sampled_from(Grade)))


def drawn_bills() -> st.SearchStrategy[Bill]:
    return st.builds(
        Bill,
        account_id=st.sampled_from(["A1", "A2"]),
        product=st.sampled_from(Product),
        statement_on=DAYS,
        minimum_due_minor=st.one_of(st.none(), st.integers(0, 10**6)),
        days_past_due=st.integers(0, 3),
        payment_due_on=st.one_of(st.none(), DAYS),
    )


@given(drawn_bills(), st.lists(DAYS, max_size=20), st.sampled_from(Grade), drawn_rules())
@settings(max_examples=150)
def test_none_goes_on_its_day_or_after_it_and_none_twice(bill, cycles, grade, rules):
    written = {}
    for as_of in sorted(cycles):
        found = reminder_of(bill, as_of, grade, rules)
        if found is None:
            continue
        assert as_of <= found.due_by < found.payment_due_on
        assert found.payment_due_on - found.due_by <= timedelta(days=rules.days_ahead)
        assert bill.minimum_due_minor > 0
        assert bill.days_past_due == 0
        assert grade in rules.grades
        written.setdefault(found.reminder_id, found)
    assert len(written) <= 1


@given(st.lists(drawn_bills(), max_size=8), drawn_rules())
@settings(max_examples=100)
def test_each_statement_has_a_reminder_of_its_own(bills, rules):
    found = {
        (bill.account_id, bill.statement_on): reminder.reminder_id
        for bill in bills
        if (reminder := reminder_of(bill, bill.statement_on, Grade.G, rules))
    }
    assert len({*found.values()}) == len(found)

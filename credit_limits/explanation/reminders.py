"""Reminders of payments to come: to whom, by when, and in which words.

A reminder decides nothing and takes nothing. It goes to accounts at raised risk that are not past
due: what is late already is a matter of collections, whose words are others. A frozen account is
reminded as any other, since a freeze keeps it from drawing and not from paying. What is not known
to be due is not claimed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from credit_limits.domain.account import Product
from credit_limits.domain.digest import digest_of
from credit_limits.domain.money import format_yuan
from credit_limits.explanation.names import PRODUCT_NAMES
from credit_limits.explanation.sentences import Language
from credit_limits.policy.reminder_rules import ReminderRules
from credit_limits.policy.risk_grades import Grade

REMINDER_SENTENCES: tuple[str, str] = (
    "A payment of at least {amount} yuan on your {product} is due on {day}. If you have paid it "
    "already, there is nothing to do. If you cannot pay it in time, talk to us before that day.",
    "您的{product}至少应还{amount}元，到期日为{day}。如已还款，请忽略本提醒。"
    "如届时无法还款，请提前与我们联系。",
)
"""English and Chinese words of a reminder."""

_ID_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Bill:
    """The latest statement of an account.

    ``minimum_due_minor`` is ``None`` where it is not known, and ``payment_due_on`` where the
    lender's books do not say it: then the reminder policy does.
    """

    account_id: str
    product: Product
    statement_on: date
    minimum_due_minor: int | None
    days_past_due: int
    payment_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder: it goes no later than ``due_by``, which is before ``payment_due_on``.

    Raises ``ValueError`` for one that would come too late.
    """

    reminder_id: str
    payment_due_on: date
    due_by: date
    text: Mapping[Language, str]

    def __post_init__(self) -> None:
        if self.due_by >= self.payment_due_on:
            raise ValueError(f"a reminder of {self.payment_due_on} goes before that day")


def reminder_of(bill: Bill, as_of: date, grade: Grade, rules: ReminderRules) -> Reminder | None:
    """The reminder that is to go for a statement; None where none is.

    A statement of 31 January, due 20 days later and reminded 5 days ahead: due on 20 February,
    reminded by 15 February; seen on the 17th, reminded on that day; seen on the 20th, not at all.
    Where the books say that it is due on the 10th, it is reminded by the 5th.

    Args:
        bill: the account's latest statement.
        as_of: the day on which it is looked at.
        grade: the account's risk grade on that day.
        rules: the reminder policy of that day.
    """
    payment_due_on = bill.payment_due_on or rules.payment_due_on(bill.statement_on)
    if grade not in rules.grades or not bill.minimum_due_minor or bill.days_past_due > 0:
        return None
    if not bill.statement_on <= as_of < payment_due_on:
        return None
    return Reminder(
        reminder_id=reminder_id(bill.account_id, bill.statement_on),
        payment_due_on=payment_due_on,
        due_by=max(payment_due_on - timedelta(days=rules.days_ahead), as_of),
        text={
            language: REMINDER_SENTENCES[place].format(
                amount=format_yuan(bill.minimum_due_minor),
                product=PRODUCT_NAMES[bill.product][place],
                day=payment_due_on,
            )
            for place, language in enumerate(Language)
        },
    )


def reminder_id(account_id: str, statement_on: date) -> str:
    """What a reminder is known by: of one statement there is one, whatever day it is looked at."""
    named = {"account_id": account_id, "statement_on": statement_on, "kind": "reminder"}
    return digest_of(named)[:_ID_DIGITS]

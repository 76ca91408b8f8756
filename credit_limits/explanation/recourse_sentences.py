"""A way out in words, in English and Chinese, from the same codes."""

from datetime import date

from credit_limits.domain.money import format_yuan
from credit_limits.domain.periods import add_months
from credit_limits.explanation.sentences import Language
from credit_limits.explanation.ways_out import Change, Goal, Recourse, Step

STEP_SENTENCES: dict[Step, tuple[str, str]] = {
    Step.PAY_OVERDUE: ("Pay what is past due.", "还清逾期款项。"),
    Step.NO_LOAN_APPLICATIONS: (
        "Apply for no other loans until {day}.",
        "{day}之前不要申请其他贷款。",
    ),
    Step.KEEP_DEVICE: (
        "Use the account from the same device until {day}.",
        "{day}之前请使用同一设备登录账户。",
    ),
    Step.USE_AS_USUAL: (
        "Use the account as you usually do until {day}.",
        "{day}之前请按往常习惯使用账户。",
    ),
    Step.PAY_MORE_OF_THE_BILL: (
        "Pay at least {share:.0%} of every bill until {day}.",
        "{day}之前每期账单至少偿还{share:.0%}。",
    ),
    Step.REPAY_ELSEWHERE: (
        "Repay {amount} yuan of what you owe to other lenders.",
        "偿还在其他机构的借款{amount}元。",
    ),
    Step.ACCEPT_INCREASES: (
        "Tell us that your limit may be raised again.",
        "告知我们您重新接受提额。",
    ),
    Step.PAY_ON_TIME: (
        "Pay the next {months} statements on time, up to {day}.",
        "按时偿还接下来的{months}期账单，直至{day}。",
    ),
    Step.WAIT: (
        "Wait until {day} and go on paying on time.",
        "等到{day}，期间继续按时还款。",
    ),
    Step.SETTLE_DISPUTE: (
        "Settle with us the transactions that are disputed; by {day} none may be of the last 90 "
        "days.",
        "请与我们处理完争议交易；截至{day}，近90天内不应再有争议交易。",
    ),
    Step.LINKS_CLEAR: (
        "By {day}, none of the accounts linked to yours may be past due.",
        "截至{day}，与您关联的账户均不应存在逾期。",
    ),
}
"""English and Chinese sentence of every step."""

GOAL_SENTENCES: dict[Goal, tuple[str, str]] = {
    Goal.RAISED: (
        "Everything else being as it is, the limit would then be raised to {limit} yuan.",
        "在其他情况不变的前提下，届时额度将提高至{limit}元。",
    ),
    Goal.REOPENED: (
        "Everything else being as it is, the account would then be open to increases again.",
        "在其他情况不变的前提下，届时账户将重新开放提额。",
    ),
    Goal.NOT_CUT: (
        "Everything else being as it is, the limit would not be lowered with nothing past due.",
        "在其他情况不变的前提下，若无逾期，额度将不会下调。",
    ),
    Goal.THAWED: (
        "Everything else being as it is, the account could then be used again; its limit is not "
        "raised for some months after that.",
        "在其他情况不变的前提下，届时账户将解除冻结；此后数月内暂不提额。",
    ),
}
"""English and Chinese sentence of every goal."""

_LANGUAGES = tuple(Language)


def step_sentence(change: Change, day: date, language: Language = Language.ENGLISH) -> str:
    """What the customer can do; ``day`` is the day that the way out leads to.

    >>> step_sentence(Change(Step.PAY_ON_TIME, 6), date(2024, 7, 31))
    'Pay the next 6 statements on time, up to 2024-07-31.'
    """
    return STEP_SENTENCES[change.step][_LANGUAGES.index(language)].format(
        months=change.months,
        day=day,
        share=change.share,
        amount=format_yuan(change.amount_minor),
    )


def recourse_sentences(
    recourse: Recourse, as_of: date, language: Language = Language.ENGLISH
) -> tuple[str, ...]:
    """The steps of a way out, then what comes of them."""
    day = add_months(as_of, recourse.months)
    goal = GOAL_SENTENCES[recourse.goal][_LANGUAGES.index(language)]
    return (
        *(step_sentence(change, day, language) for change in recourse.changes),
        goal.format(limit=format_yuan(recourse.limit_minor)),
    )

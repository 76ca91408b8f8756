"""What it takes for an action that did not occur in a cycle, in the words of the cycle's page.

The page tells a lender whose data lack something apart from one whose accounts gave no cause.
"""

from collections.abc import Callable, Mapping

from credit_limits.domain.decision import Action
from tidegate.adapters.cycle_report_decisions import Decisions, SeenByCycle
from tidegate.adapters.report_wording import ACTION_NAMES, count, plural

_FREEZES_READ = ("statements", "transactions", "activity_events", "links")
_CLOSES_READ = (*_FREEZES_READ, "customers")


def absent_actions(decisions: Decisions) -> tuple[tuple[str, str], ...]:
    """Each action that was done to no account, by name, with what it takes.

    Nothing where it is not known what the cycle had to decide about.
    """
    seen = decisions.seen
    if seen is None:
        return ()
    return tuple(
        (ACTION_NAMES[action], what_it_takes(action, seen))
        for action in Action
        if not decisions.total.done(action)
    )


def what_it_takes(action: Action, seen: SeenByCycle) -> str:
    """Why an action did not occur in a cycle that saw this, and which data or months it takes."""
    return _TOLD[action](seen)


def _unfrozen(seen: SeenByCycle) -> str:
    if not seen.frozen:
        return (
            "No account was frozen before. It takes one that the decisions of an earlier month "
            "froze, or the lender's books, with the cause in status_cause of the table accounts."
        )
    if seen.frozen == seen.frozen_without_cause:
        return (
            f"{_accounts(seen.frozen)} frozen by books that do not say for what, so thawing is the "
            "lender's. It takes the cause in status_cause of the table accounts."
        )
    known = seen.frozen - seen.frozen_without_cause
    return (
        f"{_accounts(known)} frozen for a known cause, and of none was the cause gone and the "
        "least time of a freeze over. It takes further months."
    )


def _reopened(seen: SeenByCycle) -> str:
    if not seen.closed:
        return (
            "No account was closed to increases before. It takes one that the decisions of an "
            "earlier month closed, or the lender's books."
        )
    return (
        f"{_accounts(seen.closed)} closed to increases before, and of none had the time of the "
        "closure passed and every cause gone. It takes further months."
    )


def _extended(seen: SeenByCycle) -> str:
    if not seen.incomes_changed:
        return (
            "No customer has had two incomes on record. It takes incomes over time in the table "
            "customers: hardship is an income lost within a year, and a bill past due."
        )
    customers = plural(seen.incomes_changed, "customer")
    return (
        f"{customers} had more than one income on record, and none lost enough of it with a bill "
        f"past due; {_accounts(seen.past_due)} past due."
    )


def _rate_changed(seen: SeenByCycle) -> str:
    if not seen.rates_known:
        return "No account has a rate on record. It takes apr in the table accounts."
    return (
        f"{_accounts(seen.rates_known)} on record with a rate, and none due for a change differs "
        "from the rate of its grade by more than the policy's step."
    )


def _frozen(seen: SeenByCycle) -> str:
    return (
        "No account was late for long enough, none had a disputed transaction while it was used "
        "unlike before, and none several linked customers past due." + _lacking(seen, _FREEZES_READ)
    )


def _closed(seen: SeenByCycle) -> str:
    return "No account had a cause that closes increases." + _lacking(seen, _CLOSES_READ)


def _lacking(seen: SeenByCycle, tables: tuple[str, ...]) -> str:
    missing = [table for table in tables if table not in seen.tables]
    return f" The lake lacks {', '.join(missing)}, which tell of some causes." if missing else ""


def _accounts(number: int) -> str:
    return f"{count(number)} {'account is' if number == 1 else 'accounts are'}"


_TOLD: Mapping[Action, Callable[[SeenByCycle], str]] = {
    Action.INCREASE: lambda _: "The reasons below say what kept each limit from rising.",
    Action.DECREASE: lambda _: "No account was late enough, or lost more than it earned.",
    Action.HOLD: lambda _: "Something was done to every account.",
    Action.CLOSE_INCREASES: _closed,
    Action.REOPEN_INCREASES: _reopened,
    Action.FREEZE: _frozen,
    Action.UNFREEZE: _unfrozen,
    Action.EXTEND_TERM: _extended,
    Action.CHANGE_RATE: _rate_changed,
    Action.REFER: lambda _: (
        "No customer asked for decisions by a person (human_review_only of the table customers), "
        "no rule of law asked for one, and no freeze outlasted its time or was undone by the books."
    ),
}

"""What was done to accounts of each grade of risk, month by month.

An account counts under each action that was done to it: one whose limit was cut and whose increases
were closed is among both. So the counts of a grade add up to more than its decisions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from credit_limits.domain.decision import Action
from credit_limits.policy.risk_grades import Grade


@dataclass(frozen=True, slots=True)
class ActionCount:
    """How many accounts an action was done to."""

    action: Action
    accounts: int


@dataclass(frozen=True, slots=True)
class GradeActions:
    """The decisions of one month about the accounts of one grade.

    ``accounts`` were decided; ``done`` has every action, in the order of
    :class:`~credit_limits.domain.decision.Action`, with 0 where it did not occur.

    Raises ``ValueError`` where an action is absent, or done to more accounts than were decided.
    """

    month_end: date
    grade: Grade
    accounts: int
    done: tuple[ActionCount, ...]

    def __post_init__(self) -> None:
        if tuple(count.action for count in self.done) != tuple(Action):
            raise ValueError(f"the actions of grade {self.grade} are not all there in their order")
        if any(not 0 <= count.accounts <= self.accounts for count in self.done):
            raise ValueError(f"an action of grade {self.grade} was done to more than were decided")


def grade_actions(
    month_end: date, grade: Grade, accounts: int, counts: Iterable[int]
) -> GradeActions:
    """The decisions of a month and grade; ``counts`` are in the order of the actions."""
    done = tuple(map(ActionCount, Action, counts))
    return GradeActions(month_end, grade, accounts, done)


def together(parts: Iterable[GradeActions]) -> tuple[GradeActions, ...]:
    """Parts of the same month and grade added up, by month and then from the safest grade on.

    Two batches of a month, 40 accounts of grade A of which 10 were raised and 60 of which 5: one
    of 100 with 15 raised.
    """
    sums: dict[tuple[date, Grade], list[int]] = {}
    for part in parts:
        counts = (part.accounts, *(count.accounts for count in part.done))
        held = sums.setdefault((part.month_end, part.grade), [0] * len(counts))
        held[:] = [one + more for one, more in zip(held, counts, strict=True)]
    return tuple(
        grade_actions(month_end, grade, accounts, counts)
        for (month_end, grade), (accounts, *counts) in sorted(sums.items())
    )

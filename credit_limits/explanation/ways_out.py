"""Ways out of a decision as values: what to do or wait for, how long, and what comes of it."""

from dataclasses import dataclass
from enum import StrEnum

MOST_CHANGES = 2


class Step(StrEnum):
    """What a customer may be told to do, or to wait for."""

    PAY_OVERDUE = "pay_overdue"
    NO_LOAN_APPLICATIONS = "no_loan_applications"
    KEEP_DEVICE = "keep_device"
    USE_AS_USUAL = "use_as_usual"
    PAY_MORE_OF_THE_BILL = "pay_more_of_the_bill"
    REPAY_ELSEWHERE = "repay_elsewhere"
    ACCEPT_INCREASES = "accept_increases"
    PAY_ON_TIME = "pay_on_time"
    WAIT = "wait"
    SETTLE_DISPUTE = "settle_dispute"
    LINKS_CLEAR = "links_clear"


class Goal(StrEnum):
    """How the decision would come out."""

    RAISED = "raised"
    REOPENED = "reopened"
    NOT_CUT = "not_cut"
    THAWED = "thawed"


@dataclass(frozen=True, slots=True)
class Change:
    """One step, with its figures; 0 where it has none.

    ``months`` counts statements to come, ``amount_minor`` is what is to be repaid, ``share`` the
    least share of each bill that is to be paid.
    """

    step: Step
    months: int = 0
    amount_minor: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Recourse:
    """A way out: ``months`` from the decision on, after one or two ``changes``, comes the goal.

    ``limit_minor`` is what the policy would then decide, everything else being as it is.
    """

    goal: Goal
    months: int
    changes: tuple[Change, ...]
    limit_minor: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.changes) <= MOST_CHANGES:
            raise ValueError(f"a way out has one or {MOST_CHANGES} changes")

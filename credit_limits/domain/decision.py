"""What the platform may do to a limit, and why it says it did."""

from dataclasses import dataclass
from enum import StrEnum

from credit_limits.domain.identifiers import AccountId, DecisionId


class Action(StrEnum):
    """What is done to an account: to its limit, and beside it to its state, term and rate.

    A decision may do several at once; a move of the limit comes first, ``hold`` is alone.
    """

    INCREASE = "increase"
    DECREASE = "decrease"
    HOLD = "hold"
    CLOSE_INCREASES = "close_increases"
    REOPEN_INCREASES = "reopen_increases"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    EXTEND_TERM = "extend_term"
    CHANGE_RATE = "change_rate"
    REFER = "refer"


class ReasonCode(StrEnum):
    """Why; at least one on every decision, also on a hold (why it was not raised)."""

    # why a limit moved
    PROFITABLE_INCREASE = "profitable_increase"
    LOSS_EXCEEDS_REVENUE = "loss_exceeds_revenue"
    OVERDUE = "overdue"
    SERIOUSLY_OVERDUE = "seriously_overdue"
    HARDSHIP = "hardship"
    # why it was not raised
    ACCOUNT_NOT_OPEN = "account_not_open"
    INCREASES_CLOSED = "increases_closed"
    DECLINES_INCREASES = "declines_increases"
    OBSERVATION_TOO_SHORT = "observation_too_short"
    ON_TIME_STREAK_TOO_SHORT = "on_time_streak_too_short"
    COOL_OFF = "cool_off"
    INACTIVE = "inactive"
    LOAN_APPLICATION_BURST = "loan_application_burst"
    DEVICE_CHANGE_BURST = "device_change_burst"
    LOGIN_ANOMALY = "login_anomaly"
    SPENDING_ANOMALY = "spending_anomaly"
    LINKED_RISK = "linked_risk"
    PERSISTENT_DEBT = "persistent_debt"
    REVOLVING_DEBT = "revolving_debt"
    THIN_FILE = "thin_file"
    SPENDING_TOO_SMALL = "spending_too_small"
    SPENDING_CONCENTRATED = "spending_concentrated"
    RISK_TOO_HIGH = "risk_too_high"
    LIMIT_AT_CAP = "limit_at_cap"
    CUSTOMER_CAP = "customer_cap"
    AFFORDABILITY = "affordability"
    NOT_PROFITABLE = "not_profitable"
    PORTFOLIO_CAP = "portfolio_cap"
    BRAKE_NO_INCREASES = "brake_no_increases"
    BRAKE_TIGHTEN_GRADES = "brake_tighten_grades"
    BRAKE_SLOW_INCREASES = "brake_slow_increases"
    RATE_ABOVE_LEGAL = "rate_above_legal"
    CONSENT_MISSING = "consent_missing"
    PARTNER_LIMIT = "partner_limit"
    RULE_NOT_EVALUATED = "rule_not_evaluated"
    HUMAN_REVIEW_ONLY = "human_review_only"
    ALREADY_BEST = "already_best"
    # why the state, the term or the rate of an account changed, or a person is asked
    ACCOUNT_TAKEOVER = "account_takeover"
    CAUSE_GONE = "cause_gone"
    BACKUP_REPAYMENT_SOURCE = "backup_repayment_source"
    RATE_OF_GRADE = "rate_of_grade"
    FREEZE_EXPIRED = "freeze_expired"
    FREEZE_CONFLICT = "freeze_conflict"
    # why an account that had none was given its first limit, or was not
    INITIAL_LIMIT = "initial_limit"
    INITIAL_LIMIT_THIN_FILE = "initial_limit_thin_file"
    INITIAL_LIMIT_INCOME_UNKNOWN = "initial_limit_income_unknown"
    INITIAL_LIMIT_NOT_COVERED = "initial_limit_not_covered"


@dataclass(frozen=True, slots=True)
class Decision:
    """One account's decision. Money in minor units; ``reasons`` strongest first, never empty.

    ``action`` is the first of what the decision does: a move of the limit where there is one.
    Raises ``ValueError`` where the action contradicts the amounts.
    """

    decision_id: DecisionId
    account_id: AccountId
    from_minor: int
    to_minor: int
    action: Action
    reasons: tuple[ReasonCode, ...]
    default_probability: float

    def __post_init__(self) -> None:
        if self.from_minor < 0 or self.to_minor < 0:
            raise ValueError(f"{self.account_id}: a limit cannot be negative")
        if not self.reasons:
            raise ValueError(f"{self.account_id}: a decision without a reason")
        if not 0.0 <= self.default_probability <= 1.0:
            raise ValueError(f"{self.account_id}: probability outside 0 to 1")
        moved = (self.to_minor > self.from_minor) - (self.to_minor < self.from_minor)
        allowed = {
            Action.INCREASE: {1},
            Action.DECREASE: {-1},
            Action.HOLD: {0},
        }.get(self.action, {-1, 0})
        if moved not in allowed:
            raise ValueError(
                f"{self.account_id}: {self.action} from {self.from_minor} to {self.to_minor}"
            )

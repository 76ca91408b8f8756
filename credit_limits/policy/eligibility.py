"""Eligibility in bulk: for every account the permitted limits and what forbids a raise.

Each rule is a column of flags. The same rules for one account, as plain statements, stand in
:mod:`credit_limits.policy.eligibility_plain`; tests hold the two together.
"""

from collections.abc import Mapping

import numpy as np

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.account_changes import CHANGE_REASONS, AccountChanges, masks_of
from credit_limits.policy.brakes import NO_BRAKES, Brakes
from credit_limits.policy.initial_limits import (
    RECORD_RULES,
    as_never_used,
    income_top_minor,
    initial_reasons,
    initial_top_minor,
    without_limit,
)
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.permission import RULE_ORDER, Permissions
from credit_limits.policy.portfolio import STATUSES, Flags, Integers, Portfolio
from credit_limits.policy.rate_changes import RateChanges, rate_changes
from credit_limits.policy.rulebook import NO_RULES, RuleBook
from credit_limits.policy.rulebook_effects import rule_effects
from credit_limits.policy.rulebook_findings import RuleTouch, find
from credit_limits.policy.states import StateMoves, state_moves
from credit_limits.policy.triggers import (
    Triggers,
    revolving_debt,
    risk_grade,
    spending_rules,
    thin_file_top_minor,
    triggers,
)

_UNBOUNDED_MINOR = 10**17
_OPEN = STATUSES.index(AccountStatus.OPEN)


def permitted(
    portfolio: Portfolio,
    policy: LimitPolicy,
    brakes: Brakes = NO_BRAKES,
    rulebook: RuleBook = NO_RULES,
) -> Permissions:
    """What the rules of the rule book and of the lender's own policy permit each account.

    A feature that is not known never closes raises by itself, but a raise needs the statements
    and the streak to be known, and whatever a blocking rule of the rule book asks for. The rule
    book only ever takes away: it raises no limit and forces no cut. A brake holds back those
    whom every rule would let rise. An account that has no limit yet may be given its first: rules
    that judge a record are silent of it.

    Returns:
        Floors, caps, reasons, closures and changes of state, term and rate, N places each:
        ``floor <= min(cap, limit)`` always; ``cap > limit`` exactly where no rule forbids a raise.
    """
    portfolio = as_never_used(portfolio)
    ceilings, found = _raise_ceilings(portfolio, policy), triggers(portfolio, policy)
    moves = state_moves(portfolio, policy, found, _close_months(portfolio, policy, found.closing))
    rules = {
        **_state_rules(portfolio, moves),
        **found.closing,
        **_observation_rules(portfolio, policy),
        **{reason: top <= portfolio.limit_minor for reason, top in ceilings.items()},
    }
    rules |= spending_rules(portfolio, policy, rules[ReasonCode.INACTIVE])
    limited = ~without_limit(portfolio)
    rules |= {reason: rules[reason] & limited for reason in RECORD_RULES}
    rules[ReasonCode.REVOLVING_DEBT] = revolving_debt(
        portfolio, policy, rules[ReasonCode.PERSISTENT_DEBT]
    )
    rules[ReasonCode.RISK_TOO_HIGH] = _grade_ratios(portfolio, policy) <= 1000
    findings = find(portfolio, rulebook)
    asked = rule_effects(
        portfolio, findings, lambda free: policy.ladder.round_down(_with_share(portfolio, free))
    )
    for reason, flags in asked.forbidden.items():
        rules[reason] = flags | rules.get(reason, np.zeros_like(flags))
    reviewed = portfolio.human_review_only | asked.referred
    masks = np.where(
        reviewed, _mask(ReasonCode.HUMAN_REVIEW_ONLY), masks_of(rules, RULE_ORDER, len(portfolio))
    )
    braked, free = brakes.raise_ceilings(portfolio, policy), masks == 0
    for reason, ceiling in braked.items():
        masks = np.where(free & (ceiling <= portfolio.limit_minor), masks | _mask(reason), masks)
    rates = rate_changes(
        portfolio, policy, rulebook, findings, opened=moves.state == _OPEN, reviewed=reviewed
    )
    floor, forced = _cuts(portfolio, policy, found.extended)
    top = np.minimum.reduce([*ceilings.values(), asked.ceiling_minor, *braked.values()])
    top = np.where(~limited & (top < policy.bounds.floor_minor), 0, top)
    cap = np.where(masks == 0, top, forced)
    return Permissions(
        floor_minor=np.where(reviewed, portfolio.limit_minor, floor),
        cap_minor=np.where(reviewed, portfolio.limit_minor, cap),
        reasons=masks.astype(np.uint64),
        close_months=np.where(reviewed, 0, moves.close_months),
        changes=_changes(portfolio, found, moves, rates, reviewed),
        initial=np.where(reviewed, 0, initial_reasons(portfolio)),
        rules=tuple(map(RuleTouch, findings, asked.held)),
    )


def _mask(reason: ReasonCode) -> int:
    return 1 << RULE_ORDER.index(reason)


def _changes(
    portfolio: Portfolio, found: Triggers, moves: StateMoves, rates: RateChanges, reviewed: Flags
) -> AccountChanges:
    """What becomes of each account beside its limit; nothing where a person decides of it."""
    machine = ~reviewed
    frozen, thawed, reopened = (
        flags & machine for flags in (moves.frozen, moves.thawed, moves.reopened)
    )
    closes = (moves.close_months > 0) & machine
    why: dict[ReasonCode, Flags] = {
        ReasonCode.HUMAN_REVIEW_ONLY: reviewed,
        ReasonCode.FREEZE_CONFLICT: portfolio.state_conflict & machine,
        ReasonCode.FREEZE_EXPIRED: moves.expired & machine,
        ReasonCode.BACKUP_REPAYMENT_SOURCE: found.spared & machine,
        ReasonCode.CAUSE_GONE: thawed | reopened,
        ReasonCode.RATE_ABOVE_LEGAL: rates.above_legal,
        ReasonCode.RATE_OF_GRADE: rates.of_grade,
    }
    masks = masks_of(why, CHANGE_REASONS, len(portfolio))
    masks |= np.where(closes, masks_of(found.closing, CHANGE_REASONS, len(portfolio)), 0)
    masks |= np.where(frozen, masks_of(found.freezing, CHANGE_REASONS, len(portfolio)), 0)
    return AccountChanges(
        state=np.where(reviewed, portfolio.status, moves.state),
        since=np.where(reviewed, portfolio.state_since, moves.since),
        causes=np.where(reviewed, portfolio.state_causes, moves.causes),
        frozen=frozen,
        thawed=thawed,
        reopened=reopened,
        referred=reviewed | portfolio.state_conflict | moves.expired,
        extension_months=np.where(found.extended & machine, found.extension_months, 0),
        annual_rate=rates.annual_rate,
        reasons=masks,
    )


def _state_rules(portfolio: Portfolio, moves: StateMoves) -> dict[ReasonCode, Flags]:
    return {
        ReasonCode.ACCOUNT_NOT_OPEN: moves.stays_frozen,
        ReasonCode.FREEZE_CONFLICT: portfolio.state_conflict,
        ReasonCode.INCREASES_CLOSED: moves.stays_closed | moves.thawed,
        ReasonCode.DECLINES_INCREASES: portfolio.declines_increases,
    }


def _observation_rules(portfolio: Portfolio, policy: LimitPolicy) -> dict[ReasonCode, Flags]:
    seen = portfolio.features
    needed = policy.by_segment(
        lambda own: (
            own.observation.statements_min,
            own.observation.account_age_months_min,
            own.observation.on_time_streak_min,
            own.observation.cool_off_months,
            own.observation.inactive_transactions_90d,
        )
    )
    statements, age, streak, cool_off, inactive = needed[portfolio.segment].T
    idle = ~(seen.transaction_count_90d > inactive)
    return {
        ReasonCode.OBSERVATION_TOO_SHORT: ~(seen.statement_count_12m >= statements)
        | (seen.account_age_months < age),
        ReasonCode.ON_TIME_STREAK_TOO_SHORT: ~(seen.on_time_streak_months >= streak),
        ReasonCode.COOL_OFF: portfolio.months_since_limit_change < cool_off,
        ReasonCode.INACTIVE: (seen.balance_mean_6m_minor <= 0) & idle,
    }


def _grade_ratios(portfolio: Portfolio, policy: LimitPolicy) -> Integers:
    ratios = policy.by_segment(lambda own: own.grades.increase_ratios_permille)
    return np.asarray(ratios[portfolio.segment, risk_grade(portfolio, policy)], dtype=np.int64)


def _raise_ceilings(portfolio: Portfolio, policy: LimitPolicy) -> dict[ReasonCode, Integers]:
    """The highest round limit under each bound, were nothing else to bind."""
    limit, ladder = portfolio.limit_minor, policy.ladder
    grade = risk_grade(portfolio, policy)
    ceilings = policy.by_segment(lambda own: own.grades.ceilings_minor)[portfolio.segment, grade]
    account = np.minimum(ceilings, policy.bounds.ceiling_minor)
    ratio = _grade_ratios(portfolio, policy)
    first = without_limit(portfolio)
    step = np.where(first, initial_top_minor(portfolio, policy), limit * ratio // 1000)
    account = np.where(ratio > 1000, np.minimum(account, step), account)
    affordable = _with_share(portfolio, _affordable_minor(portfolio, policy))
    thin = thin_file_top_minor(portfolio, policy, _UNBOUNDED_MINOR)
    free = policy.bounds.customer_total_minor - portfolio.customer_total_minor
    return {
        ReasonCode.LIMIT_AT_CAP: ladder.round_down(account),
        ReasonCode.CUSTOMER_CAP: ladder.round_down(_with_share(portfolio, free)),
        ReasonCode.AFFORDABILITY: ladder.round_down(
            np.minimum(affordable, income_top_minor(portfolio, policy))
        ),
        ReasonCode.THIN_FILE: np.where(first, _UNBOUNDED_MINOR, ladder.round_down(thin)),
    }


def _affordable_minor(portfolio: Portfolio, policy: LimitPolicy) -> Integers:
    """What the customer's limits may still grow by; without a known income, by anything."""
    seen, segment = portfolio.features, portfolio.segment
    income_share = policy.by_segment(lambda own: own.affordability.income_share)[segment]
    payment = policy.by_segment(lambda own: own.affordability.minimum_payment_ratio)[segment]
    elsewhere = np.nan_to_num(seen.bureau_other_balance_minor)
    owed_at_most = income_share * seen.income_monthly_minor / payment
    free = np.floor(owed_at_most - elsewhere - portfolio.customer_total_minor)
    unbounded = float(policy.bounds.ceiling_minor) * portfolio.customer_account_count
    return np.where(np.isnan(free), unbounded, np.clip(free, -1e15, 1e15)).astype(np.int64)


def _with_share(portfolio: Portfolio, free_minor: Integers) -> Integers:
    """Today's limit and an equal share, over the customer's accounts, of what is free."""
    share = free_minor // portfolio.customer_account_count
    return np.asarray(np.maximum(portfolio.limit_minor + share, 0), dtype=np.int64)


def _cuts(portfolio: Portfolio, policy: LimitPolicy, extended: Flags) -> tuple[Integers, Integers]:
    """The floor of any cut, and the most that an account overdue or in hardship may keep."""
    limit, ladder = portfolio.limit_minor, policy.ladder
    covered = np.ceil(policy.bounds.balance_cover_ratio * np.maximum(portfolio.balance_minor, 0))
    floor = ladder.round_up(np.maximum(covered.astype(np.int64), policy.bounds.floor_minor))
    floor = np.minimum(floor, limit)
    ratio = _by_overdue_level(portfolio, policy, 1000, "limit_ratio_permille")
    in_hardship = np.where(extended, policy.hardship.limit_ratio_permille, 1000)
    ratio = np.minimum(ratio, in_hardship)
    kept = np.where(ratio < 1000, ladder.round_down(limit * ratio // 1000), limit)
    return floor, np.maximum(kept, floor)


def _close_months(
    portfolio: Portfolio, policy: LimitPolicy, rules: Mapping[ReasonCode, Flags]
) -> Integers:
    closing = policy.closing
    months = _by_overdue_level(portfolio, policy, 0, "close_months")
    for reason, length in (
        (ReasonCode.LINKED_RISK, closing.linked_risk_close_months),
        (ReasonCode.LOAN_APPLICATION_BURST, closing.loan_applications_close_months),
        (ReasonCode.DEVICE_CHANGE_BURST, closing.device_changes_close_months),
        (ReasonCode.PERSISTENT_DEBT, closing.persistent_debt_close_months),
        (ReasonCode.LOGIN_ANOMALY, policy.anomalies.close_months),
        (ReasonCode.SPENDING_ANOMALY, policy.anomalies.close_months),
        (ReasonCode.HARDSHIP, policy.hardship.close_months),
    ):
        months = np.maximum(months, np.where(rules[reason], length, 0))
    return months


def _by_overdue_level(
    portfolio: Portfolio, policy: LimitPolicy, otherwise: int, parameter: str
) -> Integers:
    levels = policy.overdue.levels
    starts = np.array([level.days_past_due for level in levels])
    values = np.array([otherwise, *(getattr(level, parameter) for level in levels)])
    days = np.nan_to_num(portfolio.features.days_past_due_latest)
    return np.asarray(values[np.searchsorted(starts, days, side="right")], dtype=np.int64)

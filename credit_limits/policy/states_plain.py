"""The state machine for one account, as a person would walk it.

The twin of :mod:`credit_limits.policy.states` and of :mod:`credit_limits.policy.rate_changes`.
"""

from dataclasses import dataclass, replace
from datetime import date

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.account_changes import (
    CHANGE_REASONS,
    STATE_CAUSES,
    AccountChange,
    codes_of,
)
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import PRODUCTS, Account
from credit_limits.policy.pricing_policy import BASIS_POINTS
from credit_limits.policy.rate_changes import rate_rules
from credit_limits.policy.rulebook import RuleBook
from credit_limits.policy.rulebook_plain import rules_for_account
from credit_limits.policy.triggers_plain import TriggersOfAccount, at_least, grade_place

R = ReasonCode
_FROZEN, _CLOSED = AccountStatus.FROZEN, AccountStatus.INCREASES_CLOSED


@dataclass(frozen=True, slots=True)
class StateMove:
    """Where an account goes; as :class:`~credit_limits.policy.states.StateMoves` has it."""

    state: AccountStatus
    since: date | None
    causes: frozenset[ReasonCode]
    close_months: int
    frozen: bool = False
    thawed: bool = False
    reopened: bool = False
    stays_closed: bool = False
    stays_frozen: bool = False
    expired: bool = False


def state_move(
    account: Account, policy: LimitPolicy, found: TriggersOfAccount, close_months: int
) -> StateMove:
    """Where an account goes, its causes closing increases for ``close_months``."""
    if account.status is _FROZEN:
        return _from_frozen(account, policy, found, close_months)
    if found.freezing:
        move = StateMove(_FROZEN, account.as_of, found.freezing, close_months, frozen=True)
        closed = _is_closed(account) and not _reopens(account, policy, found)
        return replace(move, stays_closed=closed)
    reopened = _reopens(account, policy, found)
    stays_closed = _is_closed(account) and not reopened
    closed = stays_closed or close_months > 0
    state = _CLOSED if closed else AccountStatus.OPEN
    causes = found.closing | (_own_causes(account) if stays_closed else frozenset())
    return StateMove(
        state,
        account.as_of if state is not account.status else account.state_since,
        causes if closed else frozenset(),
        close_months,
        reopened=reopened,
        stays_closed=stays_closed,
    )


def changed(
    account: Account,
    policy: LimitPolicy,
    found: TriggersOfAccount,
    move: StateMove,
    rulebook: RuleBook,
) -> AccountChange:
    """What becomes of an account of which no person has to decide."""
    rate, why = _new_rate(account, policy, move, rulebook)
    reasons = set(why)
    if move.close_months:
        reasons |= found.closing
    if move.frozen:
        reasons |= found.freezing
    if move.thawed or move.reopened:
        reasons.add(R.CAUSE_GONE)
    if move.expired:
        reasons.add(R.FREEZE_EXPIRED)
    if account.state_conflict:
        reasons.add(R.FREEZE_CONFLICT)
    if found.spared:
        reasons.add(R.BACKUP_REPAYMENT_SOURCE)
    return AccountChange(
        state=move.state,
        since=move.since,
        causes=tuple(cause for cause in STATE_CAUSES if cause in move.causes),
        frozen=move.frozen,
        thawed=move.thawed,
        reopened=move.reopened,
        referred=account.state_conflict or move.expired,
        extension_months=policy.hardship.extension_months if found.extended else 0,
        annual_rate=rate,
        reasons=tuple(reason for reason in CHANGE_REASONS if reason in reasons),
    )


def referred_to_person(account: Account) -> AccountChange:
    """Nothing becomes of an account of which a person decides."""
    return AccountChange(
        state=account.status,
        since=account.state_since,
        causes=codes_of(account.state_causes, STATE_CAUSES),
        frozen=False,
        thawed=False,
        reopened=False,
        referred=True,
        extension_months=0,
        annual_rate=None,
        reasons=(R.HUMAN_REVIEW_ONLY,),
    )


def _from_frozen(
    account: Account, policy: LimitPolicy, found: TriggersOfAccount, close_months: int
) -> StateMove:
    own, months, rules = _own_causes(account), _months_in_state(account), policy.freezing
    stands = own & (found.lingering | found.unknown) or found.freezing
    if own and not stands and months >= rules.months_min:
        close_months = max(close_months, rules.closed_months_after)
        closed = _is_closed(account)
        return StateMove(
            _CLOSED, account.as_of, own, close_months, thawed=True, stays_closed=closed
        )
    return StateMove(
        _FROZEN,
        account.state_since,
        own | found.freezing if own else frozenset(),
        close_months,
        stays_closed=_is_closed(account),
        stays_frozen=True,
        expired=bool(own) and months >= rules.months_most,
    )


def _own_causes(account: Account) -> frozenset[ReasonCode]:
    return frozenset(codes_of(account.state_causes, STATE_CAUSES))


def _is_closed(account: Account) -> bool:
    until = account.increases_closed_until
    return account.status is _CLOSED or (until is not None and until >= account.as_of)


def _reopens(account: Account, policy: LimitPolicy, found: TriggersOfAccount) -> bool:
    if account.status is not _CLOSED or found.closing or found.freezing:
        return False
    until = account.increases_closed_until
    if until is None:
        served = _months_in_state(account) >= policy.reopening.closed_months_min
    else:
        served = until < account.as_of
    own = _own_causes(account)
    return served and not (found.lingering & own if own else found.lingering)


def _months_in_state(account: Account) -> int:
    since, now = account.state_since, account.as_of
    return -1 if since is None else 12 * (now.year - since.year) + now.month - since.month


def _new_rate(
    account: Account, policy: LimitPolicy, move: StateMove, rulebook: RuleBook
) -> tuple[float | None, set[ReasonCode]]:
    if account.annual_rate is None:
        return None, set()
    lawful, _ = _lawful(account, account.annual_rate, rulebook)
    above = lawful < account.annual_rate
    by_grade = _rate_of_grade(account, policy, move)
    if by_grade is not None:
        rate, told = _lawful(account, by_grade, rulebook)
        by_grade = rate if told else None
    if above:
        rates = [lawful] if by_grade is None else [lawful, by_grade]
        return min(rates), {R.RATE_ABOVE_LEGAL}
    return (None, set()) if by_grade is None else (by_grade, {R.RATE_OF_GRADE})


def _rate_of_grade(account: Account, policy: LimitPolicy, move: StateMove) -> float | None:
    """The rate of the account's grade, where its own is due to follow it."""
    rules, since = policy.pricing, account.months_since_rate_change
    asked = rules.rates[grade_place(account, policy)][PRODUCTS.index(account.product)]
    today = round((account.annual_rate or 0.0) * BASIS_POINTS)
    due = (
        move.state is AccountStatus.OPEN
        and account.features["days_past_due_latest"] == 0
        and at_least(account.features["account_age_months"], rules.months_min)
        and (since is None or since >= rules.months_min)
        and abs(today - asked) > rules.step_basis_points
    )
    return asked / BASIS_POINTS if due else None


def _lawful(account: Account, rate: float, rulebook: RuleBook) -> tuple[float, bool]:
    """The rate, no higher than the law is known to allow, and whether all of the law is known."""
    at_rate = replace(account, annual_rate=rate)
    asked = rules_for_account(at_rate, rate_rules(rulebook), lambda free: free)
    return min([rate, *asked.rate_caps]), R.RULE_NOT_EVALUATED not in asked.reasons

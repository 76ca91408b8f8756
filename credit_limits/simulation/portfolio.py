"""The portfolio, month by month: ``begin`` it, then ``advance`` it with the limits decided.

``advance`` is a function of what a month hands to the next, so that limits may come from the past
policy or from anyone else.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from credit_limits.domain.account import AccountStatus
from credit_limits.simulation import distress, rings
from credit_limits.simulation.accounts import Accounts, first_seen_us
from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.conditions import parameters_of_month
from credit_limits.simulation.customers import Customers
from credit_limits.simulation.delinquency import (
    Hazards,
    RiskTraits,
    State,
    States,
    burden,
    hazards,
    next_state,
    risk_traits,
)
from credit_limits.simulation.macro import MacroPath
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.past_policy import LimitChanges, Reviewed
from credit_limits.simulation.relations import Circles
from credit_limits.simulation.repayment import (
    MonthOfMoney,
    MonthTurn,
    Terms,
    nothing_moved,
    settle_month,
)
from credit_limits.simulation.spending import absorbed, all_at_once, demand, target_balance
from credit_limits.simulation.streams import Concern, Streams

STATUSES = (
    AccountStatus.OPEN,
    AccountStatus.INCREASES_CLOSED,
    AccountStatus.FROZEN,
    AccountStatus.CLOSED,
)
OPEN, INCREASES_CLOSED, FROZEN, CLOSED = range(4)
BURN_IN_MONTHS = 6
_PROBATION_MONTHS = 6
_NEVER_CUT = -10_000


@dataclass(frozen=True)
class Scene:
    """What a world's months have in common."""

    parameters: WorldParameters
    calendar: Calendar
    streams: Streams
    customers: Customers
    circles: Circles
    accounts: Accounts
    macro: MacroPath

    @cached_property
    def _calm_traits(self) -> RiskTraits:
        return risk_traits(self.customers, self.accounts, self.parameters.repayment)

    @cached_property
    def ring_complete(self) -> Ints:
        """The month from which on each circle may strike."""
        return rings.complete_from(self.circles, self.accounts)

    def parameters_of(self, month: int) -> WorldParameters:
        """The parameters in force in a month, as the scenario shifts them."""
        return parameters_of_month(self.parameters, month)

    def traits(self, month: int) -> RiskTraits:
        """The parts of each account's hazards in a month that are the account's own."""
        p = self.parameters_of(month)
        if p is self.parameters:
            return self._calm_traits
        return risk_traits(self.customers, self.accounts, p.repayment)

    @cached_property
    def reference_minor(self) -> Floats:
        """The reference limit of each account."""
        return self.accounts.reference_limit_minor(self.parameters.past_policy)

    @cached_property
    def first_seen_us(self) -> Ints:
        """When each customer becomes known."""
        return first_seen_us(self.accounts, self.customers.count)

    def burden(self, limit_minor: Floats, log_income: Floats, month: int) -> Floats:
        """What limit and income add to each account's log odds to miss a payment in a month."""
        income = log_income[self.accounts.customer]
        return burden(limit_minor, self.reference_minor, income, self.parameters_of(month))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a month hands to the next; one value an account, or a customer for the last three.

    ``churned`` are accounts closed in the month by their customer, ``thawed`` the month in which
    an account was last unfrozen, or closed to increases, ``newly_late`` those that fell behind in
    it, ``cut_month`` the month in which the limit was last cut, ``held_frozen`` accounts frozen by
    order, ``extended_to`` the last month of an extended term, ``annual_rate`` what each bears;
    ``fraud`` are members of a ring that has struck.
    """

    month: int
    state: States
    limit: Ints
    absorbed_limit: Floats
    money: MonthOfMoney
    status: npt.NDArray[np.int8]
    churned: Flags
    thawed: Ints
    newly_late: Flags
    on_time_streak: Ints
    cut_month: Ints
    held_frozen: Flags
    extended_to: Ints
    annual_rate: Floats
    distressed: Flags
    fraud: Flags
    log_income: Floats


def begin(scene: Scene) -> Standing:
    """The standing before the first month that is simulated, some months before the world's."""
    p, accounts = scene.parameters, scene.accounts
    rng = scene.streams.of(Concern.BEGINNING)
    leaves = 1.0 - accounts.keep_use
    use = accounts.start_use / np.maximum(accounts.start_use + leaves, 1e-9)
    in_use = np.where(rng.random(accounts.count) < use, State.CURRENT, State.UNUSED)
    opened = accounts.open_month < -BURN_IN_MONTHS
    state = np.where(opened, in_use, State.ABSENT).astype(np.int8)
    limit = accounts.first_limit_minor
    target = target_balance(accounts, limit.astype(np.float64), p.spending, p.past_policy)
    balance = np.where(state == State.CURRENT, np.rint(target), 0.0).astype(np.int64)
    nothing = np.zeros(accounts.count, dtype=np.int64)
    never = np.zeros(accounts.count, dtype=np.bool_)
    share = distress.stationary_share(scene.customers, scene.circles, p)
    return Standing(
        month=-BURN_IN_MONTHS - 1,
        state=state,
        limit=limit,
        absorbed_limit=limit.astype(np.float64),
        money=nothing_moved(balance),
        status=np.zeros(accounts.count, dtype=np.int8),
        churned=never,
        thawed=nothing,
        newly_late=never,
        on_time_streak=np.where(opened, BURN_IN_MONTHS, 0),
        cut_month=np.full(accounts.count, _NEVER_CUT),
        held_frozen=never,
        extended_to=np.full(accounts.count, _NEVER_CUT),
        annual_rate=accounts.apr,
        distressed=rng.random(scene.customers.count) < share,
        fraud=np.zeros(scene.customers.count, dtype=np.bool_),
        log_income=scene.customers.log_income,
    )


def seen_by_policy(scene: Scene, standing: Standing) -> Reviewed:
    """What a limit policy knows at the end of a standing's month."""
    current = (standing.state <= State.CURRENT) & (standing.status == OPEN)
    cuttable = standing.newly_late & (standing.status != CLOSED)
    return Reviewed(
        may_change=(current | cuttable) & ~churners(scene, standing),
        limit=standing.limit,
        balance=standing.money.balance,
        on_time_streak=standing.on_time_streak,
        newly_late=standing.newly_late,
        months_open=standing.month - scene.accounts.open_month,
    )


def churners(scene: Scene, standing: Standing) -> Flags:
    """Accounts that their customers close in the month after ``standing``."""
    month = standing.month + 1
    draw = scene.streams.of(Concern.CHURN, month).random(scene.accounts.count)
    unused, in_use = leaving(scene, standing, month)
    chance = np.where(standing.state == State.UNUSED, unused, in_use)
    return np.asarray((draw < chance) & _current(standing.state) & (month >= 0))


def leaving(scene: Scene, standing: Standing, month: int) -> tuple[Floats, Floats]:
    """The chance that an account is closed by its customer in a month, unused or else in use.

    A cut makes customers leave for some months; whoever carries a balance has to stay.
    """
    p = scene.parameters.repayment
    hurt = month - standing.cut_month <= p.churn_after_cut_months
    unused = np.where(hurt, max(p.churn_after_cut_monthly, p.churn_monthly), p.churn_monthly)
    return unused, np.where(hurt & ~scene.accounts.revolver, p.churn_after_cut_monthly, 0.0)


def advance(
    scene: Scene, standing: Standing, changes: LimitChanges, log_income: Floats
) -> Standing:
    """The standing a month later, under these changes of limit and these incomes."""
    month, accounts = standing.month + 1, scene.accounts
    limit = _changed_limits(standing, changes)
    distressed = _distressed(scene, standing)
    churned = churners(scene, standing)
    before = np.where(churned, State.ABSENT, standing.state).astype(np.int8)
    before[accounts.open_month == month] = State.UNUSED
    load = scene.burden(limit.astype(np.float64), log_income, month)
    p = scene.parameters_of(month)
    chances = hazards(
        scene.traits(month),
        load,
        distressed[accounts.customer],
        p,
        fraud=standing.fraud[accounts.customer],
    )
    after = _drawn_states(scene, before, chances, month)
    absorbed_limit = absorbed(standing.absorbed_limit, limit, scene.parameters.spending)
    entering = replace(
        standing,
        month=month,
        limit=limit,
        absorbed_limit=absorbed_limit,
        cut_month=_cut_months(standing, changes),
        distressed=distressed,
        fraud=standing.fraud | _struck(scene, month),
        log_income=log_income,
    )
    return replace(
        entering,
        state=after,
        money=_money(scene, entering, before, after, churned),
        status=_statuses(entering, after, churned),
        churned=churned,
        thawed=np.where(_thaws(standing, after), month, standing.thawed),
        newly_late=(after == State.DPD_30) & (before == State.CURRENT),
        on_time_streak=np.where(_current(after), standing.on_time_streak + 1, 0),
    )


def _thaws(standing: Standing, after: States) -> Flags:
    """Accounts that were frozen for their arrears, and have none."""
    return np.asarray((standing.status == FROZEN) & ~standing.held_frozen & _current(after))


def _current(state: States) -> Flags:
    return np.asarray(state <= State.CURRENT)


def _changed_limits(standing: Standing, changes: LimitChanges) -> Ints:
    limit = standing.limit.copy()
    limit[changes.account] = changes.to_minor
    return limit


def _cut_months(standing: Standing, changes: LimitChanges) -> Ints:
    cut = changes.account[changes.to_minor < changes.from_minor]
    cut_month = standing.cut_month.copy()
    cut_month[cut] = standing.month + 1
    return cut_month


def _distressed(scene: Scene, standing: Standing) -> Flags:
    month = standing.month + 1
    return distress.next_distress(
        standing.distressed,
        scene.customers,
        scene.circles,
        scene.macro.unemployment(month),
        p=scene.parameters_of(month),
        rng=scene.streams.of(Concern.DISTRESS, month),
    )


def _struck(scene: Scene, month: int) -> Flags:
    return rings.struck(
        scene.circles,
        scene.ring_complete,
        month,
        p=scene.parameters.repayment,
        streams=scene.streams,
    )


def _money(
    scene: Scene, entering: Standing, before: States, after: States, churned: Flags
) -> MonthOfMoney:
    """Payments, charges and spending of the month that ``entering`` begins."""
    p, accounts, month = scene.parameters, scene.accounts, entering.month
    distressed = entering.distressed[accounts.customer]
    wanted = demand(
        accounts,
        target_balance(accounts, entering.absorbed_limit, p.spending, p.past_policy),
        distressed,
        scene.customers.micro_merchant[accounts.customer],
        scene.calendar.month_end(month).month,
        p=p.spending,
        rng=scene.streams.of(Concern.SPENDING, month),
    )
    wanted = all_at_once(wanted, entering.limit, entering.fraud[accounts.customer])
    turn = MonthTurn(before, after, churned, entering.money)
    rng = scene.streams.of(Concern.PAYMENTS, month)
    terms = Terms(
        limit=entering.limit,
        annual_rate=entering.annual_rate,
        frozen=entering.held_frozen,
        extended=entering.extended_to >= month,
    )
    return settle_month(turn, accounts, distressed, terms, wanted, p=p.repayment, rng=rng)


def _drawn_states(scene: Scene, before: States, chances: Hazards, month: int) -> States:
    move, use = scene.streams.of(Concern.DELINQUENCY, month).random((2, scene.accounts.count))
    after = next_state(before, chances, scene.parameters.repayment.stay_share, move, use)
    if month < 0:  # accounts that reach the world are those that were not charged off before it
        after[after == State.CHARGED_OFF] = State.CURRENT
    return after


def _statuses(entering: Standing, after: States, churned: Flags) -> npt.NDArray[np.int8]:
    """Frozen from 60 days past due; once cured, without increases for six months; then open."""
    status, current = entering.status, _current(after)
    served = entering.month - entering.thawed >= _PROBATION_MONTHS
    closed = churned | (after == State.CHARGED_OFF) | (status == CLOSED)
    frozen = (after >= State.DPD_60) & (after < State.CHARGED_OFF)
    cured = _thaws(entering, after)
    reopened = (status == INCREASES_CLOSED) & current & served
    new = np.select(
        [closed, frozen, cured, reopened], [CLOSED, FROZEN, INCREASES_CLOSED, OPEN], status
    )
    return new.astype(np.int8)

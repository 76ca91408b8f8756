"""Rows of ``statements`` and ``accounts``: what the lender's books say of a month."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.simulation.accounts import PARTNERS, PRODUCTS, Accounts
from credit_limits.simulation.calendar import DAY_US, HOUR_US
from credit_limits.simulation.columns import (
    Flags,
    Floats,
    Ints,
    Table,
    chosen,
    instants,
    labels,
    stacked,
    utc_days,
    whole,
)
from credit_limits.simulation.delinquency import State, days_past_due
from credit_limits.simulation.past_policy import LimitChanges
from credit_limits.simulation.portfolio import (
    CLOSED,
    FROZEN,
    INCREASES_CLOSED,
    OPEN,
    STATUSES,
    Scene,
    Standing,
)
from credit_limits.simulation.streams import Concern

_CHURN_DAY = 26
_PAYMENT_DUE_DAYS = 20
_EARLIEST_DAYS, _LATEST_DAYS = 20.0, 70.0


def statements_of_month(scene: Scene, standing: Standing) -> Table:
    """The month's statements, then the corrections of some, created weeks later."""
    at = np.flatnonzero(standing.state <= State.CHARGED_OFF)
    money = standing.money
    struck = scene.calendar.statement_us(standing.month)
    table = pa.table(
        {
            "account_id": labels("A", scene.accounts.number[at], 8),
            "balance_minor": whole(money.balance[at]),
            "minimum_due_minor": whole(money.minimum_due[at]),
            "paid_minor": whole(money.paid[at]),
            "days_past_due": whole(days_past_due(standing.state[at])),
            "fees_minor": whole(money.fees[at]),
            "interest_minor": whole(money.interest[at]),
            "payment_due_on": utc_days(np.full(len(at), struck + _PAYMENT_DUE_DAYS * DAY_US)),
            "event_timestamp": instants(np.full(len(at), struck)),
            "created_timestamp": instants(np.full(len(at), struck + HOUR_US)),
        }
    )
    return stacked([table, _corrections(table, scene, standing, at)])


def _corrections(table: Table, scene: Scene, standing: Standing, at: Ints) -> Table:
    """Some of the statements again, with a payment that was found 20 to 70 days later."""
    rng = scene.streams.of(Concern.CORRECTIONS, standing.month)
    draw, wait, amount = (drawn[at] for drawn in rng.random((3, scene.accounts.count)))
    share = scene.parameters.repayment.correction_share
    again = np.flatnonzero(draw < share)
    days = _EARLIEST_DAYS + (_LATEST_DAYS - _EARLIEST_DAYS) * wait[again]
    created = scene.calendar.statement_us(standing.month) + (days * DAY_US).astype(np.int64)
    found = np.rint(0.2 * amount[again] * standing.money.balance[at][again]).astype(np.int64)
    paid = standing.money.paid[at][again] + MINOR_PER_YUAN + found
    corrected = _with(table.take(pa.array(again)), "paid_minor", whole(paid))
    return _with(corrected, "created_timestamp", instants(created))


def _with(table: Table, name: str, column: pa.Array) -> Table:
    return table.set_column(table.column_names.index(name), name, column)


def opening_records(accounts: Accounts) -> Table:
    """The first row of each account."""
    every, event = np.arange(accounts.count), accounts.opened_us + 2 * HOUR_US
    return _account_rows(
        accounts,
        every,
        accounts.first_limit_minor,
        accounts.apr[every],
        status=np.full(accounts.count, OPEN),
        in_arrears=np.zeros(accounts.count, dtype=np.bool_),
        event_us=event,
    )


def change_records(before: Standing, after: Standing, changes: LimitChanges, scene: Scene) -> Table:
    """Rows of accounts whose limit, status or rate changed in the month of ``after``.

    Who was frozen for arrears and has none is thawed on the first day of the next month, once
    somebody at the lender has seen the bill paid; at the end of this one the freeze still stands.
    """
    accounts, calendar = scene.accounts, scene.calendar
    at = changes.account
    parts = [
        _account_rows(
            accounts,
            at,
            after.limit[at],
            after.annual_rate[at],
            status=before.status[at],
            in_arrears=_frozen_for_arrears(before)[at],
            event_us=changes.event_us,
        )
    ]
    moved = np.flatnonzero(
        (after.status != before.status) | (after.annual_rate != before.annual_rate)
    )
    by_customer = after.churned[moved] & (after.status[moved] == CLOSED)
    thawed = _frozen_for_arrears(before)[moved] & (after.status[moved] == INCREASES_CLOSED)
    event = np.select(
        [by_customer, thawed],
        [
            calendar.first_us(after.month) + _CHURN_DAY * DAY_US,
            calendar.first_us(after.month + 1) + HOUR_US,
        ],
        calendar.last_day_us(after.month) + 18 * HOUR_US,
    )
    parts.append(
        _account_rows(
            accounts,
            moved,
            after.limit[moved],
            after.annual_rate[moved],
            status=after.status[moved],
            in_arrears=_frozen_for_arrears(after)[moved],
            event_us=event,
        )
    )
    return stacked(parts)


def _frozen_for_arrears(standing: Standing) -> Flags:
    """Accounts that the lender froze, and not an order."""
    return np.asarray((standing.status == FROZEN) & ~standing.held_frozen)


def _account_rows(
    accounts: Accounts,
    at: Ints,
    limit_minor: Ints,
    annual_rate: Floats,
    *,
    status: npt.NDArray[np.integer],
    in_arrears: Flags,
    event_us: Ints,
) -> Table:
    partner = accounts.partner[at]
    return pa.table(
        {
            "account_id": labels("A", accounts.number[at], 8),
            "customer_id": labels("C", accounts.customer[at], 7),
            "product": chosen(PRODUCTS, accounts.cash_loan[at]),
            "partner_id": chosen((*PARTNERS, ""), partner, partner == len(PARTNERS)),
            "opened_on": instants(accounts.opened_us[at]),
            "limit_minor": whole(limit_minor),
            "apr": pa.array(annual_rate),
            "status": chosen(STATUSES, status),
            "status_cause": chosen((ReasonCode.SERIOUSLY_OVERDUE,), ~in_arrears, ~in_arrears),
            "event_timestamp": instants(event_us),
            "created_timestamp": instants(event_us + HOUR_US),
        }
    )

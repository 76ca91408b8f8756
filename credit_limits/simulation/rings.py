"""Fraud rings: circles of linked customers who draw all their lines at once and never pay.

Any circle may turn out to be one, once the last of its members has opened an account. In the month
in which it strikes its members draw their lines to the limit, change devices and apply for loans
elsewhere; the arrears begin in the month after.
"""

import numpy as np

from credit_limits.simulation.accounts import Accounts
from credit_limits.simulation.columns import Flags, Floats, Ints
from credit_limits.simulation.parameters import Repayment
from credit_limits.simulation.relations import Circles
from credit_limits.simulation.streams import Concern, Streams


def complete_from(circles: Circles, accounts: Accounts) -> Ints:
    """The month, of each circle, in which the last of its members opens their first account."""
    first = np.full(len(circles.circle_of), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(first, accounts.customer, accounts.open_month)
    latest = np.full(circles.count, np.iinfo(np.int64).min, dtype=np.int64)
    np.maximum.at(latest, circles.circle_of[circles.members], first[circles.members])
    return latest


def strike_chance(circles: Circles, complete: Ints, month: int, p: Repayment) -> Floats:
    """Each customer's chance that their circle, not having struck yet, strikes in a month."""
    able = (complete < month) & (month >= 0)
    by_circle = np.append(np.where(able, p.ring_strike_monthly, 0.0), 0.0)
    return np.asarray(by_circle[circles.circle_of])


def struck(
    circles: Circles, complete: Ints, month: int, *, p: Repayment, streams: Streams
) -> Flags:
    """Customers whose circle strikes in a month, for the first time or again."""
    draw = np.append(streams.of(Concern.FRAUD, month).random(circles.count), 1.0)
    chance = strike_chance(circles, complete, month, p)
    return np.asarray(draw[circles.circle_of] < chance)

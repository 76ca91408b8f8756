"""The pass over accounts whose candidates are computed on the way, compiled.

The formulas are those of :mod:`credit_limits.allocation.candidates` and
:mod:`credit_limits.allocation.economics`, which are the plain twin that tests hold this to. In
single precision the exponential and the logarithm are short polynomials, so that the compiler can
work on several accounts at once; in double precision they are the library's.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic, overload

from credit_limits.allocation.compiled import compiled
from credit_limits.allocation.problem import Floats

_TILE = 512

_F = np.float32
_ONE, _TWO, _HALF = _F(1.0), _F(2.0), _F(0.5)
_LOG2_E, _LN_2 = _F(1.0 / math.log(2.0)), _F(math.log(2.0))
_FARTHEST = _F(120.0)
"""Powers of 2 beyond this are taken as this: no figure of money comes near."""
_E1, _E2, _E3, _E4, _E5, _E6 = (_F(math.log(2.0) ** n / math.factorial(n)) for n in range(1, 7))
_L3, _L5, _L7, _L9 = _F(2 / 3), _F(2 / 5), _F(2 / 7), _F(2 / 9)
_MANTISSA_BITS, _EXPONENT_BIAS = np.int32(23), np.int32(127)
_MANTISSA, _ROOT_HALF = np.int32(0x007FFFFF), np.int32(0x3F3504F3)


@intrinsic
def _bits(_context, _value):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202
    """The bits of a single-precision number as an integer."""
    return types.int32(types.float32), _reinterpret


@intrinsic
def _number(_context, _value):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202
    """The single-precision number of these bits."""
    return types.float32(types.int32), _reinterpret


def _reinterpret(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


def _exp(x: float) -> float:
    """E to the power x."""
    return math.exp(x)


def _log(x: float) -> float:
    """The natural logarithm of x > 0."""
    return math.log(x)


@overload(_exp)
def _exp_of(x):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202
    if x != types.float32:
        return lambda x: math.exp(x)  # noqa: PLW0108  # numba wants a Python function

    def single(x):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202
        # 2^n, n whole, by its bits; the rest, at most 1/2 in size, by the series
        y = min(max(x * _LOG2_E, -_FARTHEST), _FARTHEST)
        n = np.floor(y + _HALF)
        z = y - n
        rest = _ONE + z * (_E1 + z * (_E2 + z * (_E3 + z * (_E4 + z * (_E5 + z * _E6)))))
        power = np.int32(np.int32(np.int32(n) + _EXPONENT_BIAS) << _MANTISSA_BITS)
        return rest * _number(power)  # type: ignore[call-arg]

    return single


@overload(_log)
def _log_of(x):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202
    if x != types.float32:
        return lambda x: math.log(x)  # noqa: PLW0108

    def single(x):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202
        # x = 2^n m with m within 1/sqrt(2) to sqrt(2); log m by the series in (m - 1) / (m + 1)
        shifted = np.int32(_bits(x) - _ROOT_HALF)  # type: ignore[call-arg]
        n = _F(np.int32(shifted >> _MANTISSA_BITS))
        mantissa = np.int32(np.int32(shifted & _MANTISSA) + _ROOT_HALF)
        m = _number(mantissa)
        s = (m - _ONE) / (m + _ONE)
        z = s * s
        return n * _LN_2 + s * (_TWO + z * (_L3 + z * (_L5 + z * (_L7 + z * _L9))))

    return single


@compiled(exact=False)
def _candidates(  # noqa: PLR0917  # compiled code takes plain arrays
    k: int,
    hold: int,
    ratio_permille: float,
    roundings: Floats,
    today: npt.NDArray[np.int32],
    floor: npt.NDArray[np.int32],
    cap: npt.NDArray[np.int32],
    scaled: Floats,
    step: Floats,
    limit: Floats,
) -> None:
    """The k-th candidate limit of each account of a tile, into ``limit``.

    In double precision whatever the type of ``limit``: steps are whole amounts.
    """
    count = today.size
    if k == hold:  # the limit of today, whatever it is
        for i in range(count):
            limit[i] = limit.dtype.type(today[i])
        return
    for i in range(count):
        scaled[i] = np.floor(np.float64(today[i]) * ratio_permille / 1000.0)
        step[i] = roundings[0, 1]
    for rounding in range(1, roundings.shape[0]):
        begin, wider = roundings[rounding, 0], roundings[rounding, 1]
        for i in range(count):
            narrower = step[i]
            step[i] = wider if scaled[i] >= begin else narrower
    for i in range(count):
        rounded = np.floor(scaled[i] / step[i]) * step[i]
        low, now, high = np.float64(floor[i]), np.float64(today[i]), np.float64(cap[i])
        lowest = low if k < hold else now
        narrow = high if high < now else now
        wide = high if high > now else now
        highest = narrow if k < hold else wide
        rounded = high if now == 0.0 and k > hold else rounded  # the first limit has no steps
        rounded = rounded if rounded > lowest else lowest
        limit[i] = limit.dtype.type(rounded if rounded < highest else highest)


@compiled(exact=False)
def _figures(  # noqa: PLR0917  # compiled code takes plain arrays
    policy: Floats,
    today: npt.NDArray[np.int32],
    cap: npt.NDArray[np.int32],
    account: tuple[npt.NDArray[np.float32], ...],
    limit: Floats,
    log_ratio: Floats,
    answer: Floats,
    survives: Floats,
    balance: Floats,
    gained: Floats,
    exposure: Floats,
    loss: Floats,
) -> None:
    """Profit, exposure and expected loss of each account of a tile at ``limit``.

    One short loop after the other, so that the compiler sees that their arrays do not overlap.
    """
    real = policy.dtype.type
    zero, one = real(0), real(1)
    elasticity, log_odds, attrition, change_cost = policy[0], policy[1], policy[2], policy[3]
    cut_rate, funding_rate, undrawn_rate, events = policy[4], policy[5], policy[6], policy[7]
    earning, count = policy[8], today.size
    owed, purchases, probability = account[0], account[1], account[2]
    interest, interchange, given, conversion = account[3], account[4], account[5], account[6]
    for i in range(count):
        now, wanted = real(today[i]), limit[i]
        known = (now > zero) & (wanted > zero)
        log_ratio[i] = _log((wanted if known else one) / (now if known else one))
    for i in range(count):
        answer[i] = _exp(elasticity * log_ratio[i])
    for i in range(count):
        # nothing is used of a first limit that may be given and is not
        withheld = today[i] == 0 and cap[i] > 0 and limit[i] == zero
        answer[i] = zero if withheld else answer[i]
    for i in range(count):
        risen = log_ratio[i]
        risen = risen if risen > zero else zero
        survives[i] = _exp(log_odds * risen)
    for i in range(count):
        raised = real(probability[i]) * survives[i]
        survives[i] = one - raised / (one - real(probability[i]) + raised)
    for i in range(count):
        good = survives[i]
        power = _exp(events * _log(good if good > zero else one))
        survives[i] = power if good > zero else zero
    for i in range(count):
        drawn, wanted = real(owed[i]), limit[i]
        drawn = drawn if drawn > zero else zero
        moved = drawn * answer[i]
        most = wanted if wanted > drawn else drawn
        balance[i] = moved if moved < most else most
    for i in range(count):
        undrawn = limit[i] - balance[i]
        exposure[i] = balance[i] + real(conversion[i]) * (undrawn if undrawn > zero else zero)
    for i in range(count):
        loss[i] = (one - survives[i]) * real(given[i]) * exposure[i]
    for i in range(count):
        undrawn = limit[i] - balance[i]
        gained[i] = (
            real(interest[i]) * balance[i]
            + real(interchange[i]) * (real(purchases[i]) * answer[i])
            - funding_rate * balance[i]
            - undrawn_rate * (undrawn if undrawn > zero else zero)
        )
    for i in range(count):
        leaving = -attrition * log_ratio[i]
        leaving = leaving if leaving > zero else zero
        leaving = leaving if leaving < one else one
        earned = gained[i]
        gained[i] = earned - leaving * (earned if earned > zero else zero)
    for i in range(count):
        cut = real(today[i]) - limit[i]
        cost = (zero if cut == zero else change_cost) + cut_rate * (cut if cut > zero else zero)
        gained[i] = (gained[i] - loss[i] - cost) * earning


@compiled(exact=False)
def _permit(  # noqa: PLR0917  # compiled code takes plain arrays
    k: int,
    hold: int,
    today: npt.NDArray[np.int32],
    cap: npt.NDArray[np.int32],
    limit: Floats,
    before: Floats,
    worth: Floats,
) -> None:
    """Make the k-th candidate worthless where it is not allowed, and ``before`` its limit.

    Cuts must cut and raises raise; today's limit must be within the cap; a step that comes to the
    same limit as the one ``before`` is left out.
    """
    real = limit.dtype.type
    nothing = real(-np.inf)
    if k == hold:
        for i in range(worth.size):
            here = worth[i]
            worth[i] = here if cap[i] >= today[i] else nothing
    elif k < hold:
        for i in range(worth.size):
            here = worth[i]
            worth[i] = here if limit[i] < real(today[i]) else nothing
    else:
        for i in range(worth.size):
            here = worth[i]
            worth[i] = here if limit[i] > real(today[i]) else nothing
    if k not in (0, hold, hold + 1):
        for i in range(worth.size):
            here = worth[i]
            worth[i] = here if limit[i] > before[i] else nothing
    for i in range(worth.size):
        before[i] = limit[i]


@compiled(exact=False)
def _take_better(  # noqa: PLR0917  # compiled code takes plain arrays
    k: np.int32,
    wins_ties: bool,
    worth: Floats,
    best: Floats,
    second: Floats,
    place: npt.NDArray[np.int32],
) -> None:
    """Where candidate k is worth more than the best so far, it is the best."""
    if wins_ties:
        for i in range(worth.size):
            before, wins = place[i], worth[i] >= best[i]
            place[i] = k if wins else before
    else:
        for i in range(worth.size):
            before, wins = place[i], worth[i] > best[i]
            place[i] = k if wins else before
    for i in range(worth.size):
        here, most, next_best = worth[i], best[i], second[i]
        lesser = most if place[i] == k else here
        second[i] = lesser if lesser > next_best else next_best
    for i in range(worth.size):
        here, most = worth[i], best[i]
        best[i] = here if place[i] == k else most


@compiled(exact=False)
def _take_chosen(k: np.int32, place: npt.NDArray[np.int32], figure: Floats, chosen: Floats) -> None:
    """The figure of candidate k, where it is the best."""
    for i in range(figure.size):
        here, before = figure[i], chosen[i]
        chosen[i] = here if place[i] == k else before


@compiled(exact=False)
def settle_parameters(  # noqa: PLR0917  # compiled code takes plain arrays
    start: int,
    stop: int,
    amounts: npt.NDArray[np.int32],
    figures: npt.NDArray[np.float32],
    group: npt.NDArray[np.integer[Any]],
    ratios_permille: Floats,
    hold: int,
    roundings: Floats,
    policy: Floats,
    unit_prices: Floats,
    fixed: npt.NDArray[np.uint8],
    choice: npt.NDArray[np.uint8],
    margin: npt.NDArray[np.float32],
    sums: Floats,
) -> None:
    """The best candidate of accounts ``start`` to ``stop``, and what all of them come to.

    ``policy`` and ``unit_prices`` (3 measures, G groups) say by their type in which precision to
    compute; ``policy`` ends with the weight of profit, 1 or 0. Where ``fixed`` has places, the
    choice is given and only added up. Fills ``choice`` and ``margin``; adds usage into
    ``sums[g, p]``, and into the last row worth, worth without sign and profit.
    """
    real = policy.dtype.type
    nothing = real(-np.inf)
    wide = np.empty((2, _TILE))
    tile = np.empty((16, _TILE), policy.dtype)
    place = np.empty(_TILE, np.int32)
    limit, exposure, loss, gained = tile[0], tile[1], tile[2], tile[3]
    chosen_limit, chosen_exposure, chosen_loss, chosen_gained = tile[4], tile[5], tile[6], tile[7]
    worth, best, second, before = tile[8], tile[9], tile[10], tile[11]
    limit_charge, exposure_charge, loss_charge = tile[12], tile[13], tile[14]
    log_ratio, answer = np.empty(_TILE, policy.dtype), np.empty(_TILE, policy.dtype)
    survives, balance = np.empty(_TILE, policy.dtype), np.empty(_TILE, policy.dtype)
    for first in range(start, stop, _TILE):
        last = min(first + _TILE, stop)
        count = last - first
        today, floor = amounts[0][first:last], amounts[1][first:last]
        cap, under, told = amounts[2][first:last], group[first:last], fixed[first:last]
        account = (
            figures[0][first:last],
            figures[1][first:last],
            figures[2][first:last],
            figures[3][first:last],
            figures[4][first:last],
            figures[5][first:last],
            figures[6][first:last],
        )
        for i in range(count):
            limit_charge[i] = unit_prices[0, under[i]]
        for i in range(count):
            exposure_charge[i] = unit_prices[1, under[i]]
        for i in range(count):
            loss_charge[i] = unit_prices[2, under[i]]
        best[:] = nothing
        second[:] = nothing
        before[:] = nothing
        place[:] = 0
        for k in range(ratios_permille.size):
            _candidates(
                k, hold, ratios_permille[k], roundings, today, floor, cap, wide[0], wide[1], limit
            )
            _figures(
                policy,
                today,
                cap,
                account,
                limit,
                log_ratio,
                answer,
                survives,
                balance,
                gained,
                exposure,
                loss,
            )
            for i in range(count):
                worth[i] = gained[i] - limit_charge[i] * limit[i]
            for i in range(count):
                worth[i] -= exposure_charge[i] * exposure[i] + loss_charge[i] * loss[i]
            if told.size:
                for i in range(count):
                    here = worth[i]
                    worth[i] = here if told[i] == k else nothing
            else:
                _permit(k, hold, today, cap, limit[:count], before, worth[:count])
            _take_better(np.int32(k), k == hold, worth, best, second, place)
            _take_chosen(np.int32(k), place, limit, chosen_limit)
            _take_chosen(np.int32(k), place, exposure, chosen_exposure)
            _take_chosen(np.int32(k), place, loss, chosen_loss)
            _take_chosen(np.int32(k), place, gained, chosen_gained)
        total, turnover, profit = 0.0, 0.0, 0.0
        for i in range(count):
            choice[first + i] = place[i]
            margin[first + i] = best[i] - second[i]
            total += best[i]
            turnover += abs(best[i])
            profit += chosen_gained[i]
            sums[under[i], 0] += chosen_limit[i]
            sums[under[i], 1] += chosen_exposure[i]
            sums[under[i], 2] += chosen_loss[i]
        sums[-1, 0] += total
        sums[-1, 1] += turnover
        sums[-1, 2] += profit

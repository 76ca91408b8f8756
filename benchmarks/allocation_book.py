"""A lender's book for the allocation's figures: drawn from a seed, of any size, in both forms.

Limits, balances, purchases and risk are log-normal or logistic; eight steps from half to double of
today's limit; two products, four regions, six partners. The caps lie between what today's limits
use and what the accounts would choose freely.
"""

import numpy as np

from credit_limits.allocation.on_the_fly import (
    MEASURES,
    AccountParameters,
    CandidateRules,
    ParameterAccounts,
)
from credit_limits.allocation.problem import AllocationProblem
from credit_limits.allocation.scopes import ScopeGroups
from credit_limits.policy.economic_policy import (
    EconomicPolicy,
    ProductEconomics,
    ProvisionPolicy,
)
from credit_limits.policy.ladder import CandidateLadder, Rounding

_LADDER = CandidateLadder(
    (500, 700, 850, 1000, 1150, 1300, 1500, 2000),
    (Rounding(0, 5_000), Rounding(100_000, 10_000), Rounding(2_000_000, 50_000)),
)
_PAY_LATER = ProductEconomics(0.18, 0.008, 0.4, 0.75, 0.4)
_CASH_LOAN = ProductEconomics(0.2, 0.0, 1.0, 0.65, 0.3)
_ECONOMICS = EconomicPolicy(
    annual_rate_ceiling=0.24,
    products=(_PAY_LATER, _CASH_LOAN),
    funding_rate=0.03,
    undrawn_rate=0.001,
    balance_elasticity=0.4,
    default_log_odds_per_log_limit=0.25,
    attrition_per_log_cut=0.2,
    change_cost_minor=500,
    cut_cost_rate=0.02,
    loss_events_by_window=((6, 1.6),),
    provision=ProvisionPolicy(0.24, 30, 3.0, cost_rate=0.0),
)
RULES = CandidateRules(_LADDER, _ECONOMICS, 1.6)

_PRODUCTS, _REGIONS, _PARTNERS = 2, 4, 6
_CHUNK = 1 << 18
_LIMIT, _EXPOSURE, _LOSS = range(len(MEASURES))


def book(accounts: int, caps: int, seed: int = 7) -> ParameterAccounts:
    """The book as parameters, under the first ``caps`` of 20 caps."""
    amounts = np.empty((3, accounts), dtype=np.int32)
    figures = np.empty((7, accounts), dtype=np.float32)
    group = np.empty(accounts, dtype=np.uint8)
    for number, start in enumerate(range(0, accounts, _CHUNK)):
        part = slice(start, min(start + _CHUNK, accounts))
        random = np.random.default_rng((seed, number))
        _draw(random, amounts[:, part], figures[:, part], group[part])
    parameters = AccountParameters(amounts, figures)
    groups, shares = _caps(group, caps)
    open_book = ParameterAccounts(parameters, RULES, groups, np.zeros(caps))
    held = open_book.tally(np.full(accounts, _LADDER.hold_index, dtype=np.uint8))[1]
    wanted = open_book.at(np.zeros(caps)).usage
    return ParameterAccounts(parameters, RULES, groups, held + shares * (wanted - held))


def written_out(accounts: ParameterAccounts) -> AllocationProblem:
    """The same book with its candidates written out."""
    return accounts.problem_of(np.arange(accounts.count), accounts.bounds)


def _draw(
    random: np.random.Generator,
    amounts: np.ndarray,
    figures: np.ndarray,
    group: np.ndarray,
) -> None:
    count = len(group)
    product, region, partner = (
        random.integers(0, size, count) for size in (_PRODUCTS, _REGIONS, _PARTNERS)
    )
    group[:] = (product * _REGIONS + region) * _PARTNERS + partner
    limit = np.clip(np.exp(random.normal(13.8, 0.9, count)), 5_000, 30_000_000) // 5_000 * 5_000
    balance = limit * random.beta(1.2, 2.5, count)
    most = limit * random.choice([1.0, 1.15, 1.5, 2.0, 3.0], count)
    amounts[0], amounts[1], amounts[2] = limit, np.maximum(balance, 5_000), most
    products = (_PAY_LATER, _CASH_LOAN)
    figures[0] = balance
    figures[1] = balance * random.uniform(2.0, 8.0, count)
    figures[2] = 1 / (1 + np.exp(-random.normal(-4.0, 1.0, count)))
    figures[3] = random.uniform(0.12, 0.24, count) * random.uniform(0.3, 1.0, count)
    for row, name in ((4, "interchange_rate"), (5, "loss_given_default")):
        figures[row] = np.array([getattr(each, name) for each in products])[product]
    figures[6] = np.array([each.credit_conversion_factor for each in products])[product]


def _caps(group: np.ndarray, caps: int) -> tuple[ScopeGroups, np.ndarray]:
    """Who is under which cap, and how far each lies from today's use to what is wanted."""
    every = np.arange(_PRODUCTS * _REGIONS * _PARTNERS)
    product, region, partner = (
        every // (_REGIONS * _PARTNERS),
        every // _PARTNERS % _REGIONS,
        every % _PARTNERS,
    )
    everyone = np.ones(len(every), dtype=np.bool_)
    rules = [
        (_EXPOSURE, everyone, 0.5),
        (_LOSS, everyone, 0.5),
        (_EXPOSURE, product == 0, 0.45),
        (_LOSS, product == 1, 0.55),
        *((_EXPOSURE, region == place, 0.4 + 0.1 * place) for place in range(_REGIONS)),
        *((_LIMIT, partner == place, 0.35 + 0.1 * place) for place in range(_PARTNERS)),
        *((_LOSS, region == place, 0.65 - 0.1 * place) for place in range(_REGIONS)),
        (_LIMIT, everyone, 0.55),
        (_LIMIT, product == 1, 0.5),
    ][:caps]
    measures, members, shares = zip(*rules, strict=True)
    return ScopeGroups(group, np.array(members), np.array(measures), MEASURES), np.array(shares)

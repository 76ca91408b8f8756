"""What a candidate limit is expected to earn and to lose over a year.

The default probability at a candidate limit is that of today's inputs, shifted; the inputs are
never computed again at the candidate, since utilization would fall and a higher limit would look
safer.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.allocation.candidates import Candidates
from credit_limits.domain.account import Product
from credit_limits.domain.exposure import expected_loss_minor, exposure_at_default_minor
from credit_limits.policy.economic_policy import EconomicPolicy, ProvisionPolicy
from credit_limits.policy.portfolio import PRODUCTS, SEGMENTS, Flags, Floats, Portfolio

_CASH_LOAN = PRODUCTS.index(Product.CASH_LOAN)


@dataclass(frozen=True, slots=True)
class CandidateValues:
    """Expected figures of each candidate over a year, minor units, shape (K, N) each.

    ``profit`` is net of expected loss, of the cost of a change and of what a change of the
    provision costs; ``change_cost`` is the cost of a change, ``exposure`` the exposure at default,
    ``balance`` what is expected to be owed. ``provision_ratio``, N places, is the provision over
    the expected loss of a year, whatever the candidate.
    """

    profit: Floats
    expected_loss: Floats
    exposure: Floats
    change_cost: Floats
    balance: Floats
    provision_ratio: Floats

    @property
    def provision(self) -> Floats:
        """What would be set aside for losses under each candidate, minor units, shape (K, N)."""
        return np.asarray(self.expected_loss * self.provision_ratio)


def log_limit_ratio(candidate_minor: Floats, limit_minor: Floats) -> Floats:
    """ln(L / L0); 0 where there is no limit today.

    >>> log_limit_ratio(np.array([20_000.0]), np.array([10_000.0])).round(4)
    array([0.6931])
    """
    known = (limit_minor > 0) & (candidate_minor > 0)
    ratio = np.where(known, candidate_minor, 1.0) / np.where(known, limit_minor, 1.0)
    return np.asarray(np.log(ratio))


def balance_at_limit_minor(
    balance_minor: Floats, candidate_minor: Floats, log_ratio: Floats, elasticity: float
) -> Floats:
    """The balance expected under a candidate: B x (L / L0)^e, at most the candidate.

    Source of the form: constant elasticity, as in Gross and Souleles 2002. A balance of 4,000
    under a limit doubled, with e 0.5: 4,000 x 2^0.5 = 5,656.85. A balance that is already above
    the candidate stays as it is.

    >>> double = np.log(np.array([2.0]))
    >>> balance_at_limit_minor(np.array([4e3]), np.array([2e4]), double, 0.5).round(2)
    array([5656.85])
    """
    drawn = np.maximum(balance_minor, 0.0)
    moved = drawn * np.exp(elasticity * log_ratio)
    return np.asarray(np.minimum(moved, np.maximum(candidate_minor, drawn)))


def default_probability_at_limit(
    default_probability: Floats, log_ratio: Floats, log_odds_per_log_limit: float
) -> Floats:
    """logit(PD) + b x ln(L / L0), back on the scale of probabilities.

    With PD 0.02, the limit doubled and b 0.25: log odds -3.8918 + 0.1733, PD 0.0237. With b >= 0
    a higher limit never lowers the risk; 0 and 1 stay as they are.

    >>> double = np.log(np.array([2.0]))
    >>> default_probability_at_limit(np.array([0.02]), double, 0.25).round(4)
    array([0.0237])
    """
    odds_factor = np.exp(log_odds_per_log_limit * log_ratio)
    raised = default_probability * odds_factor
    return np.asarray(raised / (1.0 - default_probability + raised))


def loss_probability(default_probability: Floats, loss_events_per_default: float) -> Floats:
    """Probability of a loss within a year: 1 - (1 - PD)^k.

    The survival of the label window, raised to the loss events k that the policy expects in a
    year for each default in the window; k = 12 / months would be a constant hazard. With PD 0.02
    and k 1.6: 1 - 0.98^1.6 = 0.0318.

    >>> loss_probability(np.array([0.02]), 1.6).round(4)
    array([0.0318])
    """
    return np.asarray(1.0 - (1.0 - default_probability) ** loss_events_per_default)


def provision_ratio(
    loss_probability_1y: Floats, days_past_due: Floats, policy: ProvisionPolicy
) -> Floats:
    """Provision over the expected loss of a year: 1, or (1 - (1 - p)^T) / p where risk has risen.

    Source: IFRS 9, 5.5.3 and 5.5.5: the losses of a year are provided for, and those of the whole
    life where the risk has risen significantly. Over a life of T years at the same probability p
    of a loss within each, a loss comes with probability 1 - (1 - p)^T; exposure and loss given
    default are taken as today's, and nothing is discounted. With p 0.3 and T 3:
    (1 - 0.343) / 0.3 = 2.19, so that an expected loss of 1,000 is provided for with 2,190. Days
    past due that are not known are none.

    >>> policy = ProvisionPolicy(0.24, 30, 3.0, 0.0)
    >>> provision_ratio(np.array([0.03, 0.3, 0.0]), np.array([0.0, 0.0, 31.0]), policy).round(2)
    array([1.  , 2.19, 3.  ])
    """
    years = policy.life_years
    risen = (loss_probability_1y >= policy.lifetime_probability) | (
        days_past_due > policy.lifetime_days_past_due
    )
    within = np.where(loss_probability_1y > 0, loss_probability_1y, 1.0)
    lifetime = np.where(loss_probability_1y > 0, (1.0 - (1.0 - within) ** years) / within, years)
    return np.where(risen, lifetime, 1.0)


def attrition(log_ratio: Floats, attrition_per_log_cut: float) -> Floats:
    """Share of customers who leave after a cut: a x ln(L0 / L), 0 for a raise, at most 1.

    A limit halved with a 0.2: 0.2 x 0.6931 = 0.1386.

    >>> attrition(np.log(np.array([0.5, 2.0])), 0.2).round(4)
    array([0.1386, 0.    ])
    """
    return np.asarray(np.clip(-attrition_per_log_cut * log_ratio, 0.0, 1.0))


def change_cost_minor(
    candidate_minor: Floats, limit_minor: Floats, economics: EconomicPolicy
) -> Floats:
    """A fixed cost of any change, and a share of the amount that is cut.

    With 5 yuan a change and 2 % of a cut: 10,000 to 7,000 yuan costs 5 + 60 = 65 yuan, 10,000 to
    13,000 costs 5.
    """
    cut = np.maximum(limit_minor - candidate_minor, 0.0)
    fixed = np.where(candidate_minor != limit_minor, float(economics.change_cost_minor), 0.0)
    return np.asarray(fixed + economics.cut_cost_rate * cut)


def candidate_values(
    portfolio: Portfolio,
    candidates: Candidates,
    economics: EconomicPolicy,
    label_window_months: int,
) -> CandidateValues:
    """Expected profit, loss and exposure of every candidate.

    Profit = earned - attrition x earned, where that is positive - expected loss - cost of the
    change, with earned = interest + interchange - funding - cost of the undrawn part.

    Raises :class:`PolicyError` where the policy has no loss events for the label window.
    """
    return AccountEconomics.of(portfolio, economics, label_window_months).values(candidates)


@dataclass(frozen=True, slots=True)
class AccountEconomics:
    """What does not depend on the candidate, one place an account; amounts a year.

    ``interest_rate`` is what a unit of balance earns: the annual rate times the share of the
    balance that is carried.
    """

    economics: EconomicPolicy
    loss_events_per_default: float
    limit_minor: Floats
    balance_minor: Floats
    purchases_minor: Floats
    default_probability: Floats
    interest_rate: Floats
    interchange_rate: Floats
    loss_given_default: Floats
    credit_conversion_factor: Floats
    provision_ratio: Floats

    @classmethod
    def of(
        cls, portfolio: Portfolio, economics: EconomicPolicy, label_window_months: int
    ) -> "AccountEconomics":
        """Those of a portfolio's accounts."""

        def by_product(name: str) -> Floats:
            values = [
                [getattr(product, name) for product in economics.products_of(segment)]
                for segment in (*SEGMENTS, None)
            ]
            return np.array(values)[portfolio.segment, portfolio.product]

        cash_loan = portfolio.product == _CASH_LOAN
        rate = _known_or(portfolio.annual_rate, by_product("reference_annual_rate"))
        default_share = by_product("revolving_share")
        seen_share = _known_or(portfolio.features.revolving_share_12m, default_share)
        events = economics.loss_events_per_default(label_window_months)
        return cls(
            economics=economics,
            loss_events_per_default=events,
            limit_minor=portfolio.limit_minor.astype(np.float64),
            balance_minor=portfolio.balance_minor.astype(np.float64),
            purchases_minor=_yearly_purchases_minor(portfolio),
            default_probability=portfolio.default_probability,
            interest_rate=np.minimum(rate, economics.annual_rate_ceiling)
            * np.where(cash_loan, default_share, seen_share),
            interchange_rate=by_product("interchange_rate"),
            loss_given_default=by_product("loss_given_default"),
            credit_conversion_factor=by_product("credit_conversion_factor"),
            provision_ratio=provision_ratio(
                loss_probability(portfolio.default_probability, events),
                portfolio.features.days_past_due_latest,
                economics.provision,
            ),
        )

    def values(self, candidates: Candidates) -> CandidateValues:
        """Expected profit, loss, exposure and balance of every candidate.

        Balance and purchases of an account without a limit are those expected under its first one,
        and nothing is used where it is given none.
        """
        shape = candidates.limit_minor.shape
        profit, loss, exposure, cost, balance = (np.empty(shape) for _ in range(5))
        values = CandidateValues(profit, loss, exposure, cost, balance, self.provision_ratio)
        for k, limit in enumerate(candidates.limit_minor):
            candidate = limit.astype(np.float64)
            withheld = (candidate == 0) & (self.limit_minor == 0) & (candidates.limit_minor[-1] > 0)
            margin, loss[k], exposure[k], balance[k] = self._at(candidate, withheld)
            cost[k] = change_cost_minor(candidate, self.limit_minor, self.economics)
            profit[k] = margin - loss[k] - cost[k]
        self._charge_provision(values, candidates.hold_index)
        return values

    def _charge_provision(self, values: CandidateValues, hold: int) -> None:
        """Take from the profit what a change of the provision costs: c x (P(L) - P(L0)).

        With c 0.1, a provision that grows from 1,000 to 1,400 takes 40 a year.
        """
        if rate := self.economics.provision.cost_rate:
            today = values.expected_loss[hold]
            values.profit[:] -= rate * self.provision_ratio * (values.expected_loss - today)

    def _at(
        self, candidate_minor: Floats, withheld: Flags
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Margin before losses, expected loss, exposure and balance of one candidate an account.

        ``withheld`` is where a first limit may be given and this candidate is none.
        """
        policy = self.economics
        log_ratio = log_limit_ratio(candidate_minor, self.limit_minor)
        balance = balance_at_limit_minor(
            np.where(withheld, 0.0, self.balance_minor),
            candidate_minor,
            log_ratio,
            policy.balance_elasticity,
        )
        bought = np.where(withheld, 0.0, self.purchases_minor)
        purchases = bought * np.exp(policy.balance_elasticity * log_ratio)
        undrawn = np.maximum(candidate_minor - balance, 0.0)
        earned = (
            self.interest_rate * balance
            + self.interchange_rate * purchases
            - policy.funding_rate * balance
            - policy.undrawn_rate * undrawn
        )
        lost = attrition(log_ratio, policy.attrition_per_log_cut) * np.maximum(earned, 0.0)
        exposure = exposure_at_default_minor(
            balance, candidate_minor, self.credit_conversion_factor
        )
        risen = np.maximum(log_ratio, 0.0)  # a cut does not make what is owed any safer
        probability = loss_probability(
            default_probability_at_limit(
                self.default_probability, risen, policy.default_log_odds_per_log_limit
            ),
            self.loss_events_per_default,
        )
        loss = expected_loss_minor(probability, self.loss_given_default, exposure)
        return earned - lost, loss, exposure, balance


def _yearly_purchases_minor(portfolio: Portfolio) -> Floats:
    """Four times the spend of 90 days; where that is not known, twelve times the mean payment."""
    seen = portfolio.features
    paid = np.nan_to_num(seen.paid_mean_6m_minor) * 12.0
    return _known_or(seen.spend_90d_minor * 4.0, paid)


def _known_or(values: Floats, otherwise: Floats) -> Floats:
    return np.where(np.isnan(values), otherwise, values)

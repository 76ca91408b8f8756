"""Accounts held as parameters: their candidates are computed during each pass.

Ten figures an account, 40 bytes, instead of K candidates with profit and measures each. Passes
while prices are sought run in single precision, those that prove something in double precision.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from credit_limits.allocation.accounts import PricedPass
from credit_limits.allocation.candidates import candidates_between
from credit_limits.allocation.chunks import sums_by_chunk
from credit_limits.allocation.economics import AccountEconomics
from credit_limits.allocation.problem import (
    AllocationProblem,
    Cap,
    Choices,
    Floats,
    Integers,
)
from credit_limits.allocation.scopes import ScopeGroups
from credit_limits.policy.economic_policy import EconomicPolicy
from credit_limits.policy.ladder import CandidateLadder

MEASURES = ("limit", "exposure", "expected_loss")
"""What caps can be on, in the order of the pass."""
_MOST_CANDIDATES = 255


@dataclass(frozen=True, slots=True)
class AccountParameters:
    """Ten figures of each of N accounts.

    ``amounts``, shape (3, N), minor units: today's limit, floor and cap of a change. ``figures``,
    shape (7, N): balance, yearly purchases (minor units), default probability, interest rate (what
    a unit of balance earns a year), interchange rate, loss given default, credit conversion
    factor. Every account has a candidate: its cap is at least its limit, or it can be cut.
    """

    amounts: npt.NDArray[np.int32]
    figures: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.amounts.shape[0] != 3 or self.figures.shape != (7, self.amounts.shape[1]):
            raise ValueError("amounts needs 3 and figures 7 rows, one place an account")
        if not np.isfinite(self.figures).all() or (self.amounts < 0).any():
            raise ValueError("figures must be finite and amounts not negative")

    @property
    def count(self) -> int:
        """N."""
        return int(self.amounts.shape[1])

    def part(self, places: Integers) -> "AccountParameters":
        """Those of the accounts at ``places``."""
        return AccountParameters(
            self.amounts.take(places, axis=1), self.figures.take(places, axis=1)
        )


@dataclass(frozen=True, slots=True)
class CandidateRules:
    """How candidates and their figures follow from an account's parameters."""

    ladder: CandidateLadder
    economics: EconomicPolicy
    loss_events_per_default: float

    def __post_init__(self) -> None:
        if len(self.ladder.ratios_permille) > _MOST_CANDIDATES:
            raise ValueError(f"at most {_MOST_CANDIDATES} steps")
        if self.economics.provision.cost_rate:
            raise ValueError("a cost of provision is counted where candidates are written out")

    def constants(self, earning: float) -> Floats:
        """What the compiled pass needs of the policy; ``earning`` weighs the profit."""
        policy = self.economics
        return np.array(
            [
                policy.balance_elasticity,
                policy.default_log_odds_per_log_limit,
                policy.attrition_per_log_cut,
                policy.change_cost_minor,
                policy.cut_cost_rate,
                policy.funding_rate,
                policy.undrawn_rate,
                self.loss_events_per_default,
                earning,
            ]
        )


@dataclass(frozen=True)
class ParameterAccounts:
    """Accounts as parameters, under M caps: one of the forms of ``accounts.Accounts``.

    ``groups`` says which caps an account is under; its measures are :data:`MEASURES`. Of equal
    candidates today's limit is taken, then the lowest.
    """

    parameters: AccountParameters
    rules: CandidateRules
    groups: ScopeGroups
    bounds: Floats
    earning: float = 1.0

    def __post_init__(self) -> None:
        if self.groups.measures != MEASURES:
            raise ValueError(f"the measures of the groups must be {', '.join(MEASURES)}")
        if len(self.groups.group) != self.parameters.count:
            raise ValueError("the groups and the parameters need the same accounts")

    @property
    def count(self) -> int:
        """N."""
        return self.parameters.count

    def at(self, prices: Floats) -> PricedPass:
        """The pass at these prices, in single precision."""
        return self._settle(prices, np.float32)

    def settle(self, prices: Floats) -> PricedPass:
        """The pass at these prices, in double precision."""
        return self._settle(prices, np.float64)

    def part(self, places: Integers, bounds: Floats) -> "ParameterAccounts":
        """The accounts at ``places`` (ascending) alone, under caps with other bounds."""
        groups, parameters = self.groups.part(places), self.parameters.part(places)
        return replace(self, parameters=parameters, groups=groups, bounds=bounds)

    def problem_of(self, places: Integers, bounds: Floats) -> AllocationProblem:
        """The same part with its candidates written out, by the plain formulas."""
        parameters, groups = self.parameters.part(places), self.groups.part(places)
        limit, floor, cap = parameters.amounts.astype(np.int64)
        candidates = candidates_between(limit, floor, cap, self.rules.ladder)
        balance, purchases, probability, interest, interchange, given, conversion = (
            parameters.figures.astype(np.float64)
        )
        values = AccountEconomics(
            economics=self.rules.economics,
            loss_events_per_default=self.rules.loss_events_per_default,
            limit_minor=limit.astype(np.float64),
            balance_minor=balance,
            purchases_minor=purchases,
            default_probability=probability,
            interest_rate=interest,
            interchange_rate=interchange,
            loss_given_default=given,
            credit_conversion_factor=conversion,
            provision_ratio=np.ones(len(places)),
        ).values(candidates)
        measures: Mapping[str, Floats] = {
            "limit": candidates.limit_minor.astype(np.float64),
            "exposure": values.exposure,
            "expected_loss": values.expected_loss,
        }
        width = len(str(self.count))
        return AllocationProblem(
            account_id=np.char.zfill(places.astype(np.str_), width),
            profit=values.profit * self.earning,
            allowed=candidates.allowed,
            measures=measures,
            caps=tuple(
                Cap(f"cap_{number}", MEASURES[measure], float(bound), inside[groups.group])
                for number, (measure, bound, inside) in enumerate(
                    zip(groups.measure.tolist(), bounds, groups.member, strict=True)
                )
            ),
            preferred=np.full(len(places), candidates.hold_index, dtype=np.int64),
        )

    def tally(self, choice: Choices) -> tuple[float, Floats]:
        """Total profit of a choice and its usage of each cap, in double precision."""
        fixed = np.asarray(choice, dtype=np.uint8)
        sums, _, _ = self._pass(np.zeros(len(self.bounds)), np.float64, fixed)
        return float(sums[-1, 2]), self.groups.cap_usage(sums[:-1])

    def without_profit(self) -> "ParameterAccounts":
        """The same accounts and caps, every candidate earning nothing."""
        return replace(self, earning=0.0)

    def rare(self, few: int) -> Integers:
        """Accounts, at most ``few`` of each kind, of kinds that a sample could miss."""
        return self.groups.rare(few)

    def _settle(self, prices: Floats, precision: type[np.floating]) -> PricedPass:
        sums, choice, margin = self._pass(prices, precision, np.empty(0, dtype=np.uint8))
        return PricedPass(
            bound=float(sums[-1, 0]) + float(prices @ self.bounds),
            usage=self.groups.cap_usage(sums[:-1]),
            turnover=float(sums[-1, 1]),
            choice=choice,
            margin=margin,
        )

    def _pass(
        self, prices: Floats, precision: type[np.floating], fixed: npt.NDArray[np.uint8]
    ) -> tuple[Floats, npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        from credit_limits.allocation.parameter_pass import settle_parameters

        ladder = self.rules.ladder
        ratios = np.array(ladder.ratios_permille, dtype=np.float64)
        roundings = np.array(
            [(each.from_minor, each.step_minor) for each in ladder.roundings], dtype=np.float64
        )
        policy = self.rules.constants(self.earning).astype(precision)
        unit_prices = self.groups.unit_prices(prices).astype(precision)
        choice = np.empty(self.count, dtype=np.uint8)
        margin = np.empty(self.count, dtype=np.float32)

        def run(start: int, stop: int, sums: Floats) -> None:
            settle_parameters(
                start,
                stop,
                self.parameters.amounts,
                self.parameters.figures,
                self.groups.group,
                ratios,
                ladder.hold_index,
                roundings,
                policy,
                unit_prices,
                fixed,
                choice,
                margin,
                sums,
            )

        sums = sums_by_chunk(self.count, (self.groups.group_count + 1, 3), run)
        return sums, choice, margin

"""The limit policy: every parameter that decides about a limit, typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from credit_limits.domain.account import Segment
from credit_limits.domain.limit_response import LimitResponse
from credit_limits.policy.economic_policy import EconomicPolicy, parse_economics
from credit_limits.policy.increase_rules import (
    AffordabilityRules,
    ClosingRules,
    ObservationRules,
    OverdueRules,
    parse_affordability,
    parse_closing,
    parse_observation,
    parse_overdue,
)
from credit_limits.policy.initial_rules import InitialLimitRules, parse_initial_limits
from credit_limits.policy.ladder import CandidateLadder, parse_ladder
from credit_limits.policy.parameters import Section
from credit_limits.policy.portfolio import SEGMENTS
from credit_limits.policy.portfolio_caps import CapRule, parse_caps
from credit_limits.policy.pricing_policy import PricingPolicy, parse_pricing
from credit_limits.policy.ratio_rows import RatioRule, parse_ratio_rows
from credit_limits.policy.risk_grades import RiskGrades, parse_risk_grades
from credit_limits.policy.scenario_rules import ScenarioRules, parse_scenario_limits
from credit_limits.policy.segment_terms import SegmentTerms, parse_segments
from credit_limits.policy.state_rules import (
    FreezeRules,
    ReopeningRules,
    parse_freezing,
    parse_reopening,
)
from credit_limits.policy.trigger_rules import (
    AnomalyRules,
    DebtBounds,
    HardshipRules,
    LinkedRules,
    SpendingRules,
    ThinFileRules,
    parse_anomalies,
    parse_hardship,
    parse_linked,
    parse_revolving,
    parse_spending,
    parse_thin_file,
)


@dataclass(frozen=True, slots=True)
class LimitBounds:
    """Amounts no limit leaves, in minor units.

    ``customer_total_minor`` bounds the sum of a customer's limits over both products, beside what
    the rule book allows. A raise respects all of them; a limit that is outside today may stay. A
    cut leaves at least the floor and ``balance_cover_ratio`` times the balance owed.
    """

    floor_minor: int
    ceiling_minor: int
    customer_total_minor: int
    balance_cover_ratio: float

    def __post_init__(self) -> None:
        if not 0 < self.floor_minor < self.ceiling_minor:
            raise ValueError("the floor must be positive and below the ceiling")
        if self.customer_total_minor < self.floor_minor:
            raise ValueError("a customer's total is below the floor of one account")


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """The policy in force at a date.

    Its parameters are those of everybody; ``segments`` have some of their own
    (:meth:`of_segment`). Raises ``ValueError`` where an account could be frozen by what does not
    even close it, and where a segment has other grades of risk.
    """

    bounds: LimitBounds
    ladder: CandidateLadder
    grades: RiskGrades
    observation: ObservationRules
    overdue: OverdueRules
    closing: ClosingRules
    affordability: AffordabilityRules
    spending: SpendingRules
    revolving: DebtBounds
    thin_file: ThinFileRules
    anomalies: AnomalyRules
    hardship: HardshipRules
    linked: LinkedRules
    freezing: FreezeRules
    reopening: ReopeningRules
    pricing: PricingPolicy
    scenario_limits: ScenarioRules
    initial_limits: InitialLimitRules
    economics: EconomicPolicy
    caps: tuple[CapRule, ...]
    segments: tuple[SegmentTerms, ...]
    ratio_rows: tuple[RatioRule, ...] = ()

    def of_segment(self, segment: Segment | None) -> "LimitPolicy":
        """The policy for a customer of this segment; for one that is not known, everybody's."""
        for terms in self.segments:
            if terms.segment is segment:
                return replace(
                    self,
                    grades=terms.grades,
                    observation=terms.observation,
                    affordability=terms.affordability,
                    thin_file=terms.thin_file,
                    scenario_limits=terms.scenario_limits,
                    initial_limits=terms.initial_limits,
                    segments=(),
                )
        return self

    def answering_as(self, response: LimitResponse | None) -> "LimitPolicy":
        """The policy with its economics :meth:`EconomicPolicy.answering_as` this response."""
        return replace(self, economics=self.economics.answering_as(response))

    def by_segment(self, read: Callable[["LimitPolicy"], object]) -> npt.NDArray[Any]:
        """A parameter in every segment: at a segment's place its value, last everybody's.

        Indexed by ``Portfolio.segment``, where not known is -1 and so the last place, it is the
        parameter of each account. Tuples of F values come as shape (S + 1, F).
        """
        return np.array([read(self.of_segment(segment)) for segment in (*SEGMENTS, None)])

    def __post_init__(self) -> None:
        if self.linked.freeze_past_due < self.closing.linked_past_due:
            raise ValueError("linked_risk.freeze_past_due is below closing.linked_past_due")
        if self.freezing.overdue_days < self.overdue.levels[0].days_past_due:
            raise ValueError("freezing.overdue_days is below the first level of overdue")
        if self.revolving.payment_ratio < self.reopening.persistent_debt_payment_ratio_leave:
            raise ValueError("revolving.payment_ratio is below that of persistent debt")
        self._check_leaving()
        edges = [band.probability_up_to for band in self.grades.bands]
        for terms in self.segments:
            if edges != [band.probability_up_to for band in terms.grades.bands]:
                raise ValueError(
                    f"segments.{terms.segment}.risk_grades.bands: probability_up_to differs; a "
                    "grade of risk is the same for everybody, what it may be given is not"
                )

        names = [cap.name for cap in self.caps] + [row.name for row in self.ratio_rows]
        if len(set(names)) != len(names):
            raise ValueError("portfolio_caps: two rows have the same name")

    def _check_leaving(self) -> None:
        closing, reopening = self.closing, self.reopening
        for name in ("loan_applications_7d", "loan_applications_30d", "device_changes_30d"):
            if getattr(reopening, f"{name}_leave") > getattr(closing, name):
                raise ValueError(f"reopening.{name}_leave is above closing.{name}")
        if self.linked.past_due_leave > closing.linked_past_due:
            raise ValueError("linked_risk.past_due_leave is above closing.linked_past_due")
        stricter = reopening.persistent_debt_payment_ratio_leave
        if stricter < closing.persistent_debt_payment_ratio:
            raise ValueError(
                "reopening.persistent_debt_payment_ratio_leave is below the ratio that closes"
            )
        for name in ("revolving_share", "utilization_ratio"):
            leave = getattr(reopening, f"persistent_debt_{name}_leave")
            if leave > getattr(closing, f"persistent_debt_{name}"):
                raise ValueError(f"reopening.persistent_debt_{name}_leave is above what closes")


def parse_limit_policy(content: Mapping[str, object]) -> LimitPolicy:
    """The typed policy of a file of ``policies/limits``.

    Args:
        content: the file as a mapping; its ``effective_from`` was judged when it was loaded.

    Raises:
        PolicyError: a parameter is absent, unknown, of another unit or outside its bounds; the
            message starts with its path, for instance ``economics.funding_rate``.
    """
    file = Section("", {key: value for key, value in content.items() if key != "effective_from"})
    bounds, annual_rate_ceiling = _parse_bounds(file.section("limits"))
    with file.building():
        return _parsed(file, bounds, annual_rate_ceiling)


def _parsed(file: Section, bounds: LimitBounds, annual_rate_ceiling: float) -> LimitPolicy:
    everybody = _parsed_everybody(file, bounds, annual_rate_ceiling)
    segments = parse_segments(file.section("segments"), file.content, annual_rate_ceiling)
    own_products = tuple((terms.segment, terms.products) for terms in segments)
    economics = replace(everybody.economics, segment_products=own_products)
    return replace(everybody, economics=economics, segments=segments)


def _parsed_everybody(
    file: Section, bounds: LimitBounds, annual_rate_ceiling: float
) -> LimitPolicy:
    with file.section("portfolio_caps").building() as rows:
        caps, ratio_rows = parse_caps(rows), parse_ratio_rows(rows)
    return LimitPolicy(
        bounds=bounds,
        ladder=parse_ladder(file.section("ladder")),
        grades=parse_risk_grades(file.section("risk_grades")),
        observation=parse_observation(file.section("observation")),
        overdue=parse_overdue(file.section("overdue")),
        closing=parse_closing(file.section("closing")),
        affordability=parse_affordability(file.section("affordability")),
        spending=parse_spending(file.section("spending")),
        revolving=parse_revolving(file.section("revolving")),
        thin_file=parse_thin_file(file.section("thin_file")),
        anomalies=parse_anomalies(file.section("anomalies")),
        hardship=parse_hardship(file.section("hardship")),
        linked=parse_linked(file.section("linked_risk")),
        freezing=parse_freezing(file.section("freezing")),
        reopening=parse_reopening(file.section("reopening")),
        pricing=parse_pricing(file.section("pricing"), annual_rate_ceiling),
        scenario_limits=parse_scenario_limits(file.section("scenario_limits")),
        initial_limits=parse_initial_limits(file.section("initial_limits")),
        economics=parse_economics(file.section("economics"), annual_rate_ceiling),
        caps=caps,
        ratio_rows=ratio_rows,
        segments=(),
    )


def _parse_bounds(section: Section) -> tuple[LimitBounds, float]:
    with section.building():
        bounds = LimitBounds(
            floor_minor=section.money_minor("floor"),
            ceiling_minor=section.money_minor("ceiling"),
            customer_total_minor=section.money_minor("customer_total"),
            balance_cover_ratio=section.number("balance_cover_ratio", "ratio", 0.0, 2.0),
        )
        return bounds, section.number("annual_rate_ceiling", "share a year", 0.0, 1.0)

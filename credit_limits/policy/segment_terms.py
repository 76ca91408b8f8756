"""The parameters of the limit policy that a segment of customers has for itself.

The file states them whole, with unit and reason, under ``segments``; what it does not state there
is what holds for everybody. A customer whose segment is not known has what holds for everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from credit_limits.domain.account import Segment
from credit_limits.domain.errors import PolicyError
from credit_limits.policy.economic_policy import BY_PRODUCT, ProductEconomics, parse_economics
from credit_limits.policy.increase_rules import (
    AffordabilityRules,
    ObservationRules,
    parse_affordability,
    parse_observation,
)
from credit_limits.policy.initial_rules import InitialLimitRules, parse_initial_limits
from credit_limits.policy.parameters import Section
from credit_limits.policy.risk_grades import RiskGrades, parse_risk_grades
from credit_limits.policy.scenario_rules import ScenarioRules, parse_scenario_limits
from credit_limits.policy.trigger_rules import ThinFileRules, parse_thin_file

SEGMENT_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "risk_grades": ("bands",),
    "observation": (
        "statements_min",
        "account_age_months_min",
        "on_time_streak_min",
        "cool_off_months",
        "inactive_transactions_90d",
    ),
    "affordability": ("minimum_payment_ratio", "income_share"),
    "thin_file": ("months", "increase_ratio", "limit_per_statement"),
    "scenario_limits": ("scenarios", "grade_ratios"),
    "initial_limits": (
        "amounts",
        "thin_file_amounts",
        "income_months",
        "income_unknown_ceiling",
    ),
    "economics": tuple(BY_PRODUCT),
}
"""Parameters that may differ by segment, by section."""


@dataclass(frozen=True, slots=True)
class SegmentTerms:
    """What holds for the customers of one segment, stated for them or for everybody.

    ``products`` are in the order of ``Product``.
    """

    segment: Segment
    grades: RiskGrades
    observation: ObservationRules
    affordability: AffordabilityRules
    thin_file: ThinFileRules
    scenario_limits: ScenarioRules
    initial_limits: InitialLimitRules
    products: tuple[ProductEconomics, ...]


def parse_segments(
    section: Section, everybody: Mapping[str, object], annual_rate_ceiling: float
) -> tuple[SegmentTerms, ...]:
    """The terms of each segment that the section ``segments`` names.

    Args:
        section: a mapping from segments to sections of :data:`SEGMENT_PARAMETERS`.
        everybody: the whole file, with what holds for everybody.
        annual_rate_ceiling: the highest rate whose interest is counted.

    Raises:
        PolicyError: a segment, section or parameter is unknown, or a value outside its bounds;
            the message starts with its path, ``segments.micro_merchant.thin_file.months``.
    """
    with section.building():
        return tuple(
            _terms(Segment(name), section.section(name), everybody, annual_rate_ceiling)
            for name in section.content
        )


def _terms(
    segment: Segment,
    own: Section,
    everybody: Mapping[str, object],
    annual_rate_ceiling: float,
) -> SegmentTerms:
    with own.building():
        merged = {name: _merged(own, everybody, name) for name in SEGMENT_PARAMETERS}
        return SegmentTerms(
            segment=segment,
            grades=parse_risk_grades(merged["risk_grades"]),
            observation=parse_observation(merged["observation"]),
            affordability=parse_affordability(merged["affordability"]),
            thin_file=parse_thin_file(merged["thin_file"]),
            scenario_limits=parse_scenario_limits(merged["scenario_limits"]),
            initial_limits=parse_initial_limits(merged["initial_limits"]),
            products=parse_economics(merged["economics"], annual_rate_ceiling).products,
        )


def _merged(own: Section, everybody: Mapping[str, object], name: str) -> Section:
    """The section of everybody's with the segment's own parameters in it, under its own path."""
    whole = everybody[name]
    assert isinstance(whole, Mapping)
    if name not in own.content:
        return Section(f"{own.path}.{name}", whole)
    stated = own.section(name)
    for parameter in stated.content:
        if parameter not in SEGMENT_PARAMETERS[name]:
            raise PolicyError(
                f"{stated.path}.{parameter}: unknown parameter; by segment may differ "
                f"{', '.join(SEGMENT_PARAMETERS[name])}"
            )
    return Section(stated.path, {**whole, **stated.content})

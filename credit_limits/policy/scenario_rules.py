"""Which uses of a pay-later line are risky, how risky, and how much of the limit each may take."""

from dataclasses import dataclass

from credit_limits.domain.account import Scenario
from credit_limits.policy.parameters import Section
from credit_limits.policy.risk_grades import Grade

_WHOLE_PERMILLE = 1000


@dataclass(frozen=True, slots=True)
class ScenarioRule:
    """One use: its multiplier of the default probability, and its share of the limit.

    A multiplier of 1000 permille is an everyday use, which may take the whole limit.

    Raises ``ValueError`` for a multiplier below 1, and for an everyday use with a lesser share.
    """

    scenario: Scenario
    risk_multiplier_permille: int
    share_permille: int

    def __post_init__(self) -> None:
        if self.risk_multiplier_permille < _WHOLE_PERMILLE:
            raise ValueError(f"{self.scenario}: a use is at least as risky as an everyday one")
        if not 0 <= self.share_permille <= _WHOLE_PERMILLE:
            raise ValueError(f"{self.scenario}: a share of the limit is within 0 and 1")
        if not self.risky and self.share_permille != _WHOLE_PERMILLE:
            raise ValueError(f"{self.scenario}: an everyday use may take the whole limit")

    @property
    def risky(self) -> bool:
        """Whether it has a sub-limit of its own."""
        return self.risk_multiplier_permille > _WHOLE_PERMILLE

    @property
    def risk_multiplier(self) -> float:
        """What the account's default probability is multiplied by."""
        return self.risk_multiplier_permille / _WHOLE_PERMILLE


@dataclass(frozen=True, slots=True)
class ScenarioRules:
    """Every scenario once, in its order, and what is left of a share at each grade.

    The multipliers times the shares of all risky uses add up to at most 1. Raises ``ValueError``
    where they do not, and where a riskier grade is left more than a safer one.
    """

    scenarios: tuple[ScenarioRule, ...]
    grade_ratios_permille: tuple[int, ...]

    def __post_init__(self) -> None:
        if tuple(rule.scenario for rule in self.scenarios) != tuple(Scenario):
            raise ValueError(f"every scenario once, in order: {', '.join(Scenario)}")
        if len(self.grade_ratios_permille) != len(Grade):
            raise ValueError(f"every grade from {Grade.A} to {Grade.G} once, in order")
        ratios = self.grade_ratios_permille
        if ratios != tuple(sorted(ratios, reverse=True)) or ratios[0] > _WHOLE_PERMILLE:
            raise ValueError("a riskier grade must not be left more than a safer one")
        if self.risk_permille > _WHOLE_PERMILLE:
            raise ValueError(
                "risk_multiplier times share adds up to "
                f"{self.risk_permille / _WHOLE_PERMILLE:g} over the risky scenarios; at most 1 is "
                "what the limit bears"
            )

    @property
    def risk_multipliers(self) -> tuple[float, ...]:
        """The multiplier of each scenario, in their order."""
        return tuple(rule.risk_multiplier for rule in self.scenarios)

    @property
    def shares_permille(self) -> tuple[int, ...]:
        """The share of each scenario, in their order."""
        return tuple(rule.share_permille for rule in self.scenarios)

    @property
    def risk_permille(self) -> float:
        """Sum of multiplier x share over the risky scenarios: 1.5 x 0.2 and 2 x 0.05 are 400."""
        risky = [rule for rule in self.scenarios if rule.risky]
        return sum(rule.risk_multiplier_permille * rule.share_permille for rule in risky) / 1000


def parse_scenario_limits(section: Section) -> ScenarioRules:
    """The rules of the section ``scenario_limits``."""
    with section.building():
        scenarios = []
        for row in section.rows("scenarios", "multiplier, share of the limit"):
            row.fields("scenario", "risk_multiplier", "share", "reason")
            row.text("reason")
            scenarios.append(
                ScenarioRule(
                    Scenario(row.text("scenario")),
                    round(row.number("risk_multiplier", 0.0, 100.0) * _WHOLE_PERMILLE),
                    round(row.number("share", 0.0, 1.0) * _WHOLE_PERMILLE),
                )
            )
        rows = section.rows("grade_ratios", "ratio")
        for row in rows:
            row.fields("grade", "ratio")
        if tuple(row.text("grade") for row in rows) != tuple(Grade):
            raise ValueError(f"every grade from {Grade.A} to {Grade.G} once, in order")
        return ScenarioRules(
            tuple(scenarios),
            tuple(round(row.number("ratio", 0.0, 1.0) * _WHOLE_PERMILLE) for row in rows),
        )

"""Risk grades: bands of the default probability, and what each grade may be raised to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from credit_limits.policy.parameters import Section

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


class Grade(StrEnum):
    """Risk grades, safest first."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"
    G = "G"


@dataclass(frozen=True, slots=True)
class GradeBand:
    """A grade: default probabilities up to ``probability_up_to``, included.

    A raise goes at most to ``increase_ratio_permille`` of today's limit (1000: no raise) and
    never beyond ``limit_ceiling_minor``.
    """

    grade: Grade
    probability_up_to: float
    increase_ratio_permille: int
    limit_ceiling_minor: int


@dataclass(frozen=True, slots=True)
class RiskGrades:
    """All bands, safest first, the last up to 1. A riskier grade is never allowed more."""

    bands: tuple[GradeBand, ...]

    def __post_init__(self) -> None:
        if tuple(band.grade for band in self.bands) != tuple(Grade):
            raise ValueError(f"every grade from {Grade.A} to {Grade.G} once, in order")
        if self.bands[-1].probability_up_to != 1.0:
            raise ValueError("the last grade must reach up to 1")
        for safer, riskier in zip(self.bands, self.bands[1:], strict=False):
            if riskier.probability_up_to <= safer.probability_up_to:
                raise ValueError(f"grade {riskier.grade} does not start above {safer.grade}")
            if (
                riskier.increase_ratio_permille > safer.increase_ratio_permille
                or riskier.limit_ceiling_minor > safer.limit_ceiling_minor
            ):
                raise ValueError(f"grade {riskier.grade} is allowed more than {safer.grade}")

    @property
    def increase_ratios_permille(self) -> tuple[int, ...]:
        """The highest ratio of a raise to today's limit, by grade."""
        return tuple(band.increase_ratio_permille for band in self.bands)

    @property
    def ceilings_minor(self) -> tuple[int, ...]:
        """The highest limit of a raise, by grade."""
        return tuple(band.limit_ceiling_minor for band in self.bands)

    def index(self, default_probability: Floats) -> Integers:
        """Place of each account's grade in ``bands``, 0 the safest.

        With bands up to 0.01, 0.03, ...: 0.01 is grade A (0), 0.02 grade B (1).
        """
        bounds = np.array([band.probability_up_to for band in self.bands])
        return np.asarray(np.searchsorted(bounds, default_probability, side="left"), dtype=np.int64)

    def band(self, default_probability: float) -> GradeBand:
        """The band of one account."""
        for band in self.bands:
            if default_probability <= band.probability_up_to:
                return band
        raise ValueError(f"{default_probability} is not a probability")


def parse_risk_grades(section: Section) -> RiskGrades:
    """The grades of the section ``risk_grades``."""
    with section.building():
        bands = []
        for row in section.rows("bands", "probability, ratio, yuan"):
            row.fields("grade", "probability_up_to", "increase_ratio", "limit_ceiling")
            bands.append(
                GradeBand(
                    Grade(row.text("grade")),
                    row.number("probability_up_to", 0.0, 1.0),
                    round(row.number("increase_ratio", 1.0, 100.0) * 1000),
                    row.money_minor("limit_ceiling"),
                )
            )
        return RiskGrades(tuple(bands))

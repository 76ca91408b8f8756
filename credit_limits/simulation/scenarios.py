"""Scenarios: how the economy and the customers' conduct depart from a calm course.

A scenario adds shifts to parameters of the world, each growing and fading over the months on a
course of its own. It changes chances and never a draw: worlds that differ in their scenario
alone are the same until it begins, customer by customer.
"""

from dataclasses import dataclass
from enum import StrEnum


class ScenarioName(StrEnum):
    """The scenarios that a world can live through."""

    CALM = "calm"
    SHOCK_2020 = "2020"
    SLOW_DOWNTURN = "slow_downturn"
    BOOM = "boom"
    CHANGED_RELATION = "changed_relation"


@dataclass(frozen=True, slots=True)
class Course:
    """How strongly a shift acts, by months since the scenario began: it grows, holds and fades.

    It grows in equal steps over ``rise_months`` (1: whole at once), holds for ``hold_months``
    more and then loses half in each ``half_life_months``; without any it never fades.
    ``ValueError`` where a duration is out of range.
    """

    rise_months: int = 1
    hold_months: int = 0
    half_life_months: float | None = None

    def __post_init__(self) -> None:
        if self.rise_months < 1 or self.hold_months < 0:
            raise ValueError("a course rises over at least one month and holds for at least none")
        if self.half_life_months is not None and not self.half_life_months > 0.0:
            raise ValueError(f"half_life_months is {self.half_life_months}, not above 0")

    def strength(self, months_since: int) -> float:
        """From 0 to 1; ``months_since`` is 0 in the month in which the scenario begins.

        >>> [Course(2, 1, 1.0).strength(month) for month in range(-1, 6)]
        [0.0, 0.5, 1.0, 1.0, 0.5, 0.25, 0.125]
        """
        if months_since < 0:
            return 0.0
        if months_since < self.rise_months:
            return (months_since + 1) / self.rise_months
        fading = months_since + 1 - self.rise_months - self.hold_months
        if fading <= 0 or self.half_life_months is None:
            return 1.0
        return float(0.5 ** (fading / self.half_life_months))


@dataclass(frozen=True, slots=True)
class Shift:
    """``size`` is added, at full strength, to a parameter of the named group, in its unit."""

    parameter: str
    size: float
    course: Course


@dataclass(frozen=True, slots=True)
class Scenario:
    """One course of events; ``source`` is where its figures come from.

    ``unemployment`` (share) and ``retail_sales`` (index points) are shifts of the published
    figures, ``repayment`` of the parameters of that name, which nobody publishes.
    """

    name: ScenarioName
    title: str
    description: str
    source: str
    unemployment: tuple[Shift, ...] = ()
    retail_sales: tuple[Shift, ...] = ()
    repayment: tuple[Shift, ...] = ()


def total(shifts: tuple[Shift, ...], months_since: int) -> float:
    """What shifts of one quantity add to it."""
    return sum(shift.size * shift.course.strength(months_since) for shift in shifts)


def _conduct(misses: float, rolls: float, course: Course) -> tuple[Shift, ...]:
    """Shifts of every chance to miss a payment and of every roll, in log odds."""
    return (
        *(Shift(name, misses, course) for name in ("miss_pay_later", "miss_cash_loan")),
        *(Shift(name, rolls, course) for name in ("roll_30", "roll_60", "roll_90")),
    )


_SUDDEN = Course(rise_months=1, hold_months=2, half_life_months=2.0)
_SUDDEN_JOBS = Course(rise_months=1, hold_months=3, half_life_months=3.0)
_SLOW = Course(rise_months=12, hold_months=6, half_life_months=12.0)
_RISING = Course(rise_months=6, hold_months=12, half_life_months=6.0)
_FOR_GOOD = Course()

SCENARIOS = (
    Scenario(
        ScenarioName.CALM,
        "Calm",
        "Unemployment wanders about its mean and nothing else happens.",
        "assumption",
    ),
    Scenario(
        ScenarioName.SHOCK_2020,
        "A sudden shock, as in early 2020",
        "Payments are missed and arrears roll far more often from one month to the next; the "
        "share of the balance 30 and more days past due rises from 1.76 % to 3.01 % within four "
        "months and then goes back. Unemployment rises by a percentage point.",
        "National Bureau of Statistics of China: surveyed urban unemployment 5.2 % in December "
        "2019 and 6.2 % in February 2020, retail sales down by a fifth in January and February; "
        "arrears as a listed consumer lender reported them for early 2020",
        unemployment=(Shift("unemployment_rate", 0.010, _SUDDEN_JOBS),),
        retail_sales=(Shift("retail_sales_index", -20.0, _SUDDEN),),
        repayment=_conduct(0.78, 0.43, _SUDDEN),
    ),
    Scenario(
        ScenarioName.SLOW_DOWNTURN,
        "A slow downturn",
        "Over a year unemployment rises by a point and a half and customers pay less punctually; "
        "it stays so for half a year and fades over years.",
        "assumption",
        unemployment=(Shift("unemployment_rate", 0.015, _SLOW),),
        retail_sales=(Shift("retail_sales_index", -6.0, _SLOW),),
        repayment=_conduct(0.30, 0.20, _SLOW),
    ),
    Scenario(
        ScenarioName.BOOM,
        "A boom",
        "Over half a year unemployment falls by a point and customers pay more punctually; after "
        "another year it fades, and what was lent in it is tried.",
        "assumption",
        unemployment=(Shift("unemployment_rate", -0.010, _RISING),),
        retail_sales=(Shift("retail_sales_index", 6.0, _RISING),),
        repayment=_conduct(-0.30, -0.15, _RISING),
    ),
    Scenario(
        ScenarioName.CHANGED_RELATION,
        "A changed relation",
        "What customers do and earn stays as it was, and so does what is published; what it says "
        "of default changes: income and a record of full payment protect less than they did, a "
        "carried balance no longer alarms.",
        "assumption",
        repayment=(
            Shift("miss_pay_later", 1.0, _FOR_GOOD),
            Shift("miss_cash_loan", 1.6, _FOR_GOOD),
            Shift("creditworthiness_effect", 0.6, _FOR_GOOD),
            Shift("income_effect", 1.2, _FOR_GOOD),
            Shift("utilization_effect", -0.9, _FOR_GOOD),
            Shift("revolver_effect", -0.6, _FOR_GOOD),
        ),
    ),
)


def scenario_named(name: str) -> Scenario:
    """The scenario of a name; ``ValueError`` lists the names there are."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    names = ", ".join(scenario.name for scenario in SCENARIOS)
    raise ValueError(f"there is no scenario {name!r}; there are {names}")

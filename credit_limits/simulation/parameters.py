"""Every parameter of the world, with its unit, its source and the range it may take.

A parameter is a dataclass field whose metadata holds its description, unit and source, so that
the reference in the documentation is made from this file. ``ASSUMPTION`` marks a value that no
publication gives; it was chosen so that the whole world meets the figures that are published.
"""

from dataclasses import dataclass, field
from datetime import date

from credit_limits.simulation.scenarios import Scenario, ScenarioName, scenario_named
from credit_limits.simulation.stated_fields import (
    ASSUMPTION,
    check_ranges,
    effect,
    share,
    stated,
)

_NBS = "National Bureau of Statistics of China, 2023"
_AYDIN = "Aydin 2022, American Economic Review 112(1)"


@dataclass(frozen=True, slots=True)
class Population:
    """Who the customers are."""

    income_median_yuan: float = stated(
        6500.0,
        "yuan a month",
        "median income, between the mean wages of private and other urban units",
        low=100.0,
        high=1e6,
        source=_NBS,
    )
    income_log_sd: float = stated(
        0.42, "log yuan", "spread of income that no listed fact explains", low=0.0, high=3.0
    )
    education_income_effect: float = stated(
        0.18, "log yuan a level", "income by level of education", low=-2.0, high=2.0
    )
    male_income_effect: float = stated(
        0.12, "log yuan", "income of men over women, other facts equal", low=-2.0, high=2.0
    )
    male_share: float = share(0.53, "customers who are men")
    micro_merchant_share: float = share(0.08, "customers who run a small shop")
    thin_file_share: float = share(0.18, "customers unknown to the credit bureau")
    income_unknown_share: float = share(0.05, "customers who state no income")
    stated_income_log_sd: float = stated(
        0.15, "log yuan", "error of stated income", low=0.0, high=3.0
    )
    backup_source_share: float = share(0.30, "customers with a second source of repayment")
    consent_withheld_share: float = share(0.04, "customers who withhold a given consent")
    declines_increases_share: float = share(0.03, "customers who decline increases")
    human_review_share: float = share(0.01, "customers who asked for decisions by a person")
    income_change_monthly: float = share(0.006, "customers whose income changes, a month")
    income_change_log_sd: float = stated(
        0.20, "log yuan", "size of a change of income", low=0.0, high=3.0
    )
    distress_income_share: float = share(
        0.35, "customers whose distress is an income that they lose, and that the lender learns of"
    )
    distress_income_ratio: float = stated(
        0.6, "ratio", "such an income in distress over that before", low=0.01, high=1.0
    )
    cash_loan_share: float = share(0.37, "pay-later customers who also take a cash loan")
    cash_loan_only_share: float = share(0.05, "customers with a cash loan and no pay-later line")
    open_before_share: float = share(0.70, "customers who opened before the first month")
    circle_share: float = share(0.40, "customers who belong to a circle of linked customers")
    circle_correlation: float = share(0.6, "correlation of creditworthiness within a circle")
    past_exit_monthly: float = share(
        0.002, "accounts of mean creditworthiness lost before the first month, a month"
    )
    past_exit_effect: float = effect(
        -0.9, "on that loss, a standard deviation of creditworthiness (log rate)"
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class PastPolicy:
    """How limits were set before: by risk, which makes observed default fall with the limit."""

    pay_later_median_yuan: float = stated(
        6000.0, "yuan", "median limit of a pay-later line", low=50.0, high=300_000.0
    )
    cash_loan_median_yuan: float = stated(
        20_000.0, "yuan", "median limit of a cash-loan line", low=50.0, high=300_000.0
    )
    floor_yuan: int = stated(50, "yuan", "lowest limit", low=50, high=300_000)
    cap_yuan: int = stated(300_000, "yuan", "highest limit", low=50, high=300_000)
    income_elasticity: float = stated(
        0.5, "log limit a log income", "limit by income", low=0.0, high=3.0
    )
    score_effect: float = stated(
        1.0, "log limit a standard deviation", "limit by the lender's score", low=0.0, high=3.0
    )
    score_accuracy: float = share(0.85, "correlation of that score with creditworthiness")
    limit_log_sd: float = stated(
        0.5, "log limit", "spread of limits beyond income and score", low=0.0, high=3.0
    )
    review_interval_months: int = stated(
        6, "months", "time between reviews of an account", low=1, high=60
    )
    raise_share: float = share(0.35, "accounts that a review finds good and raises")
    raise_ratio: float = stated(1.3, "ratio", "limit after a raise", low=1.0, high=10.0)
    raise_floor_utilization: float = share(0.15, "utilization below which nothing is raised")
    raise_floor_score: float = stated(
        -0.5, "standard deviations", "score below which nothing is raised", low=-9.0, high=9.0
    )
    cut_ratio: float = stated(0.7, "ratio", "limit after a cut", low=0.0, high=1.0)
    cut_share: float = share(0.5, "accounts cut when they first fall 30 days past due")
    trial_share_monthly: float = share(0.006, "eligible accounts drawn into the trial, a month")
    trial_ratios: tuple[float, ...] = stated(
        (0.8, 1.25, 1.6), "ratio", "limits of the trial's arms", low=0.1, high=10.0
    )
    trial_propensities: tuple[float, ...] = stated(
        (0.25, 0.45, 0.30), "share", "chance of each arm, once in the trial", low=0.0, high=1.0
    )

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.floor_yuan > self.cap_yuan:
            raise ValueError("floor_yuan is above cap_yuan")
        if len(self.trial_ratios) != len(self.trial_propensities):
            raise ValueError("each arm of the trial needs one ratio and one propensity")
        if abs(sum(self.trial_propensities) - 1.0) > 1e-9:
            raise ValueError("the propensities of the trial do not add up to 1")


@dataclass(frozen=True, slots=True)
class Repayment:
    """When a payment is missed, how arrears roll, cure and end.

    The effects act on the log odds that a current account in use misses its payment this month.
    """

    miss_pay_later: float = effect(-6.9, "a pay-later line at all reference values")
    miss_cash_loan: float = effect(-7.7, "a cash-loan line at all reference values")
    creditworthiness_effect: float = effect(-0.9, "a standard deviation of creditworthiness")
    limit_effect: float = effect(
        0.35, "a unit of log limit, all else equal: the sign that selection hides"
    )
    income_effect: float = effect(-1.0, "a unit of log income")
    utilization_effect: float = effect(0.8, "from a line never used to one always full")
    revolver_effect: float = effect(0.4, "a customer who carries balances")
    backup_effect: float = effect(-0.3, "a second source of repayment")
    distress_effect: float = effect(2.7, "a month of distress, such as a job lost")
    roll_30: float = effect(2.1, "from 30 to 60 days past due")
    roll_60: float = effect(3.0, "from 60 to 90 days past due")
    roll_90: float = effect(3.6, "each of the rolls from 90 to 180 days past due")
    roll_creditworthiness_effect: float = effect(-0.35, "on a roll, a standard deviation")
    roll_distress_effect: float = effect(1.0, "on a roll, a month of distress")
    stay_share: float = share(0.10, "of those who do not roll, who stay as late as they are")
    distress_entry_monthly: float = share(0.008, "customers who fall into distress, a month")
    distress_entry_creditworthiness_effect: float = effect(
        -0.45, "on the rate of distress, a standard deviation (log rate)"
    )
    distress_entry_macro_effect: float = stated(
        35.0, "log rate a unit of unemployment", "distress by unemployment", low=0.0, high=200.0
    )
    distress_exit_monthly: float = share(0.2, "customers who leave distress, a month")
    circle_shock_monthly: float = share(0.012, "circles struck by a shock, a month")
    circle_shock_reach: float = share(0.7, "members of a circle whom its shock throws in distress")
    churn_monthly: float = share(0.012, "unused accounts that are closed, a month")
    churn_after_cut_monthly: float = share(
        0.04, "lines cut of late that their customers leave, a month, unless they carry a balance"
    )
    churn_after_cut_months: int = stated(
        6, "months", "for which a cut makes customers leave", low=0, high=600
    )
    ring_strike_monthly: float = share(
        0.00015, "circles, once complete, that turn out to be a ring of frauds, a month"
    )
    recovery_monthly: float = share(0.015, "of a claim charged off that is recovered, a month")
    claim_lapse_monthly: float = share(0.05, "of a claim charged off that is given up, a month")
    minimum_due_share: float = share(
        0.10, "of the balance is due at least", "customary for credit cards in mainland China"
    )
    late_fee_share: float = share(
        0.05, "of an unpaid minimum is charged", "customary for credit cards in mainland China"
    )
    partial_pay_share: float = share(0.3, "missed payments of which a part was made")
    correction_share: float = share(0.003, "statements corrected 20 to 70 days later")

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class Spending:
    """How lines are used. The limit raises use by degrees and with diminishing effect."""

    revolver_log_odds: float = effect(-0.35, "that a pay-later customer carries balances")
    revolver_creditworthiness_effect: float = effect(-0.5, "on that, a standard deviation")
    transactor_utilization: float = share(0.29, "mean use of a line paid in full each month")
    revolver_utilization: float = share(0.55, "mean use of a pay-later line that is carried")
    cash_utilization: float = share(0.55, "mean use of a cash loan that is in use")
    utilization_concentration: float = stated(
        3.5, "beta shape", "how alike accounts are in their use", low=0.5, high=100.0
    )
    limit_elasticity: float = stated(
        0.9, "log balance a log limit", "use by limit, in the long run", low=0.0, high=1.0
    )
    limit_absorption_monthly: float = stated(
        0.20,
        "share",
        "of a change of limit that habits take in each month (0.11 of an added unit is owed "
        "after a quarter, 0.28 by the third year)",
        low=0.0,
        high=1.0,
        source=_AYDIN,
    )
    noise_log_sd: float = stated(
        0.45, "log amount", "spread of spending, month to month", low=0.0, high=3.0
    )
    distress_ratio: float = stated(
        1.3, "ratio", "use in distress over use before", low=0.1, high=10.0
    )
    dormant_share: float = share(0.06, "pay-later lines that are hardly ever used")
    active_share: float = share(0.88, "months in which a transactor uses the line")
    cash_start_monthly: float = share(0.07, "unused cash loans drawn, a month")
    cash_start_distress_ratio: float = stated(
        2.5, "ratio", "draws of a cash loan in distress", low=0.0, high=10.0
    )
    cash_payoff_monthly: float = share(0.09, "cash loans in use that are paid off, a month")
    pay_share: float = share(0.30, "mean share of a carried balance that a revolver pays")
    cash_pay_share: float = share(0.14, "share of a cash loan paid each month")
    pay_later_purchases: float = stated(
        6.5, "transactions", "mean number in a month of use, pay-later", low=1.0, high=200.0
    )
    cash_loan_purchases: float = stated(
        1.5, "transactions", "mean number in a month of use, cash loan", low=1.0, high=200.0
    )
    merchants: int = stated(2000, "merchants", "shops in the world", low=1, high=900_000)

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class Signals:
    """What customers do in the app, a month; distress shows here before it shows in arrears."""

    logins: float = stated(2.5, "logins", "mean number", low=0.0, high=300.0)
    login_spread: float = stated(
        1.5, "gamma shape", "how alike customers are in it", low=0.1, high=100.0
    )
    distress_login_ratio: float = stated(0.4, "ratio", "logins in distress", low=0.0, high=10.0)
    applications: float = stated(0.03, "applications", "mean number", low=0.0, high=30.0)
    distress_applications: float = stated(
        1.8, "applications", "mean number in distress", low=0.0, high=30.0
    )
    burst_applications: float = stated(
        2.5, "applications", "mean number within 5 days when distress begins", low=0.0, high=30.0
    )
    device_changes: float = stated(0.02, "changes", "mean number", low=0.0, high=30.0)
    distress_device_changes: float = stated(
        0.12, "changes", "mean number in distress", low=0.0, high=30.0
    )
    wealth_uses: float = stated(
        0.25, "uses", "mean number of uses of wealth management", low=0.0, high=300.0
    )
    disputes: float = stated(0.012, "disputes", "mean number", low=0.0, high=30.0)
    ring_applications: float = stated(
        6.0, "applications", "mean number of a member when a ring strikes", low=0.0, high=30.0
    )
    ring_device_changes: float = stated(
        4.0, "changes", "mean number of a member when a ring strikes", low=0.0, high=30.0
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class Macro:
    """The economy, and when its figures are published."""

    unemployment_mean: float = stated(
        0.052, "share", "surveyed urban unemployment", low=0.0, high=0.5, source=_NBS
    )
    unemployment_sd: float = stated(
        0.0012, "share", "its spread over time", low=0.0, high=0.2, source=_NBS
    )
    persistence: float = share(0.90, "of a deviation that is left after a month")
    publication_lag_days: int = stated(
        20, "days", "from the end of a month to its figures", low=0, high=366
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class WorldParameters:
    """All that a world is made from: the same value makes the same bytes.

    ``months`` statements are written for each account, the first at the end of the month of
    ``start``. New accounts open over ``opening_horizon_months`` from ``start`` (default:
    ``months``); with that held, a longer world begins with the very rows of a shorter one.
    Raises ``ValueError`` naming the parameter that is out of range.
    """

    customers: int = stated(20_000, "customers", "how many", low=1, high=9_999_999)
    months: int = stated(24, "months", "how many", low=1, high=600)
    seed: int = stated(7, "number", "seed of every random stream", low=0, high=2**63 - 1)
    start: date = field(
        default=date(2023, 1, 1),
        metadata={
            "unit": "date",
            "description": "a day of the first month",
            "source": ASSUMPTION,
        },
    )
    opening_horizon_months: int | None = field(
        default=None,
        metadata={
            "unit": "months",
            "description": "over which new accounts open; none for as long as the world",
            "source": ASSUMPTION,
        },
    )
    scenario: ScenarioName = field(
        default=ScenarioName.CALM,
        metadata={"unit": "name", "description": "the course of events", "source": ASSUMPTION},
    )
    shock_month: int = stated(
        0, "months", "from the first month to that in which the scenario begins", low=0, high=600
    )
    population: Population = field(default_factory=Population)
    past_policy: PastPolicy = field(default_factory=PastPolicy)
    repayment: Repayment = field(default_factory=Repayment)
    spending: Spending = field(default_factory=Spending)
    signals: Signals = field(default_factory=Signals)
    macro: Macro = field(default_factory=Macro)

    def __post_init__(self) -> None:
        check_ranges(self)
        scenario_named(self.scenario)
        if not 1 <= self.opening_horizon <= 600:
            raise ValueError(f"opening_horizon_months is {self.opening_horizon}, outside 1 to 600")

    @property
    def opening_horizon(self) -> int:
        """Months over which new accounts open."""
        given = self.opening_horizon_months
        return self.months if given is None else given

    @property
    def course_of_events(self) -> Scenario:
        """The scenario by that name."""
        return scenario_named(self.scenario)

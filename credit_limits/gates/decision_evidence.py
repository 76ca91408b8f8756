"""Evidence on decisions: what the candidate would do to today's portfolio, and to whom.

All of it but the causal part comes from one set of decisions, made by the candidate for every
account open today under the limit policy in force, without the brakes: a brake stops raises
whatever the model says, and what a model would do cannot be seen through it.
"""

from dataclasses import dataclass
from datetime import date

from credit_limits.gates.measured import Interval, counts, part_of


@dataclass(frozen=True, slots=True)
class GroupTreated:
    """How the customers of one group of a protected attribute would be treated.

    Of ``customers``, ``raised`` would have a limit raised; of the ``good`` among them (none of
    their accounts' latest known labels is a default) ``good_raised``. The added limit of those
    raised has the mean ``added_mean_minor`` and the standard deviation ``added_deviation_minor``.
    ``score_auc`` and ``inputs_auc`` say how well the model's score, and all its inputs together,
    tell this group from all others: 0.5 not at all, 1 always.
    """

    group: str
    customers: int
    raised: int
    good: int
    good_raised: int
    added_mean_minor: float
    added_deviation_minor: float
    score_auc: float
    inputs_auc: float

    def __post_init__(self) -> None:
        counts(
            customers=self.customers,
            raised=self.raised,
            good=self.good,
            good_raised=self.good_raised,
            added_mean_minor=self.added_mean_minor,
            added_deviation_minor=self.added_deviation_minor,
        )
        part_of(self.raised, self.customers)
        part_of(self.good, self.customers)
        part_of(self.good_raised, self.good)
        part_of(self.good_raised, self.raised)


@dataclass(frozen=True, slots=True)
class AttributeTreated:
    """A protected attribute that the lender knows, and every group of it, by name."""

    attribute: str
    groups: tuple[GroupTreated, ...]


@dataclass(frozen=True, slots=True)
class FairnessEvidence:
    """Check 8: decisions on ``customers`` by every protected attribute that the lender knows.

    ``jurisdiction`` is the lender's, which says whether an attribute refuses; where it is empty
    the strictest counts.
    """

    customers: int
    attributes: tuple[AttributeTreated, ...]
    jurisdiction: str = ""

    def __post_init__(self) -> None:
        counts(customers=self.customers)


@dataclass(frozen=True, slots=True)
class LimitResponseEvidence:
    """Check 9: what a higher limit causes, from limits drawn at random.

    ``rows`` observed, ``randomized_rows`` of them from limits drawn at random.
    ``default_log_odds_per_log_limit`` is the rise of the log odds of default, and
    ``balance_log_per_log_limit`` that of the logarithm of the balance, for a rise of the
    logarithm of the limit by one, with intervals. The former is None where too few defaulted to
    tell; the absences of :class:`~credit_limits.gates.evidence.Evidence` say why.
    ``dose_violations`` counts neighbouring steps of the dose, of ``dose_steps``, over which the
    balance, or the risk where it is told, falls beyond its interval.
    """

    rows: int
    randomized_rows: int
    default_log_odds_per_log_limit: Interval | None
    balance_log_per_log_limit: Interval
    dose_steps: int
    dose_violations: int

    def __post_init__(self) -> None:
        counts(
            rows=self.rows,
            randomized_rows=self.randomized_rows,
            dose_steps=self.dose_steps,
            dose_violations=self.dose_violations,
        )
        part_of(self.randomized_rows, self.rows)
        part_of(self.dose_violations, self.dose_steps)


@dataclass(frozen=True, slots=True)
class PolicyValueEvidence:
    """Check 10: what the candidate's decisions are worth, from outcomes of other decisions.

    ``value_minor_per_account``: estimated yearly profit an account of the candidate's decisions
    less that of the decisions taken, off policy, with its interval. ``effective_rows`` is the
    Kish sample size of its weights out of ``rows``; ``swapped_share`` the share of accounts that
    the two sets of decisions treat differently.
    """

    rows: int
    effective_rows: float
    swapped_share: float
    value_minor_per_account: Interval

    def __post_init__(self) -> None:
        counts(rows=self.rows, effective_rows=self.effective_rows)
        part_of(self.effective_rows, self.rows)


@dataclass(frozen=True, slots=True)
class AddedLimit:
    """Where the added limit of a set of decisions goes. Amounts in minor units.

    Of ``added_minor``, ``revolver_minor`` goes to customers who carry a balance in most months,
    and ``persistent_debt_minor`` to those in persistent debt as the limit policy defines it.
    """

    added_minor: int
    revolver_minor: int
    persistent_debt_minor: int

    def __post_init__(self) -> None:
        counts(
            added_minor=self.added_minor,
            revolver_minor=self.revolver_minor,
            persistent_debt_minor=self.persistent_debt_minor,
        )
        part_of(self.revolver_minor, self.added_minor)
        part_of(self.persistent_debt_minor, self.added_minor)


@dataclass(frozen=True, slots=True)
class WelfareEvidence:
    """Check 11: the candidate's added limit, and the champion's on the very same accounts.

    Today the accounts hold ``limit_minor``, of which revolvers ``revolver_limit_minor``.
    ``champion`` is None where the ledger knows none; then only the absolute bounds judge.
    """

    accounts: int
    limit_minor: int
    revolver_limit_minor: int
    candidate: AddedLimit
    champion: AddedLimit | None

    def __post_init__(self) -> None:
        counts(accounts=self.accounts, revolver_limit_minor=self.revolver_limit_minor)
        part_of(self.revolver_limit_minor, self.limit_minor)


@dataclass(frozen=True, slots=True)
class CapHeld:
    """A cap of the portfolio under the candidate's decisions, in the unit of its measure."""

    name: str
    bound: float
    used: float


@dataclass(frozen=True, slots=True)
class PortfolioEvidence:
    """Check 12: the candidate's decisions on today's portfolio of ``accounts`` accounts.

    ``gap`` is that of the allocation to its bound, relative. Amounts in minor units a year:
    ``expected_loss_minor`` counts what is drawn of the undrawn part on the way to a default
    (credit conversion factor), ``margin_minor`` is what the book earns before losses, and
    ``exposure_minor`` the exposure at default. The provision is the expected loss of a year.
    """

    accounts: int
    caps: tuple[CapHeld, ...]
    gap: float
    exposure_minor: float
    expected_loss_minor: float
    margin_minor: float

    def __post_init__(self) -> None:
        counts(accounts=self.accounts, exposure_minor=self.exposure_minor)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm of the monitoring, and what answered it; ``answer`` is empty where nothing did."""

    raised_on: date
    finding: str
    answer: str


@dataclass(frozen=True, slots=True)
class DriftEvidence:
    """Check 13: the ``watches`` in the ledger, and the ``alarms_raised`` among them, each."""

    watches: int
    alarms_raised: int
    alarms: tuple[Alarm, ...]

    def __post_init__(self) -> None:
        counts(watches=self.watches, alarms_raised=self.alarms_raised)
        part_of(self.alarms_raised, self.watches)


@dataclass(frozen=True, slots=True)
class PeopleEvidence:
    """Check 15: who was asked to approve, and who did.

    ``asked``: why people are asked, one reason each, such as ``first_champion``; empty where the
    policy asks for nobody. ``required`` approvals are needed; ``approvers`` gave one that
    verifies, each named once; ``rejected_by`` said no. ``maker`` asked for the promotion.
    """

    asked: tuple[str, ...]
    required: int
    maker: str
    approvers: tuple[str, ...]
    rejected_by: tuple[str, ...]

    def __post_init__(self) -> None:
        counts(required=self.required)

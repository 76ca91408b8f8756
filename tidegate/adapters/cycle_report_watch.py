"""What a cycle's page says of the watch: drift, first misses, matured decisions, brakes."""

from dataclasses import dataclass
from datetime import date

NOT_JUDGED = "not judged"
"""Level of a column that is measured and that the policy does not judge."""


@dataclass(frozen=True, slots=True)
class DriftColumn:
    """One watched column: population stability index and share of nulls, then and now.

    ``psi`` is ``None`` where the column is absent. ``finding`` says what moved, if anything, or why
    the policy does not judge it.
    """

    name: str
    psi: float | None
    null_share_reference: float
    null_share_now: float
    level: str
    finding: str


@dataclass(frozen=True, slots=True)
class FirstMisses:
    """Accounts that were current a month before and are past due, up to ``month_end``.

    Over ``months``, one or two together, ``past_due`` of ``accounts`` are: the ``share``, held
    against ``reference_share`` of the ``reference_months`` before; ``p_value`` is the chance of so
    high a share where nothing has changed. These are ``None`` where it was not judged, and
    ``finding`` says why.
    """

    level: str
    month_end: date | None
    months: int
    accounts: int
    past_due: int
    share: float | None
    reference_share: float | None
    reference_months: int
    p_value: float | None
    finding: str

    @property
    def judged(self) -> bool:
        """Whether there were months and accounts enough."""
        return self.p_value is not None


@dataclass(frozen=True, slots=True)
class MaturedLine:
    """A group of matured decisions: observed against expected defaults.

    ``ratio`` is observed over expected with its 95 % interval; what is ``None`` was not measured.
    """

    name: str
    accounts: int
    defaults: int
    expected: float
    ratio: float | None
    low: float | None
    high: float | None
    level: str


@dataclass(frozen=True, slots=True)
class DecidedShift:
    """Shares of actions or limits of a group against earlier batches.

    ``effect`` is PSI beyond the noise of sampling, never below 0.
    """

    group: str
    measure: str
    accounts: int
    effect: float
    p_corrected: float
    level: str


@dataclass(frozen=True, slots=True)
class BrakeLine:
    """What happened to a brake: applied, released or open, and the brake in a few words."""

    state: str
    name: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift verdict, worst columns first; ``report`` names Evidently's page beside this one.

    ``report`` is empty where no page was made. ``columns_watched`` counts all columns,
    ``columns_moved`` those at notice or alarm. ``first_misses`` is ``None`` where the watch is of
    a time when they were not watched. ``matured`` are groups
    of matured decisions, all accounts first, ``decided`` how decisions shifted against the batches
    before. ``taken_back`` says what became of a champion that broke its bounds, empty for nothing.
    """

    level: str
    report: str
    rows: int
    columns_watched: int
    columns_moved: int
    worst: tuple[DriftColumn, ...]
    first_misses: FirstMisses | None
    brakes: tuple[BrakeLine, ...]
    matured: tuple[MaturedLine, ...] = ()
    decided: tuple[DecidedShift, ...] = ()
    taken_back: str = ""

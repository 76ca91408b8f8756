"""What an evidence pack says of a model version, as values: gathered, then rendered and kept.

Shares and probabilities are 0 to 1, money is in minor units, times are UTC. ``None`` or an empty
tuple means that nothing of the kind is known; the page says so.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from tidegate.adapters.cycle_report_model import ModelComparison
from tidegate.adapters.data_sheet import DataSheet


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the reader, and the commands with which it is done."""

    text: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unusual:
    """Something that a reader should weigh before signing; ``kind`` in two words."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class BoundRow:
    """A figure against its threshold: ``low`` and ``high`` bound it where it has an interval.

    ``figure`` is the one that is judged, which may be an end of the interval; ``reason`` says why
    the threshold is where it is, in the words of the thresholds file. ``margin`` is how far the
    figure lies on the good side, as a share of the threshold; None where that means nothing.
    """

    figure: str
    measured: float | None
    low: float | None
    high: float | None
    sign: str
    threshold: float
    unit: str
    reason: str
    margin: float | None


@dataclass(frozen=True, slots=True)
class CheckPage:
    """One check: what it asks, what it found, figure by figure, and what became of it.

    ``also`` are figures that were measured and not judged.
    """

    number: int
    check: str
    asks: str
    verdict: str
    message: str
    bounds: tuple[BoundRow, ...]
    also: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class GroupRow:
    """How the customers of one group would be treated; ``consequence`` of its attribute's failing.

    ``raised`` of ``customers`` would be given more, on average ``added_mean_minor``; ``score_auc``
    says how well the score tells the group, 0.5 not at all.
    """

    attribute: str
    group: str
    consequence: str
    customers: int
    raised: int
    good: int
    good_raised: int
    added_mean_minor: float
    score_auc: float | None


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """Test rows in a band of predicted probability from ``low`` to ``high``."""

    low: float
    high: float
    rows: int
    defaults: int
    predicted: float

    @property
    def observed(self) -> float:
        """Share of the rows that defaulted."""
        return self.defaults / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Act:
    """Who did what, when: an entry of the ledger, ``key_id`` where a key signed it."""

    what: str
    who: str
    when: datetime
    key_id: str
    words: str
    entry: int


@dataclass(frozen=True, slots=True)
class EvidencePack:
    """Everything that the page of a version says.

    ``purpose`` says for what the version would decide. ``evidence_kept``: the evidence beside the
    version is the very one of this verdict. ``facts`` are versions and digests, by name.
    """

    model_name: str
    version: str
    as_of: date
    cleared: bool
    sentence: str
    purpose: str
    asked: Asked
    unusual: tuple[Unusual, ...]
    checks: tuple[CheckPage, ...]
    comparison: ModelComparison | None
    calibration: tuple[ScoreBand, ...]
    scores: tuple[ScoreBand, ...]
    groups: tuple[GroupRow, ...]
    evidence_kept: bool
    data: DataSheet | None
    card: str
    facts: tuple[tuple[str, str], ...]
    data_versions: tuple[tuple[str, int], ...]
    acts: tuple[Act, ...]
    verify: tuple[tuple[str, str], ...]
    artefacts: tuple[tuple[str, str], ...]

    @property
    def passed(self) -> int:
        """How many checks were passed."""
        return sum(check.verdict == "passed" for check in self.checks)

    def as_plain(self) -> dict[str, object]:
        """The pack as JSON-able values, days and times as themselves."""
        return asdict(self)

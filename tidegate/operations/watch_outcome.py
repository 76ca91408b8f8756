"""What a watch came to, small enough for a ledger entry and a screen."""

from datetime import date
from math import isfinite

from pydantic import BaseModel, ConfigDict

from monitoring.drift import ColumnDrift
from monitoring.early_delinquency import EarlyVerdict
from tidegate.operations.decided_shares import DecisionDriftRow
from tidegate.operations.matured_decisions import MaturedRow
from tidegate.operations.take_back import TakenBack


class ColumnRow(BaseModel):
    """One watched column. Shares are 0 to 1; ``psi`` is None where there is nothing to measure.

    ``p_value`` is the chance of such a shift where nothing has changed, ``p_corrected`` the same
    corrected for the number of columns. ``measured`` is the level of this watch by itself; an
    input's ``level`` is less until it has been measured often enough. Empty or None: a watch of
    before these were kept.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    psi: float | None
    noise: float
    null_share_reference: float
    null_share_now: float
    unseen_share: float
    level: str
    finding: str
    p_value: float | None = None
    p_corrected: float | None = None
    measured: str = ""


class EarlyDelinquencyRow(BaseModel):
    """First missed payments of the ``months`` (one, or two together) up to ``month_end``.

    Of the ``accounts`` that were current a month before, ``past_due`` are so now: the ``share``,
    held against ``reference_share`` of the ``reference_months`` before. ``dispersion`` is how
    much those vary beyond chance, 1 for not at all. What is None could not be judged, and
    ``finding`` says why; ``ratio`` is also None over a reference share of 0.
    """

    model_config = ConfigDict(frozen=True)

    level: str
    finding: str
    month_end: date | None
    months: int
    accounts: int
    past_due: int
    reference_months: int
    share: float | None
    reference_share: float | None
    ratio: float | None
    dispersion: float | None
    p_value: float | None


class WatchDriftOutcome(BaseModel):
    """The verdict: ``level`` is none, notice or alarm, the worst of all that was looked at.

    That is the columns, ``early``, ``matured`` and ``decisions``; what is None is of a watch of
    before it was looked at.

    ``report`` is Evidently's page, empty where none was asked for. ``brakes_applied`` and
    ``brakes_released`` are the names of the brakes that this watch applied and released;
    ``taken_back`` says which version takes the place of a champion that broke its bounds.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    as_of: date
    level: str
    finding: str
    columns: list[ColumnRow]
    rows: int
    report: str
    model_version: str
    certificate_digest: str
    thresholds_version: str
    early: EarlyDelinquencyRow | None = None
    matured: MaturedRow | None = None
    brakes_applied: list[str] = []
    brakes_released: list[str] = []
    decisions: DecisionDriftRow | None = None
    taken_back: TakenBack | None = None
    recognised: bool = False


def early_row(verdict: EarlyVerdict) -> EarlyDelinquencyRow:
    """The verdict on first missed payments as a row."""
    months, test = verdict.months, verdict.test
    return EarlyDelinquencyRow(
        level=verdict.level.word,
        finding=verdict.finding,
        month_end=months[-1].month_end if months else None,
        months=len(months),
        accounts=sum(month.current for month in months),
        past_due=sum(month.rolled for month in months),
        reference_months=len(verdict.reference),
        share=test.share if test else None,
        reference_share=test.reference_share if test else None,
        ratio=test.ratio if test and isfinite(test.ratio) else None,
        dispersion=test.dispersion if test else None,
        p_value=test.p_value if test else None,
    )


def column_row(column: ColumnDrift) -> ColumnRow:
    """A watched column as a row."""
    return ColumnRow(
        name=column.name,
        psi=column.psi,
        noise=column.noise,
        null_share_reference=column.null_share_reference,
        null_share_now=column.null_share_now,
        unseen_share=column.unseen_share,
        level=column.level.word,
        finding=column.finding,
        p_value=column.p_value,
        p_corrected=column.p_corrected,
        measured=column.measured.word,
    )

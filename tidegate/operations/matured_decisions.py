"""Decisions of the champion whose outcome is known by now, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.domain.periods import add_months
from credit_limits.ledger.entry import EntryKind
from monitoring.matured import MaturedVerdict, matured_verdict, not_judged
from monitoring.matured_thresholds import MaturedThresholds
from tidegate.operations.platform import Platform

LABEL_TABLES = ("accounts", "outcomes", "statements")
_BY = ("product", "segment")
_DECISIONS = """
SELECT
    d.account_id, d.customer_id, d.as_of, d.product, d.batch_id,
    d.model_default_probability AS score
FROM decisions d
WHERE list_contains($batches, d.batch_id) AND d.model_default_probability IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY d.account_id, d.as_of ORDER BY d.decision_id) = 1
ORDER BY d.as_of, d.account_id
"""
_SEGMENTS = """
SELECT customer_id, arg_max(segment, event_timestamp) AS segment
FROM customers GROUP BY customer_id
"""


class MaturedGroupRow(BaseModel):
    """Observed against expected defaults of a group; ``name`` is "all", or column and value.

    ``ratio`` is observed over expected, with its 95 % interval. What is None could not be
    measured, and a ``p_corrected`` of None says that too few defaults were expected to judge.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    accounts: int
    defaults: int
    expected: float
    ratio: float | None
    low: float | None
    high: float | None
    p_corrected: float | None
    level: str


class MaturedRow(BaseModel):
    """What became of the accounts that the champion decided on, as far as it is known.

    ``waiting`` are accounts of the ``cohorts`` whose outcome is not known; they are in no figure.
    Without cohorts nothing was judged, and ``finding`` says why.
    """

    model_config = ConfigDict(frozen=True)

    level: str
    finding: str
    cohorts: list[date]
    waiting: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    groups: list[MaturedGroupRow]


@dataclass(frozen=True, slots=True)
class DecidedBatches:
    """Batches of one model whose label window is over: their ids, by cohort, oldest first."""

    by_cohort: dict[date, tuple[str, ...]]

    @property
    def ids(self) -> list[str]:
        """The ids of all of them."""
        return [batch for batches in self.by_cohort.values() for batch in batches]


def decided_batches(
    platform: Platform, artefact_digest: str, as_of: date, *, window_months: int, cohorts: int
) -> DecidedBatches:
    """The latest ``cohorts`` days on which a model decided and whose window is over at ``as_of``.

    What another model has decided says nothing of this one.
    """
    found: dict[date, list[str]] = {}
    for entry in platform.ledger.entries(EntryKind.LIMITS_ADJUSTED):
        day = date.fromisoformat(str(entry.payload["as_of"]))
        over = add_months(day, window_months) <= as_of
        if over and entry.payload["artefact_digest"] == artefact_digest:
            found.setdefault(day, []).append(str(entry.payload["batch_id"]))
    days = sorted(found)[-cohorts:]
    return DecidedBatches({day: tuple(found[day]) for day in days})


def matured_performance(
    platform: Platform,
    batches: DecidedBatches,
    as_of: date,
    thresholds: MaturedThresholds,
    *,
    window_months: int,
) -> MaturedVerdict:
    """What became of these batches, as far as it was known at ``as_of``."""
    if not batches.ids:
        return not_judged("no decision of this model has a label window that is over")
    try:
        labelled, waiting = labelled_decisions(
            platform, batches.ids, as_of, thresholds, window_months=window_months
        )
    except NotEnoughOutcomes as error:
        return not_judged(str(error))
    if labelled.empty:
        return not_judged("every account of the matured cohorts was in default already")
    cohorts = sorted({stamp.date() for stamp in labelled["as_of"]})
    by = [name for name in _BY if name in labelled]
    return matured_verdict(labelled, by, thresholds, cohorts=cohorts, waiting=waiting)


def matured_row(verdict: MaturedVerdict) -> MaturedRow:
    """The verdict as the ledger keeps it."""
    auc, low, high = verdict.auc or (None, None, None)
    return MaturedRow(
        level=verdict.level.word,
        finding=verdict.finding,
        cohorts=list(verdict.cohorts),
        waiting=verdict.waiting,
        auc=auc,
        auc_low=low,
        auc_high=high,
        groups=[
            MaturedGroupRow(
                name=group.name,
                accounts=group.accounts,
                defaults=group.defaults,
                expected=group.expected,
                ratio=group.ratio,
                low=group.low,
                high=group.high,
                p_corrected=group.p_corrected,
                level=group.level.word,
            )
            for group in verdict.groups
        ],
    )


def labelled_decisions(
    platform: Platform,
    batch_ids: Sequence[str],
    as_of: date,
    thresholds: MaturedThresholds,
    *,
    window_months: int,
) -> tuple[pd.DataFrame, int]:
    """The decisions of batches with a label, and how many of their cohorts still wait for one.

    Columns: ``account_id``, ``customer_id``, ``as_of``, ``product``, ``batch_id``, ``score``,
    ``label`` and, where the lender has it, ``segment``. Raises
    :class:`~credit_limits.domain.errors.NotEnoughOutcomes` where nothing is labelled.
    """
    decided = _decided(platform, batch_ids, as_of)
    return _labelled(platform, decided, as_of, thresholds, window_months)


def _decided(platform: Platform, batch_ids: Sequence[str], as_of: date) -> pd.DataFrame:
    """The decisions, with the customer's segment where there is one, as known at ``as_of``."""
    with platform.lake.connect(tables=["decisions"]) as lake:
        decided: pd.DataFrame = lake.execute(_DECISIONS, {"batches": list(batch_ids)}).df()
    with platform.lake.connect(known_at=as_of, tables=["customers"]) as lake:
        columns = {name for name, *_ in lake.execute("DESCRIBE customers").fetchall()}
        if "segment" not in columns:
            return decided
        segments = lake.execute(_SEGMENTS).df()
    return decided.merge(segments, on="customer_id", how="left")


def _labelled(
    platform: Platform,
    decided: pd.DataFrame,
    as_of: date,
    thresholds: MaturedThresholds,
    window_months: int,
) -> tuple[pd.DataFrame, int]:
    """The decisions with a label, and how many of their cohorts still wait for one."""
    from training.labels import labels_from_outcomes, labels_from_statements

    tables = [table for table in LABEL_TABLES if platform.lake.exists(table)]
    label = labels_from_outcomes if "outcomes" in tables else labels_from_statements
    days = pd.to_datetime(decided["as_of"]).dt.date
    entities = pa.table(
        {
            "account_id": pa.array(decided["account_id"], pa.string()),
            "as_of": pa.array(days, pa.date32()),
        }
    )
    with platform.lake.connect(known_at=as_of, tables=tables) as connection:
        labels = label(
            connection,
            entities,
            retrain_as_of=as_of,
            label_window_months=window_months,
            resolved_share_floor=thresholds.resolved_floor,
        )
    known = labels.frame[["account_id", "as_of", "label"]]
    rows = decided.assign(as_of=pd.to_datetime(decided["as_of"])).merge(
        known, on=["account_id", "as_of"], how="inner"
    )
    return rows, sum(cohort.unresolved for cohort in labels.cohorts if cohort.mature)

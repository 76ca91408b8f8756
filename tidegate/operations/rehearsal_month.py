"""One month of the platform in a rehearsal: production's operations, in production's order.

What each step came to is kept in the month's record as soon as it is done. A rehearsal that was
killed goes on from the records: a step that was done is not tried again when the champion has
changed since, and one that was cut short is recognised or finished by its own operation.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from credit_limits.domain.errors import (
    AllocationInfeasible,
    BatchRefused,
    DataMissing,
    GateRefused,
    ModelError,
    NoCertifiedChampion,
    TidegateError,
)
from tidegate.operations.adjust_limits import (
    AdjustLimitsOutcome,
    AdjustLimitsRequest,
    adjust_limits,
)
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch
from tidegate.operations.materialize_features import (
    MaterializeFeaturesOutcome,
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.promotion_outcome import PromoteModelOutcome
from tidegate.operations.retrain_model import (
    RetrainModelOutcome,
    RetrainModelRequest,
    retrain_model,
)
from tidegate.operations.watch_drift import WatchDriftRequest, watch_drift
from tidegate.operations.watch_outcome import WatchDriftOutcome

_SOURCE = "world"
_ALARM = "alarm"
_GOES_ON_AFTER: dict[str, tuple[type[TidegateError], ...]] = {
    "trained": (ModelError, DataMissing),
    "judged": (GateRefused,),
    "adjusted": (NoCertifiedChampion, AllocationInfeasible),
}
_RequestT = TypeVar("_RequestT", bound=BaseModel)
_OutcomeT = TypeVar("_OutcomeT", bound=BaseModel)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Delivery(_Value):
    """What became of files that were handed in: rows, or why the batch was refused."""

    name: str
    batch_id: str | None = None
    rows_read: int = 0
    rows_quarantined: int = 0
    refused: str | None = None


class MonthRecord(_Value):
    """What the platform did in a month; a step that was not called for has no outcome.

    ``refused`` says, by step, why one that was tried came to nothing.
    """

    month_end: date
    deliveries: tuple[Delivery, ...] = ()
    materialized: MaterializeFeaturesOutcome | None = None
    watched: WatchDriftOutcome | None = None
    trained: RetrainModelOutcome | None = None
    judged: PromoteModelOutcome | None = None
    adjusted: AdjustLimitsOutcome | None = None
    refused: dict[str, str] = {}
    finished: bool = False

    @property
    def alarmed(self) -> bool:
        """Whether the watch gave an alarm."""
        return self.watched is not None and self.watched.level == _ALARM

    @property
    def promoted(self) -> bool:
        """Whether a version was cleared: it is champion, or launches."""
        return self.judged is not None and self.judged.cleared


class MonthPlan(_Value):
    """What is asked of a month.

    ``again`` is the sound delivery, handed in where another was refused. ``history_months`` are
    month ends of which features are kept, ``train_every_months`` how often a training is due
    whatever the watch says.
    """

    month_end: date
    deliveries: tuple[Path, ...]
    again: Path
    history_months: int
    train_every_months: int
    feature_service: str
    label_window_months: int
    seed: int


def run_month(
    platform: Platform, plan: MonthPlan, before: Sequence[MonthRecord], path: Path
) -> tuple[MonthRecord, dict[str, float]]:
    """Carry out what the record at ``path`` does not say is done.

    Returns the finished record, and the seconds of each step that was carried out now.
    """
    return _Month(platform, plan, before, path).run()


def read_record(path: Path) -> MonthRecord | None:
    """The record at ``path``, if there is one."""
    return MonthRecord.model_validate_json(path.read_bytes()) if path.exists() else None


class _Month:
    def __init__(
        self, platform: Platform, plan: MonthPlan, before: Sequence[MonthRecord], path: Path
    ) -> None:
        self._platform, self._plan, self._before, self._path = platform, plan, before, path
        self._record = read_record(path) or MonthRecord(month_end=plan.month_end)
        self._seconds: dict[str, float] = {}

    def run(self) -> tuple[MonthRecord, dict[str, float]]:
        for path in self._plan.deliveries[len(self._record.deliveries) :]:
            self._ingest(path)
        if self._must_come_again():
            self._ingest(self._plan.again)
        if any(delivery.batch_id for delivery in self._record.deliveries):
            self._decide()
        self._keep(finished=True)
        return self._record, self._seconds

    def _decide(self) -> None:
        plan, as_of = self._plan, self._plan.month_end
        self._step(
            "materialized",
            materialize_features,
            MaterializeFeaturesRequest(
                as_of=as_of,
                feature_service=plan.feature_service,
                history_months=plan.history_months,
            ),
        )
        if self._has_champion():
            self._step("watched", watch_drift, WatchDriftRequest(as_of=as_of, page=False))
        if self._training_is_due():
            self._step(
                "trained",
                retrain_model,
                RetrainModelRequest(
                    as_of=as_of,
                    feature_service=plan.feature_service,
                    label_window_months=plan.label_window_months,
                    seed=plan.seed,
                ),
            )
        if self._record.trained is not None:
            request = PromoteModelRequest(version=self._record.trained.version, as_of=as_of)
            self._step("judged", promote_model, request)
        self._step("adjusted", adjust_limits, AdjustLimitsRequest(as_of=as_of))

    def _has_champion(self) -> bool:
        return any(record.promoted for record in self._before)

    def _training_is_due(self) -> bool:
        """By the calendar, at the first alarm of several, and as long as nobody may decide."""
        trained = [record.month_end for record in self._before if record.trained is not None]
        if not trained or not self._has_champion():
            return True
        months = sum(record.month_end > trained[-1] for record in self._before) + 1
        first_alarm = self._record.alarmed and not self._before[-1].alarmed
        return first_alarm or months >= self._plan.train_every_months

    def _must_come_again(self) -> bool:
        done = self._record.deliveries
        return len(done) <= len(self._plan.deliveries) and any(each.refused for each in done)

    def _ingest(self, path: Path) -> None:
        with self._timed("ingested"):
            delivery = _ingested(self._platform, path)
        self._keep(deliveries=(*self._record.deliveries, delivery))

    def _step(
        self, name: str, operation: Callable[[Platform, _RequestT], _OutcomeT], request: _RequestT
    ) -> None:
        if getattr(self._record, name) is not None or name in self._record.refused:
            return
        try:
            with self._timed(name):
                outcome = operation(self._platform, request)
            # that a step cut short was recognised is nothing that happened in the rehearsal
            self._keep(**{name: outcome.model_copy(update={"recognised": False})})
        except _GOES_ON_AFTER.get(name, ()) as refusal:
            self._keep(refused={**self._record.refused, name: str(refusal)})

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self._seconds[name] = self._seconds.get(name, 0.0) + perf_counter() - start

    def _keep(self, **changes: object) -> None:
        self._record = self._record.model_copy(update=changes)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(f".{self._path.name}.partial")
        partial.write_text(self._record.model_dump_json(indent=1), encoding="utf-8")
        partial.replace(self._path)


def _ingested(platform: Platform, path: Path) -> Delivery:
    try:
        outcome = ingest_batch(platform, IngestBatchRequest(path=path, source=_SOURCE))
    except BatchRefused as refused:
        return Delivery(name=path.name, refused=str(refused))
    return Delivery(
        name=path.name,
        batch_id=outcome.batch_id,
        rows_read=outcome.rows_read,
        rows_quarantined=outcome.rows_quarantined,
    )

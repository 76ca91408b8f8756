"""One world lived from its history to the end of the rehearsal, with the platform deciding."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import structlog

from credit_limits.rehearsal.books import Books
from credit_limits.rehearsal.judging import TrueRisk, true_risk
from credit_limits.simulation.faults import Fault, with_faults
from credit_limits.simulation.orders import LimitOrders
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import MonthBatch, RunningWorld, gathered
from tidegate.operations.platform import Platform
from tidegate.operations.rehearsal_month import MonthPlan, MonthRecord, read_record, run_month
from tidegate.operations.rehearsal_platform import SimulatedClock
from tidegate.operations.rehearsal_world import nobody_moves, orders_of, write_delivery

_FEATURE_SERVICE = "default_risk_v1"
_LABEL_WINDOW_MONTHS = 6
_FEATURE_MONTHS = 19
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Course:
    """What is lived: the world, how long before the platform decides, and what goes wrong.

    ``parameters.months`` are all months, history included.
    """

    parameters: WorldParameters
    history_months: int
    train_every_months: int
    faults: tuple[Fault, ...]

    @property
    def months(self) -> int:
        """Months that are lived under the platform."""
        return self.parameters.months - self.history_months


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month as it is told while the rehearsal goes on.

    ``number`` counts the months lived under the platform from 1; 0 is the hand-over, which has
    the history's rows. ``seconds`` are those of each step carried out now, and of the world.
    """

    number: int
    months: int
    seed: int
    record: MonthRecord
    seconds: dict[str, float]

    @property
    def rows(self) -> int:
        """Source lines read; a batch that came twice counts once."""
        return sum({each.batch_id: each.rows_read for each in self.record.deliveries}.values())


@dataclass(frozen=True, slots=True)
class Lived:
    """What living a course came to: a record a month, hand-over first, and the books.

    ``risks`` has the truth of each month in which there was a new champion.
    """

    records: tuple[MonthRecord, ...]
    books: Books
    risks: tuple[TrueRisk, ...]


def live(
    platform: Platform,
    clock: SimulatedClock,
    course: Course,
    on_month: Callable[[MonthLine], None],
) -> Lived:
    """Live the course, or what is left of it.

    Months whose records are finished are lived again in the world alone, under the limits that
    the platform decided in them; all others go through the platform.
    """
    life = _Life(platform, clock, course)
    for number in range(course.months + 1):
        line = life.next_month(number)
        _tell(line)
        on_month(line)
    return Lived(tuple(life.records), life.books, tuple(life.risks))


def record_path(folder: Path, month_end: date) -> Path:
    """Where the record of a month is kept in a rehearsal's folder."""
    return folder / "months" / f"{month_end}.json"


@dataclass
class _Life:
    platform: Platform
    clock: SimulatedClock
    course: Course
    records: list[MonthRecord] = field(default_factory=list)
    risks: list[TrueRisk] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = RunningWorld(self.course.parameters)
        self.books = Books(self.world.scene)
        self._orders: LimitOrders | None = None
        self._earlier: MonthBatch | None = None

    def next_month(self, number: int) -> MonthLine:
        start = perf_counter()
        batch, name = self._lived(number)
        lived = perf_counter() - start
        day = self.world.scene.calendar.month_end(batch.month)
        self.clock.day = day
        path = record_path(self.platform.settings.root, day)
        record = read_record(path)
        seconds: dict[str, float] = {}
        if record is None or not record.finished:
            plan = self._plan(batch, name, day)
            record, seconds = run_month(self.platform, plan, self.records, path)
        self.records.append(record)
        if record.promoted:
            self.risks.append(true_risk(self.world))
        self._orders = self._decided(record)
        return MonthLine(
            number,
            self.course.months,
            self.course.parameters.seed,
            record,
            {"world": lived, **seconds},
        )

    def _lived(self, number: int) -> tuple[MonthBatch, str]:
        """What becomes known by the next month's end, and a name for its files."""
        if number == 0:
            batches = [self.world.step() for _ in range(self.course.history_months)]
            self._batch = batches[-1]
            return MonthBatch(self._batch.month, gathered(batches)), "history"
        before, self._earlier = self.world.standing, self._batch
        self._batch = self.world.step(self._orders)
        self.books.close_month(before, self.world.standing, self.world.changes)
        return self._batch, "month"

    def _plan(self, batch: MonthBatch, name: str, day: date) -> MonthPlan:
        inbox = self.platform.settings.root / "inbox" / str(day)
        faulty = (
            with_faults(batch, self.course.faults, self._earlier) if self._earlier else (batch,)
        )
        return MonthPlan(
            month_end=day,
            deliveries=tuple(
                write_delivery(inbox / f"{name}-{place}", delivered)
                for place, delivered in enumerate(faulty, start=1)
            ),
            again=write_delivery(inbox / f"{name}-sound", batch),
            history_months=_FEATURE_MONTHS,
            train_every_months=self.course.train_every_months,
            feature_service=_FEATURE_SERVICE,
            label_window_months=_LABEL_WINDOW_MONTHS,
            seed=self.course.parameters.seed,
        )

    def _decided(self, record: MonthRecord) -> LimitOrders:
        if record.adjusted is None:
            return nobody_moves()
        lake = self.platform.lake
        rows = [lake.read("decisions", batch_id=batch) for batch in record.adjusted.batch_ids]
        return orders_of(self.world.scene, pa.concat_tables(rows))


def _tell(line: MonthLine) -> None:
    record = line.record
    _log.info(
        "month_rehearsed",
        month_end=str(record.month_end),
        number=line.number,
        months=line.months,
        seed=line.seed,
        rows=line.rows,
        drift=record.watched.level if record.watched else None,
        champion=record.judged.cleared if record.judged else None,
        actions=record.adjusted.actions if record.adjusted else None,
        seconds={step: round(seconds, 1) for step, seconds in line.seconds.items()},
    )

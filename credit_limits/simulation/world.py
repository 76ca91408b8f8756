"""The world as a whole, lived month by month: the tables that a lender would have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from credit_limits.simulation.accounts import draw_accounts
from credit_limits.simulation.bureau import bureau_of_month, is_reported
from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.columns import Floats, Table, split_by_knowledge, stacked
from credit_limits.simulation.customers import (
    CustomerRecords,
    changed_records,
    customers_table,
    distress_records,
    draw_customers,
    first_records,
    lost_log_income,
    protected_table,
)
from credit_limits.simulation.macro import draw_macro, macro_table
from credit_limits.simulation.orders import LimitOrders, ordered_changes, with_orders
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.past_policy import (
    NO_CHANGES,
    LimitChanges,
    limit_changes_table,
    past_changes,
)
from credit_limits.simulation.portfolio import (
    BURN_IN_MONTHS,
    Scene,
    Standing,
    advance,
    begin,
    seen_by_policy,
)
from credit_limits.simulation.relations import draw_circles, links_table
from credit_limits.simulation.signals import events_of_month
from credit_limits.simulation.statements import (
    change_records,
    opening_records,
    statements_of_month,
)
from credit_limits.simulation.streams import Concern, Streams
from credit_limits.simulation.transactions import transactions_of_month

MODEL_VERSION = 4
"""Raised with every change after which the same parameters make other rows."""

TABLE_NAMES = (
    "accounts",
    "activity_events",
    "bureau",
    "customers",
    "limit_changes",
    "links",
    "macro",
    "protected",
    "statements",
    "transactions",
)


@dataclass(frozen=True, slots=True)
class MonthBatch:
    """The rows of each table that become known in one month.

    The first batch also holds what was known before the world's first month.
    """

    month: int
    tables: dict[str, Table]


def simulate_tables(parameters: WorldParameters) -> dict[str, Table]:
    """All tables of the world of these parameters, by name, empty ones left out.

    Outcomes have no table: they follow from later statements.
    """
    return gathered(simulate_months(parameters))


def simulate_months(parameters: WorldParameters) -> Iterator[MonthBatch]:
    """The world's months in order under the past policy."""
    world = RunningWorld(parameters)
    for _ in range(parameters.months):
        yield world.step()


def gathered(batches: Iterable[MonthBatch]) -> dict[str, Table]:
    """The tables of several months together."""
    parts: dict[str, list[Table]] = {name: [] for name in TABLE_NAMES}
    for batch in batches:
        for name, table in batch.tables.items():
            parts[name].append(table)
    return {name: stacked(rows) for name, rows in parts.items() if rows}


def build_scene(p: WorldParameters) -> Scene:
    """Everything that the months of a world have in common."""
    calendar, streams = Calendar(p.start, p.months), Streams(p.seed)
    circles = draw_circles(p.customers, p.population, streams)
    customers = draw_customers(p.customers, p.population, circles, streams)
    accounts = draw_accounts(customers, p, calendar, streams)
    macro = draw_macro(p, calendar, streams)
    return Scene(p, calendar, streams, customers, circles, accounts, macro)


class RunningWorld:
    """A world that is lived month by month, each made without the months after it.

    ``scene`` is what the months have in common, ``standing`` how the last one ended (at first,
    how the month before the world did); ``changes`` are the limits moved in it. The same
    parameters and orders give the same rows, so a world is resumed by living it again.
    """

    def __init__(self, parameters: WorldParameters) -> None:
        self.scene = build_scene(parameters)
        self._post = _Post()
        self._post.add(_founding_tables(self.scene))
        self.standing = begin(self.scene)
        self.changes = NO_CHANGES
        for _ in range(BURN_IN_MONTHS):
            before, log_income = self.standing, self.standing.log_income
            self.standing = advance(self.scene, before, NO_CHANGES, log_income)
            records = change_records(before, self.standing, NO_CHANGES, self.scene)
            self._post.add({"accounts": records, **_bureau_tables(self.scene, self.standing)})
            self._post.add({"customers": _incomes_in_distress(self.scene, before, self.standing)})

    def step(self, orders: LimitOrders | None = None) -> MonthBatch:
        """Live one month more and hand out what becomes known in it.

        Args:
            orders: limits decided at the end of the month before; without any, the past policy
                decides.
        """
        scene, before, entering = self.scene, self.standing, self.standing
        if orders is None:
            changes = past_policy(scene, before)
        else:
            changes = ordered_changes(scene, before, orders)
            entering = with_orders(before, orders)
        records, log_income = _changed_incomes(scene, before)
        self.standing, self.changes = advance(scene, entering, changes, log_income), changes
        self._post.add({"customers": _incomes_for_good(scene, self.standing, records)})
        self._post.add({"customers": _incomes_in_distress(scene, before, self.standing)})
        self._post.add(_tables_of_month(scene, before, self.standing, changes))
        month = self.standing.month
        return MonthBatch(month, self._post.known_by(scene.calendar.last_us(month)))


def past_policy(scene: Scene, standing: Standing) -> LimitChanges:
    """What the lender did before: reviews, cuts and a trial."""
    month = standing.month + 1
    return past_changes(
        seen_by_policy(scene, standing),
        scene.customers,
        scene.accounts,
        scene.parameters.past_policy,
        first_day_us=scene.calendar.first_us(month),
        rng=scene.streams.of(Concern.PAST_POLICY, month),
    )


def _founding_tables(scene: Scene) -> dict[str, Table]:
    """What does not depend on how the months go, created when it becomes known."""
    seen_us = scene.first_seen_us
    year = scene.calendar.start.year
    records = first_records(scene.customers, seen_us, year)
    lag = scene.parameters.macro.publication_lag_days
    return {
        "customers": customers_table(scene.customers, records, year),
        "protected": protected_table(scene.customers, seen_us),
        "accounts": opening_records(scene.accounts),
        "links": links_table(scene.circles, seen_us, scene.streams),
        "macro": macro_table(scene.macro, lag, scene.calendar),
    }


def _changed_incomes(scene: Scene, standing: Standing) -> tuple[CustomerRecords, Floats]:
    """Records of customers whose income changes for good, and everyone's from then on."""
    month, calendar = standing.month + 1, scene.calendar
    return changed_records(
        scene.customers,
        standing.log_income,
        scene.first_seen_us,
        (calendar.first_us(month), calendar.last_us(month)),
        p=scene.parameters.population,
        rng=scene.streams.of(Concern.INCOME, month),
    )


def _incomes_for_good(scene: Scene, standing: Standing, records: CustomerRecords) -> Table:
    """Rows of these records, short of what is lost to the distress of the month."""
    stated = records.log_income + _lost(scene, standing)[records.customer]
    return _customer_rows(scene, replace(records, log_income=stated))


def _incomes_in_distress(scene: Scene, before: Standing, standing: Standing) -> Table:
    """Rows of customers whose distress took their income in the month, or gave it back."""
    lost = _lost(scene, standing)
    records = distress_records(
        standing.log_income + lost,
        lost != _lost(scene, before),
        scene.first_seen_us,
        scene.calendar.first_us(standing.month),
    )
    return _customer_rows(scene, records)


def _lost(scene: Scene, standing: Standing) -> Floats:
    population = scene.parameters.population
    return lost_log_income(scene.customers, standing.distressed, population, scene.streams)


def _customer_rows(scene: Scene, records: CustomerRecords) -> Table:
    return customers_table(scene.customers, records, scene.calendar.start.year)


def _tables_of_month(
    scene: Scene, before: Standing, standing: Standing, changes: LimitChanges
) -> dict[str, Table]:
    """What happened in the month of ``standing``."""
    return {
        "accounts": change_records(before, standing, changes, scene),
        "limit_changes": limit_changes_table(changes, scene.accounts),
        "statements": statements_of_month(scene, standing),
        "transactions": transactions_of_month(scene, standing),
        "activity_events": events_of_month(scene, before, standing),
        **_bureau_tables(scene, standing),
    }


def _bureau_tables(scene: Scene, standing: Standing) -> dict[str, Table]:
    """The bureau's records, in the months in which it reports."""
    reported = is_reported(scene.calendar.month_end(standing.month).month)
    return {"bureau": bureau_of_month(scene, standing)} if reported else {}


class _Post:
    """Rows on their way to the lender: held until the month in which they become known."""

    def __init__(self) -> None:
        self._held: dict[str, list[Table]] = {}

    def add(self, tables: dict[str, Table]) -> None:
        for name, table in tables.items():
            self._held.setdefault(name, []).append(table)

    def known_by(self, end_us: int) -> dict[str, Table]:
        """Take out the rows that are known by ``end_us``; tables without any are left out."""
        known = {}
        for name, parts in self._held.items():
            split = [split_by_knowledge(part, end_us) for part in parts]
            self._held[name] = [later for _, later in split if later.num_rows]
            if now := [rows for rows, _ in split if rows.num_rows]:
                known[name] = stacked(now)
        return known

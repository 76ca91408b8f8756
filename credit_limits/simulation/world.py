"""The world as a whole: the tables a lender would have and, apart from them, the truth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from credit_limits.simulation.accounts import draw_accounts
from credit_limits.simulation.bureau import bureau_of_month, is_reported
from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.columns import Floats, Table, split_by_knowledge, stacked
from credit_limits.simulation.customers import (
    changed_records,
    customers_table,
    draw_customers,
    first_records,
    protected_table,
)
from credit_limits.simulation.macro import draw_macro, macro_table
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.past_policy import LimitChanges, limit_changes_table, past_changes
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
from credit_limits.simulation.truth import HORIZON_MONTHS, Truth, true_month, truth_of

MODEL_VERSION = 1
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
    """The rows of each table that become known in one month, and how the month really ended.

    The first batch also holds what was known before the world's first month.
    """

    month: int
    tables: dict[str, Table]
    standing: Standing


@dataclass(frozen=True, slots=True)
class World:
    """``tables`` by name, empty ones left out; ``truth`` is not for a lender's eyes."""

    parameters: WorldParameters
    tables: dict[str, Table]
    truth: Truth


def simulate_world(parameters: WorldParameters) -> World:
    """The world of these parameters, whole.

    Outcomes have no table: they follow from later statements.
    """
    scene = build_scene(parameters)
    parts: dict[str, list[Table]] = {name: [] for name in TABLE_NAMES}
    months = []
    for batch in simulate_months(scene):
        months.append(true_month(scene, batch.standing))
        for name, table in batch.tables.items():
            parts[name].append(table)
    tables = {name: stacked(rows) for name, rows in parts.items() if rows}
    return World(parameters, tables, truth_of(scene, months))


def build_scene(p: WorldParameters) -> Scene:
    """Everything that the months of a world have in common."""
    calendar, streams = Calendar(p.start, p.months), Streams(p.seed)
    circles = draw_circles(p.customers, p.population.circle_share, streams)
    customers = draw_customers(p.customers, p.population, circles, streams)
    accounts = draw_accounts(customers, p, calendar, streams)
    macro = draw_macro(p.macro, calendar, p.months + HORIZON_MONTHS, streams)
    return Scene(p, calendar, streams, customers, circles, accounts, macro)


LimitPolicy: TypeAlias = Callable[[Scene, Standing], LimitChanges]
"""Decides the changes of the month after a standing."""


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


def simulate_months(scene: Scene, policy: LimitPolicy = past_policy) -> Iterator[MonthBatch]:
    """The world's months in order, each made without the months after it."""
    post = _Post()
    post.add(_founding_tables(scene))
    standing = begin(scene)
    for _ in range(BURN_IN_MONTHS):
        before, standing = standing, advance(scene, standing, None, standing.log_income)
        post.add({"accounts": change_records(before, standing, None, scene)})
    for month in range(scene.calendar.months):
        changes = policy(scene, standing)
        incomes, log_income = _incomes_of_month(scene, standing)
        before, standing = standing, advance(scene, standing, changes, log_income)
        post.add({"customers": incomes})
        post.add(_tables_of_month(scene, before, standing, changes))
        yield MonthBatch(
            month=month,
            tables=post.known_by(scene.calendar.last_us(month)),
            standing=standing,
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


def _incomes_of_month(scene: Scene, standing: Standing) -> tuple[Table, Floats]:
    """Rows of customers whose income changes, and everyone's income from then on."""
    month, calendar = standing.month + 1, scene.calendar
    records, log_income = changed_records(
        scene.customers,
        standing.log_income,
        scene.first_seen_us,
        (calendar.first_us(month), calendar.last_us(month)),
        p=scene.parameters.population,
        rng=scene.streams.of(Concern.INCOME, month),
    )
    return customers_table(scene.customers, records, calendar.start.year), log_income


def _tables_of_month(
    scene: Scene, before: Standing, standing: Standing, changes: LimitChanges
) -> dict[str, Table]:
    """What happened in the month of ``standing``."""
    tables = {
        "accounts": change_records(before, standing, changes, scene),
        "limit_changes": limit_changes_table(changes, scene.accounts),
        "statements": statements_of_month(scene, standing),
        "transactions": transactions_of_month(scene, standing),
        "activity_events": events_of_month(scene, before, standing),
    }
    if is_reported(scene.calendar.month_end(standing.month).month):
        tables["bureau"] = bureau_of_month(scene, standing)
    return tables


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

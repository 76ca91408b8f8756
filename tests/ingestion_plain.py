"""The rules once more, one row at a time in plain Python: slow, and nothing to hide behind."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from credit_limits.ingestion.contracts import TableContract
from credit_limits.ingestion.derivation import ORIGIN, literal
from credit_limits.ingestion.rules import (
    Between,
    HasColumns,
    InSet,
    Level,
    NotNull,
    RowCount,
    Rule,
    RuleResult,
    fact_columns,
)
from credit_limits.ingestion.tables import TABLES

Row = dict[str, object]


def _ordered(earlier: str, later: str) -> Callable[[Row], bool]:
    def holds(row: Row) -> bool:
        one, two = row[earlier], row[later]
        return not (isinstance(one, datetime) and isinstance(two, datetime)) or one <= two

    return holds


def _adult(row: Row) -> bool:
    event, born = row["event_timestamp"], row["birth_year"]
    return event is None or born is None or event.year - born >= 18


def _minimum_due(row: Row) -> bool:
    due, balance = row["minimum_due_minor"], row["balance_minor"]
    if due is None:
        return True
    # SQL's greatest() passes over nulls, so an absent balance counts as zero here
    return due <= max(balance or 0, 0)


def _payment_due(row: Row) -> bool:
    due, event = row["payment_due_on"], row["event_timestamp"]
    if due is None or event is None:
        return True
    return 0 <= (due - event.astimezone(UTC).date()).days <= 366


def _cause_has_a_state(row: Row) -> bool:
    cause, status = row["status_cause"], row["status"]
    return cause is None or status in {None, "frozen", "increases_closed"}


def _known_after_cohort(row: Row) -> bool:
    known, event = row["known_at"], row["event_timestamp"]
    return known is None or event is None or known > event


def _two_customers(row: Row) -> bool:
    pair = (row["customer_id"], row["linked_customer_id"])
    return None in pair or pair[0] != pair[1]


def _has_propensity(row: Row) -> bool:
    randomized, propensity = row["randomized"], row["propensity"]
    return not randomized or propensity is None or not propensity <= 0


ROW_RULES: dict[str, Callable[[Row], bool]] = {
    "times_in_order": _ordered("event_timestamp", "created_timestamp"),
    "adult": _adult,
    "employment_before_event": _ordered("employment_since", "event_timestamp"),
    "opened_before_event": _ordered("opened_on", "event_timestamp"),
    "cause_has_a_state": _cause_has_a_state,
    "minimum_due_within_balance": _minimum_due,
    "payment_due_after_statement": _payment_due,
    "known_after_cohort": _known_after_cohort,
    "two_customers": _two_customers,
    "randomized_has_propensity": _has_propensity,
}


@dataclass
class PlainRules:
    """Runs rules over the rows of a relation, as :class:`QualityRun` does."""

    connection: duckdb.DuckDBPyConnection

    def validate(
        self, subject: str, relation: str, rules: Sequence[Rule], stage: str
    ) -> tuple[RuleResult, ...]:
        assert stage
        rows = self.connection.sql(f"FROM {relation}").to_arrow_table().to_pylist()
        return tuple(self._result(subject, relation, rule, rows) for rule in rules)

    def _result(self, subject: str, relation: str, rule: Rule, rows: list[Row]) -> RuleResult:
        if isinstance(rule.check, RowCount):
            most = math.inf if rule.check.maximum is None else rule.check.maximum
            passed = rule.check.minimum <= len(rows) <= most
            return RuleResult(rule, passed, 0, str(len(rows)), None)
        if isinstance(rule.check, HasColumns):
            described = self.connection.execute(f"DESCRIBE {relation}").fetchall()
            passed = set(rule.check.names) <= {name for name, *_ in described}
            return RuleResult(rule, passed, 0, "", None)
        bad = self._offending(subject, rule, rows)
        if rule.level is Level.BATCH:
            ceiling = rule.check.ceiling if isinstance(rule.check, NotNull) else 0.0
            passed = len(bad) <= ceiling * len(rows)
            return RuleResult(rule, passed, len(bad), "", None)
        return RuleResult(rule, not bad, len(bad), "", _as_query(bad) if bad else None)

    def _offending(self, subject: str, rule: Rule, rows: list[Row]) -> list[Row]:
        match rule.check:
            case NotNull(column):
                return [row for row in rows if row[column] is None]
            case Between() as check:
                return [row for row in rows if not _within(row[check.column], check)]
            case InSet(column, values):
                return [row for row in rows if row[column] not in {None, *values}]
        if rule.name in ROW_RULES:
            return [row for row in rows if not ROW_RULES[rule.name](row)]
        table = next(table for table in TABLES if table.name == subject)
        return self._against_other_rows(table, rule, rows)

    def _against_other_rows(self, table: TableContract, rule: Rule, rows: list[Row]) -> list[Row]:
        if rule.name == "stands_once":
            counted = Counter(_fact(table, row) for row in rows)
            return [row for row in rows if counted[_fact(table, row)] > 1]
        if rule.name == "not_known_before":
            known = {_fact(table, row) for row in self._all(f"earlier_{table.name}")}
            return [row for row in rows if _fact(table, row) in known]
        (column,) = rule.columns
        target = next(r for r in table.references if r.column == column)
        name = f"known_{target.target_table}_{target.target_column}"
        there = {row[target.target_column] for row in self._all(name)}
        return [row for row in rows if row[column] is not None and row[column] not in there]

    def _all(self, relation: str) -> list[Row]:
        found: list[Row] = self.connection.sql(f"FROM {relation}").to_arrow_table().to_pylist()
        return found


def origins(rows: Sequence[Row]) -> set[tuple[object, ...]]:
    return {tuple(row[name] for name in ORIGIN) for row in rows}


def _within(value: object, check: Between) -> bool:
    if value is None:
        return True
    assert isinstance(value, int | float)
    low = -math.inf if check.minimum is None else check.minimum
    high = math.inf if check.maximum is None else check.maximum
    return low <= value <= high


def _fact(table: TableContract, row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in fact_columns(table))


def _as_query(rows: list[Row]) -> str:
    values = ", ".join(
        f"({literal(str(file))}, {line}, {part})" for file, line, part in sorted(origins(rows))
    )
    return f"SELECT * FROM (VALUES {values}) AS offending({', '.join(ORIGIN)})"

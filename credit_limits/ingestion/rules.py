"""What is checked, one value a rule: the contract of a table spelt out, and the batch's limits.

The quality adapter renders each rule to an expectation. A rule of level ``row`` sends the lines
that break it to quarantine; one of level ``batch`` refuses the batch.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from credit_limits.ingestion.contracts import Column, RowRule, TableContract
from credit_limits.ingestion.derivation import ORIGIN, quoted
from credit_limits.ingestion.mapping import BatchLimits

_ORIGIN = ", ".join(ORIGIN)


class Level(StrEnum):
    """What a broken rule does."""

    ROW = "row"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class NotNull:
    """At most the share ``ceiling`` of ``column`` is null."""

    column: str
    ceiling: float = 0.0


@dataclass(frozen=True, slots=True)
class Between:
    """``column`` lies between the bounds, both included; null passes."""

    column: str
    minimum: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class InSet:
    """``column`` is one of ``values``, codes without quotes; null passes."""

    column: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if any("'" in value for value in self.values):
            raise ValueError(f"{self.column}: a code has a quote in it: {self.values}")


@dataclass(frozen=True, slots=True)
class NoRows:
    """A query over ``{batch}`` that gives where each offending row came from."""

    query: str


@dataclass(frozen=True, slots=True)
class RowCount:
    """The number of rows lies between the bounds, both included."""

    minimum: int
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class HasColumns:
    """These columns are there, whatever else is."""

    names: tuple[str, ...]


Check: TypeAlias = NotNull | Between | InSet | NoRows | RowCount | HasColumns


@dataclass(frozen=True, slots=True)
class Rule:
    """A check, the columns it is about, what a broken one does, and how it is said."""

    name: str
    columns: tuple[str, ...]
    level: Level
    check: Check
    message: str


@dataclass(frozen=True, slots=True)
class RuleResult:
    """How a rule fared.

    ``offending`` counts the rows that break it, where it is about rows; ``observed`` is what was
    seen, where it is about the whole. ``offending_rows`` is SQL that names where each offending
    row came from, for a rule of level ``row`` that does not hold.
    """

    rule: Rule
    passed: bool
    offending: int
    observed: str
    offending_rows: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What a table's rows are held against: names of relations in the same connection.

    ``references`` maps (target table, target column) to a relation with one column of that name.
    ``earlier`` has the facts of earlier batches, in columns of the contract's names.
    """

    references: Mapping[tuple[str, str], str]
    earlier: str


def contract_rules(table: TableContract, known: Known) -> tuple[Rule, ...]:
    """Everything that the contract of ``table`` asks of the rows of one batch."""
    rules = [
        Rule(
            "columns",
            (),
            Level.BATCH,
            HasColumns((*table.column_names, *ORIGIN)),
            "a column of the contract is missing",
        ),
        Rule(
            "row_floor",
            (),
            Level.BATCH,
            RowCount(table.minimum_rows),
            f"fewer than {table.minimum_rows} rows",
        ),
    ]
    for column in table.columns:
        rules += _column_rules(column)
    rules += [_row_rule(table, rule) for rule in table.row_rules]
    facts = (_stands_once(table), _not_known_before(table, known.earlier))
    return (*rules, *facts, *reference_rules(table, known))


def reference_rules(table: TableContract, known: Known) -> tuple[Rule, ...]:
    """The cross-table rules alone, which are asked again after each quarantine."""
    return tuple(
        Rule(
            f"{reference.target_table}_known",
            (reference.column,),
            Level.ROW,
            NoRows(
                f"SELECT {_ORIGIN} FROM {{batch}} WHERE {quoted(reference.column)} IS NOT NULL "
                f"AND {quoted(reference.column)} NOT IN "
                f"(FROM {known.references[reference.target_table, reference.target_column]})"
            ),
            f"no such {reference.target_column} among the accepted {reference.target_table}, "
            "of this batch or before",
        )
        for reference in table.references
    )


def with_null_ceilings(table: TableContract, limits: BatchLimits) -> TableContract:
    """The contract with the source's own, stricter null ceilings."""

    def stricter(column: Column) -> Column:
        ceiling = limits.null_ceilings.get(f"{table.name}.{column.name}", 1.0)
        return replace(column, null_ceiling=min(column.null_ceiling, ceiling))

    return replace(table, columns=tuple(stricter(column) for column in table.columns))


def _column_rules(column: Column) -> list[Rule]:
    found = []
    name = column.name
    if column.required:
        found.append(Rule("required", (name,), Level.ROW, NotNull(name), "is absent"))
    elif column.null_ceiling < 1.0:
        found.append(
            Rule(
                "null_ceiling",
                (name,),
                Level.BATCH,
                NotNull(name, column.null_ceiling),
                f"more than {column.null_ceiling:.1%} of it is absent",
            )
        )
    if column.minimum is not None or column.maximum is not None:
        within = Between(name, column.minimum, column.maximum)
        found.append(Rule("bounds", (name,), Level.ROW, within, _outside(column)))
    if column.values:
        within_set = InSet(name, tuple(str(value) for value in column.values))
        allowed = ", ".join(within_set.values)
        found.append(Rule("values", (name,), Level.ROW, within_set, f"is none of {allowed}"))
    return found


def _outside(column: Column) -> str:
    if column.minimum is None or column.maximum is None:
        return f"is beyond its bound {column.minimum or column.maximum:.15g}"
    return f"lies outside {column.minimum:.15g} to {column.maximum:.15g}"


def _row_rule(table: TableContract, rule: RowRule) -> Rule:
    words = set(re.findall(r"\w+", rule.predicate))
    return Rule(
        rule.name,
        tuple(name for name in table.column_names if name in words),
        Level.ROW,
        NoRows(f"SELECT {_ORIGIN} FROM {{batch}} WHERE NOT ({rule.predicate})"),
        rule.message,
    )


def fact_columns(table: TableContract) -> tuple[str, ...]:
    """Keys, event time and creation time: what names one version of a fact."""
    return (*table.keys, "event_timestamp", "created_timestamp")


def _stands_once(table: TableContract) -> Rule:
    """Rows whose hash is not alone are compared in full, so equal hashes alone accuse nobody."""
    fact = ", ".join(quoted(name) for name in fact_columns(table))
    return Rule(
        "stands_once",
        fact_columns(table),
        Level.ROW,
        NoRows(
            f"SELECT {_ORIGIN} FROM {{batch}} WHERE hash({fact}) IN "
            f"(SELECT hash({fact}) FROM {{batch}} GROUP BY ALL HAVING count(*) > 1) "
            f"QUALIFY count(*) OVER (PARTITION BY {fact}) > 1"
        ),
        "the same fact stands more than once in this batch, and nothing says which is right",
    )


def _not_known_before(table: TableContract, earlier: str) -> Rule:
    fact = ", ".join(quoted(name) for name in fact_columns(table))
    return Rule(
        "not_known_before",
        fact_columns(table),
        Level.ROW,
        NoRows(
            f"SELECT {_ORIGIN} FROM {{batch}} WHERE ({fact}) IN (SELECT ({fact}) FROM {earlier})"
        ),
        "an earlier batch brought the same fact; a correction has a later created_timestamp",
    )

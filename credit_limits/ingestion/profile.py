"""What a batch looks like in figures, and the rules that hold it against earlier ones.

Only figures are kept of a batch (rows a file, medians of money), so that a file in another unit,
of twice the size, or long out of date is seen before any of it enters the lake.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from credit_limits.ingestion.contracts import Kind, TableContract
from credit_limits.ingestion.derivation import literal, quoted
from credit_limits.ingestion.mapping import BatchLimits, SourceFile
from credit_limits.ingestion.rules import Between, HasColumns, Level, RowCount, Rule


@dataclass(frozen=True, slots=True)
class Profile:
    """Figures of one batch.

    ``file_lines``: lines of each file, by its name in the mapping. ``medians_minor``: median of
    the non-zero amounts in minor units, by ``table.column``.
    """

    file_lines: Mapping[str, Sequence[int]]
    medians_minor: Mapping[str, float]


def money_columns(table: TableContract) -> tuple[str, ...]:
    """The columns of ``table`` that hold amounts in minor units."""
    return tuple(
        column.name
        for column in table.columns
        if column.kind is Kind.INTEGER and column.name.endswith("_minor")
    )


def usual_lines(file: SourceFile, earlier: Sequence[Profile]) -> float | None:
    """Median lines of such a file in earlier batches, else what the mapping says, else ``None``."""
    seen = [lines for profile in earlier for lines in profile.file_lines.get(file.name, ())]
    return float(median(seen)) if seen else file.usual_rows


def usual_median_minor(name: str, limits: BatchLimits, earlier: Sequence[Profile]) -> float | None:
    """Median over earlier batches of a column's median, else what the mapping says, else none.

    >>> past = [Profile({}, {"accounts.limit_minor": each}) for each in (100.0, 300.0, 200.0)]
    >>> usual_median_minor("accounts.limit_minor", BatchLimits(), past)
    200.0
    """
    seen = [profile.medians_minor[name] for profile in earlier if profile.medians_minor.get(name)]
    return float(median(seen)) if seen else limits.usual_medians_minor.get(name)


def file_rules(
    file: SourceFile, limits: BatchLimits, earlier: Sequence[Profile]
) -> tuple[Rule, ...]:
    """What is asked of a file as a whole."""
    usual, most = usual_lines(file, earlier), None
    message = f"fewer than {file.minimum_rows} lines"
    if usual is not None:
        most = int(usual * limits.volume_ratio_ceiling)
        message += f", or more than {limits.volume_ratio_ceiling:g} times the usual {usual:g}"
    columns = HasColumns(file.column_names)
    volume = RowCount(file.minimum_rows, most)
    return (
        Rule("file_columns", (), Level.BATCH, columns, "a column is missing"),
        Rule("file_volume", (), Level.BATCH, volume, message),
    )


def figures_of(
    table: TableContract, relation: str, newest_known: datetime | None, limits: BatchLimits
) -> tuple[str, ...]:
    """SQL of the figures of a table, each a scalar with the table's name before its own.

    ``days_behind`` counts the days from the newest event to the newest in the lake, null where
    there is none. A ``median_of_`` an amount is null where there are too few to tell a unit by.
    """
    behind = (
        f"(SELECT date_diff('day', max(event_timestamp), "
        f"TIMESTAMPTZ {literal(newest_known.isoformat())}) FROM {relation})"
        if newest_known is not None
        else "CAST(NULL AS BIGINT)"
    )
    medians = (
        f"(SELECT CASE WHEN count(*) >= {limits.unit_minimum_rows} "
        f"THEN CAST(median(abs({quoted(name)})) AS DOUBLE) END "
        f"FROM {relation} WHERE {quoted(name)} <> 0) AS {_median_of(table, name)}"
        for name in money_columns(table)
    )
    return (f"{behind} AS {_days_behind(table)}", *medians)


def figure_rules(
    table: TableContract, limits: BatchLimits, earlier: Sequence[Profile]
) -> tuple[Rule, ...]:
    """What is asked of a row of the figures of :func:`figures_of`."""
    rules = [
        Rule(
            "freshness",
            ("event_timestamp",),
            Level.BATCH,
            Between(_days_behind(table), None, limits.maximum_age_days),
            f"the newest event is more than {limits.maximum_age_days} days older than the newest "
            "in the lake",
        )
    ]
    for name in money_columns(table):
        usual = usual_median_minor(f"{table.name}.{name}", limits, earlier)
        if usual is not None:
            rules.append(_unit_rule(table, name, usual, limits.unit_ratio_ceiling))
    return tuple(rules)


def medians_of(table: TableContract, figures: Mapping[str, object]) -> dict[str, float]:
    """The medians that are not null in a row of figures, by ``table.column``."""
    found = {name: figures[_median_of(table, name)] for name in money_columns(table)}
    return {
        f"{table.name}.{name}": value for name, value in found.items() if isinstance(value, float)
    }


def _days_behind(table: TableContract) -> str:
    return f"{table.name}_days_behind"


def _median_of(table: TableContract, column: str) -> str:
    return f"{table.name}_median_of_{column}"


def _unit_rule(table: TableContract, column: str, usual: float, ratio: float) -> Rule:
    return Rule(
        "unit",
        (column,),
        Level.BATCH,
        Between(_median_of(table, column), usual / ratio, usual * ratio),
        f"the median is not within {ratio:g} times of the usual {usual:.0f}; "
        "the amounts look like another unit",
    )

"""What a batch looks like in figures, and the rules that hold it against earlier ones.

Only figures are kept of a batch (rows a file, medians of money), so that a file in another unit,
of twice the size, or long out of date is seen before any of it enters the lake.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from statistics import median

from credit_limits.ingestion.contracts import Kind, TableContract
from credit_limits.ingestion.derivation import literal, quoted
from credit_limits.ingestion.mapping import BatchLimits, SourceFile
from credit_limits.ingestion.rules import Between, HasColumns, Level, RowCount, Rule

_BATCHES_BEFORE_A_FLOOR = 3


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
    file: SourceFile, limits: BatchLimits, earlier: Sequence[Profile], *, goes_on: bool
) -> tuple[Rule, ...]:
    """What is asked of a file as a whole.

    ``goes_on``: it tells of days after the newest in the lake. A file that does not, such as
    lines that were in quarantine and come again, may be as small as it likes.
    """
    volume = _usual_volume(file, limits, earlier, goes_on=goes_on)
    message = f"fewer than {volume.minimum} lines"
    if volume.maximum is not None:
        message += (
            f", or more than {volume.maximum}, where {usual_lines(file, earlier):g} are usual"
        )
    return (
        Rule("file_columns", (), Level.BATCH, HasColumns(file.column_names), "a column is missing"),
        Rule("file_volume", (), Level.BATCH, volume, message),
    )


def _usual_volume(
    file: SourceFile, limits: BatchLimits, earlier: Sequence[Profile], *, goes_on: bool
) -> RowCount:
    usual = usual_lines(file, earlier)
    if file.holds_changes or usual is None:
        return RowCount(file.minimum_rows, None)
    came = sum(file.name in profile.file_lines for profile in earlier)
    floored = goes_on and came >= _BATCHES_BEFORE_A_FLOOR
    floor = limits.volume_ratio_floor if floored else 0.0
    least = max(file.minimum_rows, ceil(usual * floor))
    return RowCount(least, int(usual * limits.volume_ratio_ceiling))


def figures_of(
    table: TableContract, relation: str, newest_known: datetime | None, limits: BatchLimits
) -> tuple[str, ...]:
    """SQL of the figures of a table, each a scalar with the table's name before its own.

    ``days_behind`` counts the days from the newest event to the newest in the lake,
    ``days_ahead`` those from the newest in the lake to the middle event; both are null where the
    lake has none. A ``median_of_`` an amount is null where there are too few to tell a unit by.
    """
    newest = (
        f"TIMESTAMPTZ {literal(newest_known.isoformat())}"
        if newest_known is not None
        else "CAST(NULL AS TIMESTAMPTZ)"
    )
    behind = f"(SELECT date_diff('day', max(event_timestamp), {newest}) FROM {relation})"
    middle = "quantile_disc(event_timestamp, 0.5)"
    ahead = f"(SELECT date_diff('day', {newest}, {middle}) FROM {relation})"
    medians = (
        f"(SELECT CASE WHEN count(*) >= {limits.unit_minimum_rows} "
        f"THEN CAST(median(abs({quoted(name)})) AS DOUBLE) END "
        f"FROM {relation} WHERE {quoted(name)} <> 0) AS {_median_of(table, name)}"
        for name in money_columns(table)
    )
    return (
        f"{behind} AS {_days_behind(table)}",
        f"{ahead} AS {_days_ahead(table)}",
        *medians,
    )


def figure_rules(
    table: TableContract, limits: BatchLimits, earlier: Sequence[Profile], *, steady: bool
) -> tuple[Rule, ...]:
    """What is asked of a row of the figures of :func:`figures_of`.

    ``steady``: the table's rows come with every batch, so that a pause is a batch that is missing.
    """
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
    if steady and limits.maximum_gap_days is not None:
        rules.append(_gap_rule(table, limits.maximum_gap_days))
    for name in money_columns(table):
        usual = usual_median_minor(f"{table.name}.{name}", limits, earlier)
        if usual is not None:
            rules.append(_unit_rule(table, name, usual, limits.unit_ratio_ceiling))
    return tuple(rules)


def goes_on(table: TableContract, figures: Mapping[str, object]) -> bool:
    """Whether the middle event of the table's rows lies after the newest in the lake."""
    days = figures[_days_ahead(table)]
    return isinstance(days, int) and days > 0


def medians_of(table: TableContract, figures: Mapping[str, object]) -> dict[str, float]:
    """The medians that are not null in a row of figures, by ``table.column``."""
    found = {name: figures[_median_of(table, name)] for name in money_columns(table)}
    return {
        f"{table.name}.{name}": value for name, value in found.items() if isinstance(value, float)
    }


def _days_behind(table: TableContract) -> str:
    return f"{table.name}_days_behind"


def _days_ahead(table: TableContract) -> str:
    return f"{table.name}_days_ahead"


def _gap_rule(table: TableContract, days: int) -> Rule:
    return Rule(
        "gap",
        ("event_timestamp",),
        Level.BATCH,
        Between(_days_ahead(table), None, days),
        f"the middle event is more than {days} days later than the newest in the lake",
    )


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

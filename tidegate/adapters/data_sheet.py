"""The data sheet of a model version: what it was made of, in figures, and what that cannot tell.

After Gebru et al., Datasheets for Datasets (2021). Shares are 0 to 1; days are UTC.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ColumnSheet:
    """A column and the share of its rows that are null."""

    name: str
    null_share: float


@dataclass(frozen=True, slots=True)
class TableSheet:
    """A table at the version that the model saw.

    ``first`` and ``last``: days of its events, None where it has none; ``quarantined``: rows set
    aside on the way in, over all batches that the ledger knows. ``columns``: those that were null
    anywhere, most first.
    """

    table: str
    version: int
    rows: int
    first: date | None
    last: date | None
    quarantined: int
    columns: tuple[ColumnSheet, ...]


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """What counts as a default, and how often it came.

    ``base_rate`` is over all labelled ``rows``; ``cohorts`` are the days for which it was learnt.
    """

    definition: str
    source: str
    window_months: int
    cohorts: tuple[date, ...]
    rows: int
    base_rate: float


@dataclass(frozen=True, slots=True)
class DataSheet:
    """All that is known of a version's data. ``protected``: attributes held apart from it."""

    model_name: str
    version: str
    trained_on: date
    tables: tuple[TableSheet, ...]
    label: LabelSheet
    protected: tuple[str, ...]
    limits: tuple[str, ...]

    def as_plain(self) -> dict[str, object]:
        """The sheet as JSON-able values, days as dates."""
        return asdict(self)


def markdown(sheet: DataSheet) -> str:
    """The sheet for people."""
    label = sheet.label
    tables = _table(
        ("table", "version", "rows", "from", "to", "quarantined"),
        (
            (
                f"`{item.table}`",
                str(item.version),
                f"{item.rows:,}",
                str(item.first or ""),
                str(item.last or ""),
                f"{item.quarantined:,}",
            )
            for item in sheet.tables
        ),
    )
    nulls = _table(
        ("table", "column", "null"),
        (
            (f"`{item.table}`", f"`{column.name}`", f"{column.null_share:.1%}")
            for item in sheet.tables
            for column in item.columns
        ),
    )
    cohorts = ", ".join(map(str, label.cohorts))
    definition = label.definition[:1].upper() + label.definition[1:]
    return f"""# Data of {sheet.model_name} version {sheet.version}

Trained on what was known on {sheet.trained_on}.

## Tables

{tables}

Rows that failed a table's contract are in quarantine with their reason and source line, and the
model saw none of them.

## Columns with nulls

{nulls if any(item.columns for item in sheet.tables) else "None."}

## Label

{definition}, within {label.window_months} month{"s" * (label.window_months > 1)} of the
cohort's day, from `{label.source}`. Cohorts: {cohorts}. {label.rows:,} labelled rows, base rate
{label.base_rate:.4f}.

## Protected attributes

{_listed(sheet.protected) or "None is known."}

## Known limits

{_listed(sheet.limits)}
"""


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

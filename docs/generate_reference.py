"""Writes the pages of docs/reference that are made from the code.

    python -m docs.generate_reference

A test fails while a page differs from what this would write.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from credit_limits.domain import errors
from credit_limits.domain.features import FEATURES, SERVICES, VIEW_SPECS, Direction
from credit_limits.explanation.sentences import reason_sentence
from credit_limits.ingestion.contracts import Column, TableContract
from credit_limits.ingestion.tables import TABLES
from credit_limits.policy.permission import RULE_ORDER
from credit_limits.policy.rulebook import EFFECTS
from credit_limits.policy.rulebook_columns import (
    ABSENT_COLUMNS,
    ACCOUNT_COLUMNS,
    FEATURE_COLUMNS,
    LENDER_COLUMNS,
    RuleColumn,
)
from credit_limits.policy.rulebook_language import FUNCTIONS, OPERATORS
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.stated_fields import parameter_rows
from tidegate.adapters.settings import Settings
from tidegate.cli.reference import reference_page

FOLDER = Path(__file__).parent / "reference"
_NOTE = "This page is made from the code by `python -m docs.generate_reference`."


def tables_page() -> str:
    """The tables of the lake with their contracts."""
    return "\n\n".join(
        ["# Tables of the lake", _NOTE, *(_table_section(table) for table in TABLES)]
    )


def features_page() -> str:
    """The catalogue of features by view, and the services."""
    sections = ["# Features", _NOTE, "A missing value means not known, never zero."]
    for spec in VIEW_SPECS:
        read = ", ".join(f"`{table}`" for table in spec.tables)
        consent = f"consent `{spec.consent}`" if spec.consent else "no consent needed"
        features = [feature for feature in FEATURES if feature.view is spec.view]
        sections += [
            f"## {spec.view}",
            f"Reads {read}; category {spec.category}, purpose {spec.purpose}, {consent}.",
            _grid(
                ("feature", "higher values", "meaning"),
                ((f"`{f.name}`", _direction(f.direction), f.description) for f in features),
            ),
        ]
    services = ((f"`{s.name}`", ", ".join(s.views)) for s in SERVICES)
    return "\n\n".join([*sections, "## Services", _grid(("service", "views"), services)])


def settings_page() -> str:
    """Every setting with its variable and default."""
    rows = (
        (f"`TIDEGATE_{name.upper()}`", _default(field.get_default()), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return "\n\n".join(
        [
            "# Settings",
            _NOTE,
            "Environment variables. No setting opens a gate or changes a limit: what decides about "
            "credit stands in the dated files under `policies/`.",
            _grid(("variable", "default", "meaning"), rows),
        ]
    )


def errors_page() -> str:
    """The tree of errors and what the command line exits with."""
    tree = (errors.__doc__ or "").split("TidegateError (1)", 1)[1]
    return "\n\n".join(
        [
            "# Errors and exit codes",
            _NOTE,
            "The number is the exit code of the command line. 0 is success.",
            f"```text\nTidegateError (1){tree.rstrip()}\n```",
        ]
    )


def rule_book_page() -> str:
    """What a rule of the rule book is made of: fields, effects, columns, functions."""
    columns = (
        ("Of the account", ACCOUNT_COLUMNS),
        ("Features of the account", FEATURE_COLUMNS),
        ("Of the lender, from `policies/lender`", LENDER_COLUMNS),
        ("Supplied by no table yet: null for every account", ABSENT_COLUMNS),
    )
    return "\n\n".join(
        [
            "# Rule book",
            _NOTE,
            "What a record in `policies/rulebook` may say; [how to write a rule]"
            "(../how-to/write-a-rule.md) goes through one.",
            "## Effects",
            _grid(("effect", "what follows"), ((f"`{e}`", text) for e, text in EFFECTS.items())),
            "## Predicates",
            "A SQL expression that is true, false or null, of the columns below, numbers, texts in "
            "single quotes, `TRUE` and `FALSE`. An amount (`at_most`) is such an expression that "
            "is a number. Numbers are double precision; amounts are minor units.",
            "\n".join(f"- {operators}" for operators in OPERATORS),
            _grid(("function", "gives"), ((f"`{f}`", text) for f, text in FUNCTIONS.items())),
            "Null means not known. A blocking rule whose predicate or amount is null for an "
            "account keeps its limit from rising, and the decision says `not evaluated` with the "
            "columns. A reporting rule counts it. Where a column is known of no account, the "
            "batch's record says `not evaluated: column absent` with its name.",
            *(part for title, held in columns for part in _column_section(title, held)),
            "## Reasons",
            "What `reason` may be, with the sentence that a customer is told:",
            _grid(
                ("reason", "sentence"), ((f"`{r}`", reason_sentence(r)) for r in sorted(RULE_ORDER))
            ),
        ]
    )


def _column_section(title: str, columns: Iterable[RuleColumn]) -> tuple[str, str]:
    rows = ((f"`{c.name}`", f"{c.kind}, {c.unit}", _meaning(c)) for c in columns)
    return f"## {title}", _grid(("column", "kind, unit", "meaning"), rows)


def _meaning(column: RuleColumn) -> str:
    values = " or ".join(f"`{value}`" for value in column.values)
    return f"{column.description}: {values}" if values else column.description


def world_page() -> str:
    """Every parameter of the simulated world, group by group."""
    sections = [
        "# Parameters of the world",
        _NOTE,
        "What they are for stands in [the world](../explanation/the-world.md). An assumption is a "
        "value that no publication gives.",
    ]
    rows = sorted(parameter_rows(WorldParameters()), key=lambda row: row.group)
    for group, held in groupby(rows, key=lambda row: row.group):
        cells = ((f"`{r.name}`", f"{r.value}", r.unit, r.description, r.source) for r in held)
        header = ("parameter", "value", "unit", "meaning", "source")
        sections += [f"## {group.replace('_', ' ')}", _grid(header, cells)]
    return "\n\n".join(sections)


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "features.md": features_page,
    "settings.md": settings_page,
    "errors.md": errors_page,
    "command_line.md": reference_page,
    "rule-book.md": rule_book_page,
    "world.md": world_page,
}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page() + "\n", encoding="utf-8")
        print(f"wrote {FOLDER / name}")


def _table_section(table: TableContract) -> str:
    key = " and ".join([*(f"`{k}`" for k in table.keys), "`event_timestamp`"])
    lines = [f"## {table.name}", f"One fact per {key}; at least {table.minimum_rows} row a batch."]
    if table.protected:
        lines.append("Kept apart, in a folder of its own, and read by fairness checks alone.")
    rows = ((f"`{c.name}`", str(c.kind), _bounds(c)) for c in table.columns)
    lines.append(_grid(("column", "type", "must be"), rows))
    rules = [f"- `{r.name}`: `{r.predicate}`; else {r.message}" for r in table.row_rules]
    rules += [
        f"- `{r.column}` appears as `{r.target_column}` in `{r.target_table}`"
        for r in table.references
    ]
    return "\n\n".join([*lines, "\n".join(rules)])


def _bounds(column: Column) -> str:
    parts = ["not null" if column.required else "may be null"]
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"{column.minimum:g} <= "
        high = "" if column.maximum is None else f" <= {column.maximum:g}"
        parts.append(f"{low}value{high}")
    if column.values:
        parts.append("one of " + ", ".join(column.values))
    return "; ".join(parts)


def _direction(direction: Direction) -> str:
    return {
        Direction.RAISES_RISK: "raise risk",
        Direction.LOWERS_RISK: "lower risk",
        Direction.UNKNOWN: "either way",
    }[direction]


def _default(value: object) -> str:
    return "none" if str(value) in ("", "None") or "Undefined" in repr(value) else f"`{value}`"


def _grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    main()

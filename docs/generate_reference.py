"""Writes the pages of docs/reference that are made from the code.

    python -m docs.generate_reference

A test fails while a page differs from what this would write.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from credit_limits.domain import errors
from credit_limits.domain.features import FEATURES, SERVICES, VIEW_SPECS, Direction
from credit_limits.ingestion.contracts import Column, TableContract
from credit_limits.ingestion.tables import TABLES
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


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables_page,
    "features.md": features_page,
    "settings.md": settings_page,
    "errors.md": errors_page,
    "command_line.md": reference_page,
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
    return "none" if value in ("", None) or "Undefined" in repr(value) else f"`{value}`"


def _grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    main()

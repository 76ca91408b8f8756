"""What every command does around its work: opens the platform, prints, and says what failed.

An error of the platform's own tree is one message on standard error and the exit code of its
class. Any other error keeps its traceback, since it is a fault of ours. Standard output holds the
summary or the JSON object and nothing else; events go to standard error.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from credit_limits.domain.errors import TidegateError

if TYPE_CHECKING:
    from tidegate.operations.platform import Platform

JsonFlag = Annotated[
    bool, typer.Option("--json", help="Print one JSON object instead of the summary.")
]


def opened_platform() -> "Platform":
    """The platform of the environment's settings."""
    from tidegate.operations.platform import open_platform

    return open_platform()


@contextmanager
def working() -> Iterator[None]:
    """Send events to standard error, and turn an error into its message and its exit code."""
    from tidegate.adapters.log import configure_logging

    configure_logging()
    try:
        yield
    except TidegateError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(error.exit_code) from None


def show(result: Mapping[str, object], summary: Sequence[str], as_json: bool) -> None:
    """Print the result as one JSON object on a line, or its summary."""
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, allow_nan=False))
    else:
        typer.echo("\n".join(summary))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Lines of a table for a terminal: text to the left, numbers to the right.

    >>> table(("name", "rows"), [("accounts", 1200)])
    ['  name       rows', '  accounts  1,200']
    """
    right = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    return [
        (
            "  "
            + "  ".join(
                text.rjust(width) if to_right else text.ljust(width)
                for text, width, to_right in zip(line, widths, right, strict=True)
            )
        ).rstrip()
        for line in cells
    ]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)

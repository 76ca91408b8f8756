"""The reference page of the command line, made from the commands themselves."""

import typer.main
from typer.core import TyperCommand, TyperGroup

from tidegate.cli.app import app, command_of
from tidegate.cli.catalogue import OPERATIONS

_WIDTH = 90
_INTRODUCTION = """\
# Command line

This page is made from the code by `python -m docs.generate_reference`.

Commands read their settings from the environment ([settings](settings.md)). A summary goes to
standard output, events go to standard error. With `--json` standard output holds one JSON object
and nothing else. 0 is success; each kind of error has an exit code of its own
([errors](errors.md)), and 2 is also what a command that was typed wrong exits with."""


def reference_page() -> str:
    """The page, with the help of every command in the order in which ``tidegate`` lists them."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    built = {operation.path: operation for operation in OPERATIONS}
    sections = [_INTRODUCTION, _block(_help(group, "tidegate"))]
    for path, command in _commands(group, ()):
        words = " ".join(("tidegate", *path))
        whole = command_of(built[path]) if path in built else command
        sections += [f"## {words}", _block(_help(whole, words))]
    return "\n\n".join(sections)


def _commands(
    group: TyperGroup, path: tuple[str, ...]
) -> list[tuple[tuple[str, ...], TyperCommand]]:
    found: list[tuple[tuple[str, ...], TyperCommand]] = []
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found += _commands(command, (*path, name))
        elif isinstance(command, TyperCommand):
            found.append(((*path, name), command))
    return found


def _help(command: TyperCommand | TyperGroup, words: str) -> str:
    context = command.make_context(words, [], resilient_parsing=True, terminal_width=_WIDTH)
    with context:
        return command.get_help(context)


def _block(text: str) -> str:
    return f"```text\n{text}\n```"

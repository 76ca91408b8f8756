"""The ``tidegate`` command: the cycle's steps in their order, and what looks after them.

Listing commands is quick because a command's options are built, and its operation imported, when
it is called.
"""

import inspect

import typer
import typer.main
from typer.core import TyperCommand

from tidegate.cli import ledger_commands, server_command
from tidegate.cli.catalogue import CHECK_WORLD, CYCLE, EVENTS, GENERATE_WORLD, REHEARSE
from tidegate.cli.decision_catalogue import ALLOCATE, BRAKES, DECISIONS, OUTBOX, RULES, SIMULATE
from tidegate.cli.gate_catalogue import HISTORY, KEYS, LAUNCHES, PEOPLE, ROLL_BACK
from tidegate.cli.invocation import JsonFlag, opened_platform, show, working
from tidegate.cli.operation_command import OperationCommand
from tidegate.cli.options import build_request, parameters_of
from tidegate.cli.summaries import exit_code_of, summary_of

_ABOUT = """Consumer credit limits: validated data, gated models, decisions that can be proven.

A cycle is seven steps, listed first and in their order. Each may be run again: what was done is
recognised and not done twice. Everything is kept under TIDEGATE_VAR_DIR ('var' by default)."""
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def main() -> None:
    """What the command ``tidegate`` runs."""
    app(prog_name="tidegate")


def new_app(text: str, epilog: str = "") -> typer.Typer:
    """A Typer app with plain help and plain tracebacks."""
    return typer.Typer(
        help=text,
        epilog=epilog,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def command_of(operation: OperationCommand) -> TyperCommand:
    """The whole command of an operation: imports it, and makes an option of each field."""
    model = operation.request_type()

    def run(*, as_json: bool, **values: object) -> None:
        request = build_request(model, values)
        with working():
            needed = [opened_platform()] if operation.needs_platform else []
            outcome = operation.function()(*needed, request)
        show(outcome.model_dump(mode="json"), summary_of(operation.operation, outcome), as_json)
        raise typer.Exit(exit_code_of(outcome))

    flag = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, annotation=JsonFlag)
    parameters = [*parameters_of(model, operation.arguments), flag.replace(default=False)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    single = new_app("")
    single.command(
        operation.name,
        help=operation.description,
        epilog=f"Example: {operation.example}",
        no_args_is_help=False,
    )(run)
    command = typer.main.get_command(single)
    assert isinstance(command, TyperCommand)
    return command


def _list(group: typer.Typer, operation: OperationCommand) -> None:
    """List an operation under a group, to be built when it is called."""

    @group.command(
        operation.name,
        help=operation.summary,
        add_help_option=False,
        context_settings=_PASSED_ON,
    )
    def call(context: typer.Context) -> None:
        command_of(operation).main(args=context.args, prog_name=context.command_path)


def _grouped(name: str, summary: str, text: str, *operations: OperationCommand) -> typer.Typer:
    """Add a group of commands, with its operations listed under it."""
    group = new_app(text)
    for operation in operations:
        _list(group, operation)
    app.add_typer(group, name=name, short_help=summary)
    return group


def _whole_cycle() -> str:
    steps = "\n".join(f"  tidegate {step.name}" for step in CYCLE[1:])
    return (
        "\b\nA whole cycle, on a simulated portfolio:\n"
        f"  {GENERATE_WORLD.example}\n  tidegate ingest var/world\n{steps}"
    )


app = new_app(_ABOUT, _whole_cycle())
for _step in (*CYCLE, ROLL_BACK, *PEOPLE, HISTORY, *DECISIONS, REHEARSE, ALLOCATE, *EVENTS):
    _list(app, _step)
ledger_commands.add_ledger_commands(
    _grouped(
        "ledger",
        "Check and read the record of what was done.",
        "The record of all that was done, which cannot be altered unseen.",
    )
)
_grouped(
    "rulebook",
    "List the rules of law, and what changes.",
    "What laws and regulators ask of a limit, by date.",
    *RULES,
)
_grouped(
    "world",
    "Simulate a portfolio to try the platform on.",
    "A simulated portfolio with known truth, to try the platform on.",
    *(GENERATE_WORLD, CHECK_WORLD),
)
_grouped(
    "key",
    "Make, rotate and revoke keys.",
    "The keys that sign for the platform, and those of people who approve.",
    *KEYS,
)
_grouped(
    "control",
    "Hold raises back, and let them go on.",
    "What holds raises back: brakes of an alarm, and those that a person sets.",
    *BRAKES,
)
_grouped(
    "policy",
    "Try another limit policy before it holds.",
    "The limit policy: try another before it holds.",
    SIMULATE,
)
_grouped(
    "outbox",
    "Write and list the notices that are due.",
    "Notices that decisions owe their customers.",
    *OUTBOX,
)
_grouped(
    "launch",
    "Follow the launch of a version, and stop it.",
    "How a cleared version comes to decide: shadow, canary, full.",
    *LAUNCHES,
)
app.command(
    "up",
    short_help="Start the servers and the runner on this machine.",
    epilog="Example: tidegate up",
)(server_command.up)

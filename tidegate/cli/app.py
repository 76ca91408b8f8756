"""The ``tidegate`` command: the cycle's steps in their order, and what looks after them.

Listing commands is quick because a command's options are built, and its operation imported, when
it is called.
"""

import inspect

import typer
import typer.main
from typer.core import TyperCommand

from tidegate.cli import ledger_commands, server_command
from tidegate.cli.catalogue import (
    ALLOCATE,
    BRAKES,
    CHECK_WORLD,
    CYCLE,
    DECISIONS,
    EVENTS,
    GENERATE_WORLD,
    HISTORY,
    KEYS,
    LAUNCHES,
    OUTBOX,
    PEOPLE,
    REHEARSE,
    ROLL_BACK,
    RULES,
    SIMULATE,
    OperationCommand,
)
from tidegate.cli.invocation import JsonFlag, opened_platform, show, working
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


def _whole_cycle() -> str:
    steps = "\n".join(f"  tidegate {step.name}" for step in CYCLE[1:])
    return (
        "\b\nA whole cycle, on a simulated portfolio:\n"
        f"  {GENERATE_WORLD.example}\n  tidegate ingest var/world\n{steps}"
    )


app = new_app(_ABOUT, _whole_cycle())
for _step in (*CYCLE, ROLL_BACK, *PEOPLE, HISTORY, *DECISIONS, REHEARSE, ALLOCATE, *EVENTS):
    _list(app, _step)
_ledger = new_app("The record of all that was done, which cannot be altered unseen.")
ledger_commands.add_ledger_commands(_ledger)
app.add_typer(_ledger, name="ledger", short_help="Check and read the record of what was done.")
_rulebook = new_app("What laws and regulators ask of a limit, by date.")
for _step in RULES:
    _list(_rulebook, _step)
app.add_typer(_rulebook, name="rulebook", short_help="List the rules of law, and what changes.")
_world = new_app("A simulated portfolio with known truth, to try the platform on.")
for _step in (GENERATE_WORLD, CHECK_WORLD):
    _list(_world, _step)
app.add_typer(_world, name="world", short_help="Simulate a portfolio to try the platform on.")
_key = new_app("The keys that sign for the platform, and those of people who approve.")
for _step in KEYS:
    _list(_key, _step)
app.add_typer(_key, name="key", short_help="Make, rotate and revoke keys.")
_control = new_app("What holds raises back: brakes of an alarm, and those that a person sets.")
for _step in BRAKES:
    _list(_control, _step)
app.add_typer(_control, name="control", short_help="Hold raises back, and let them go on.")
_policy = new_app("The limit policy: try another before it holds.")
_list(_policy, SIMULATE)
app.add_typer(_policy, name="policy", short_help="Try another limit policy before it holds.")
_outbox = new_app("Notices that decisions owe their customers.")
for _step in OUTBOX:
    _list(_outbox, _step)
app.add_typer(_outbox, name="outbox", short_help="Write and list the notices that are due.")
_launch = new_app("How a cleared version comes to decide: shadow, canary, full.")
for _step in LAUNCHES:
    _list(_launch, _step)
app.add_typer(_launch, name="launch", short_help="Follow the launch of a version, and stop it.")
app.command(
    "up",
    short_help="Start the servers and the runner on this machine.",
    epilog="Example: tidegate up",
)(server_command.up)

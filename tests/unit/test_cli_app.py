"""The command as a newcomer meets it: help in the order of the cycle, examples that work."""

import resource
import shlex
import subprocess
import sys

import pytest
import typer.main
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from credit_limits.domain.errors import GateRefused
from tests.conftest import ROOT
from tidegate.cli import app
from tidegate.cli.app import command_of
from tidegate.cli.catalogue import CYCLE, OPERATIONS
from tidegate.cli.summaries import SUMMARIES, exit_code_of
from tidegate.operations.promotion_outcome import PromoteModelOutcome

HEAVY = (
    *("numpy", "pandas", "pyarrow", "duckdb", "deltalake", "sqlalchemy", "alembic", "structlog"),
    *("lightgbm", "mlflow", "feast", "great_expectations", "evidently", "matplotlib", "prefect"),
)
PATHS = [
    *(operation.path for operation in OPERATIONS),
    ("up",),
    ("ledger", "verify"),
    ("ledger", "show"),
    ("ledger", "prove"),
    ("ledger", "check-proof"),
]


def shown(*words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--help"], prog_name="tidegate", terminal_width=100)
    assert result.exit_code == 0, result.output
    return result.output


def listed(group: typer.core.TyperGroup, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            found |= listed(command, (*path, name))
        else:
            found.add((*path, name))
    return found


def test_these_are_all_the_commands():
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert listed(group) == set(PATHS)


def test_help_lists_the_cycle_in_its_order_and_no_line_is_cut():
    lines = shown().splitlines()
    begin = lines.index("Commands:") + 1
    names = [line.split()[0] for line in lines[begin:] if line.startswith("  ")]
    single = [operation.name for operation in OPERATIONS if len(operation.path) == 1]
    assert names[:7] == [
        *("ingest", "materialize", "retrain", "promote", "watch", "adjust", "report"),
    ]
    found = [name for name in names if name in {*single, "up", "ledger", "world", "key"}]
    assert found == [*single, "up", "ledger", "world", "key"]
    narrow = CliRunner().invoke(app, ["--help"], terminal_width=80).output
    assert "..." not in narrow.split("Commands:")[1]


def test_help_shows_a_whole_cycle_that_can_be_typed():
    steps = [line.split()[1] for line in shown().splitlines() if line.startswith("    tidegate ")]
    assert steps == ["world", *(operation.name for operation in CYCLE)]


def test_no_words_show_the_help():
    assert "Commands:" in CliRunner().invoke(app, []).output


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_helps_and_speaks_json(path):
    text = shown(*path)
    assert f"Usage: tidegate {' '.join(path)}" in text
    assert "--json" in text
    assert f"Example: tidegate {' '.join(path)}" in text


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.words)
class TestOperationCommands:
    def test_every_field_of_the_request_is_an_option_or_an_argument(self, operation):
        text = shown(*operation.path)
        for name in operation.request_type().model_fields:
            word = (
                name.upper()
                if name in operation.arguments
                else "--" + name.rstrip("_").replace("_", "-")
            )
            assert word in text

    def test_the_example_is_one_that_the_command_takes(self, operation):
        words = shlex.split(operation.example)
        assert words[: 1 + len(operation.path)] == ["tidegate", *operation.path]
        command = command_of(operation)
        assert isinstance(command, TyperCommand)
        with command.make_context("x", words[1 + len(operation.path) :]) as context:
            assert context.args == []

    def test_it_has_a_summary(self, operation):
        assert operation.operation in SUMMARIES

    def test_it_says_what_it_does_in_a_sentence(self, operation):
        assert operation.summary.endswith(".")
        assert len(operation.summary) <= 60
        assert operation.description.endswith(".")


@pytest.mark.parametrize("words", [["--help"], ["ledger", "--help"], ["ledger", "show", "--help"]])
def test_help_imports_nothing_heavy(words):
    script = (
        "import sys\nfrom tidegate.cli import app\n"
        f"try:\n    app({words!r})\nexcept SystemExit as done:\n    assert done.code == 0\n"
        f"sys.exit(', '.join(set({HEAVY!r}) & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""
    assert done.returncode == 0


def test_help_comes_at_once():
    """In processor time, which other work on the machine does not lengthen; best of three."""

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "tidegate", "--help"], cwd=ROOT, capture_output=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.5


def test_help_of_an_operation_imports_no_tool_of_its_adapter():
    script = (
        "import sys\nfrom tidegate.cli.catalogue import OPERATIONS\n"
        "for operation in OPERATIONS:\n    operation.request_type()\n"
        "tools = {'mlflow', 'feast', 'great_expectations', 'evidently'}\n"
        "sys.exit(', '.join(tools & set(sys.modules)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ""
    assert done.returncode == 0


def test_a_command_that_is_not_there_is_a_usage_error():
    result = CliRunner().invoke(app, ["promot"])
    assert result.exit_code == 2
    assert "promote" in result.output


@pytest.mark.parametrize(("cleared", "code"), [(True, 0), (False, GateRefused.exit_code)])
def test_a_refusal_of_the_gate_exits_as_one(cleared, code):
    outcome = PromoteModelOutcome(
        model_name="default_risk",
        version="1",
        as_of="2024-01-31",
        cleared=cleared,
        checks=[],
        certificate_digest=None,
        previous_champion=None,
        thresholds_version="default_risk/2005-01-01",
        evidence_digest="ed" * 32,
    )
    assert exit_code_of(outcome) == code

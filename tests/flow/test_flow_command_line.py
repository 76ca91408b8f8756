"""The command line of a flow: options from the request's fields, exit codes from the errors."""

import subprocess
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.errors import SettingsError
from flows import command_line
from tests.flow_cycles import ROOT
from tidegate.adapters import orchestrator
from tidegate.adapters.child_process import HOST
from tidegate.adapters.settings import Settings

FLOWS = sorted(path.stem for path in (ROOT / "flows").glob("*.py") if "@flow" in path.read_text())


class Errand(BaseModel):
    """What to fetch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="where it is, 100 % sure")
    as_of: date | None = Field(None, description="the day; the newest if empty")
    copies: int = Field(3, ge=1, description="how many")


def parsed(*arguments):
    return command_line._request(Errand, "errand", arguments)


def test_fields_become_options():
    request = parsed("--path", "a/b", "--as-of", "2024-02-29", "--copies", "2")
    assert request == Errand(path=Path("a/b"), as_of=date(2024, 2, 29), copies=2)


def test_what_is_not_given_keeps_its_default():
    assert parsed("--path", "a") == Errand(path=Path("a"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--path", "a", "--copies", "0"), "--copies: Input should be greater than or equal to 1"),
        (("--path", "a", "--as-of", "yesterday"), "--as-of: "),
        ((), "--path"),
        (("--path", "a", "--verbose"), "--verbose"),
    ],
)
def test_options_that_cannot_be_used_are_named(arguments, said, capsys):
    with pytest.raises(SystemExit) as left:
        parsed(*arguments)
    assert left.value.code == 2
    assert said in capsys.readouterr().err


def test_help_tells_every_field_its_description_and_default():
    text = command_line.parser_of(Errand, "errand").format_help()
    assert "python -m flows.errand" in text
    assert "What to fetch." in text
    assert "where it is, 100 % sure\n" in text
    assert "how many (default: 3)" in text
    assert "None" not in text


@pytest.mark.parametrize("name", FLOWS)
def test_every_flow_takes_one_request_whose_fields_are_options(name):
    flow = getattr(import_module(f"flows.{name}"), name)
    request = get_type_hints(flow.fn)["request"]
    text = command_line.parser_of(request, name).format_help()
    for field in request.model_fields:
        assert f"--{field.replace('_', '-')}" in text


def test_settings_that_cannot_be_used_have_their_own_exit_code(monkeypatch, capsys):
    monkeypatch.setenv("TIDEGATE_PREFECT_PORT", "80")
    assert command_line.run_as_command("watch_drift", ()) == SettingsError.exit_code
    assert "TIDEGATE_PREFECT_PORT" in capsys.readouterr().err


def test_the_module_imports_no_prefect():
    program = "import sys, flows.command_line; sys.exit('prefect' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_nothing_is_written_outside_var_not_even_in_the_home(tmp_path, monkeypatch):
    """Prefect, imported as it comes, makes a folder in the home and a first-run notice."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("DO_NOT_TRACK", "PREFECT_HOME", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TIDEGATE_VAR_DIR", str(tmp_path / "var"))
    command = [sys.executable, "-m", "flows.watch_drift", "--help"]
    shown = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert shown.stdout.startswith("usage: python -m flows.watch_drift")
    assert shown.stderr == ""
    assert list(home.iterdir()) == []
    assert not (tmp_path / "var" / "logs").exists()  # no server was started to show this


@pytest.mark.usefixtures("prefect_api")
def test_the_temporary_api_writes_nothing_in_the_home_either(home_of_the_api):
    assert list(home_of_the_api.iterdir()) == []


def test_where_nothing_is_run_no_server_is_started(tmp_path, monkeypatch):
    monkeypatch.setattr(orchestrator, "ChildServer", pytest.fail)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    settings = Settings(var_dir=tmp_path)
    with orchestrator.local_api(settings, started=False) as api:
        api.wait()
        assert api.environment["PREFECT_HOME"] == str(settings.prefect_dir)
        assert api.environment["PREFECT_API_URL"].startswith(f"http://{HOST}:")

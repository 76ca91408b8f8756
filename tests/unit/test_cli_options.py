"""A request model becomes options: names, wording, bounds, and errors that name the option."""

import inspect
from datetime import date
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel, ConfigDict, Field
from typer.testing import CliRunner

from tidegate.cli.app import new_app
from tidegate.cli.options import build_request, parameters_of


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(None, description="day of the run")
    folder: Path = Field(description="where the files are")
    rows: int = Field(7, ge=1, le=10, description="how many rows.")
    share: float = Field(0.5, gt=0.0, description="part of them")
    online: bool = Field(False, description="also online")
    reason: str = Field("", description="why")


def run(*words: str, request: type[BaseModel] = Request) -> tuple[int, str, list[BaseModel]]:
    built: list[BaseModel] = []

    def command(**values: object) -> None:
        built.append(build_request(request, values))

    command.__signature__ = inspect.Signature(parameters_of(request, ("folder",)))
    app = new_app("")
    app.command(name="do")(command)
    result = CliRunner().invoke(app, list(words), terminal_width=100)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output, built


def test_without_options_the_model_s_own_defaults_hold():
    assert run("files")[2] == [Request(folder=Path("files"))]


def test_every_kind_of_value_reaches_the_request():
    code, _, built = run(
        *("files", "--as-of", "2024-02-29", "--rows", "3", "--share", "0.25", "--online"),
        *("--reason", "losses"),
    )
    assert code == 0
    assert built == [
        Request(
            folder=Path("files"),
            as_of=date(2024, 2, 29),
            rows=3,
            share=0.25,
            online=True,
            reason="losses",
        )
    ]


def test_help_is_worded_by_the_fields():
    _, shown, _ = run("--help")
    words = " ".join(shown.split())
    assert "FOLDER" in words
    assert "Where the files are." in words
    assert "--as-of YYYY-MM-DD Day of the run." in words
    assert "--rows NUMBER How many rows. [default: 7; 1<=x<=10]" in words
    assert "--online / --no-online Also online. [default: no-online]" in words
    assert "--reason TEXT Why." in words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing argument 'FOLDER'"),
        (("files", "--as-of", "yesterday"), "is not a date such as 2005-10-31"),
        (("files", "--as-of", "2024-02-30"), "is not a date such as 2005-10-31"),
        (("files", "--rows", "11"), "'--rows': Input should be less than or equal to 10"),
        (("files", "--rows", "many"), "'--rows': Input should be a valid integer"),
        (("files", "--share", "0"), "--share: Input should be greater than 0"),
        (("files", "--unknown"), "--unknown"),
    ],
)
def test_what_does_not_fit_is_a_usage_error_that_says_so(words, said):
    code, output, built = run(*words)
    assert (code, built) == (2, [])
    assert said in " ".join(output.split())


def test_an_option_without_wording_is_not_made():
    class Silent(BaseModel):
        rows: int

    with pytest.raises(ValueError, match="rows has no description"):
        parameters_of(Silent, ())


def test_a_field_that_is_no_single_value_makes_no_option():
    class Many(BaseModel):
        rows: list[int] = Field(description="rows")

    with pytest.raises(TypeError, match="no option is made of"):
        parameters_of(Many, ())


def test_a_field_of_the_whole_request_is_named_as_such():
    class Checked(Request):
        def model_post_init(self, _context: object) -> None:
            if self.online and not self.reason:
                raise ValueError("online needs a reason")

    with pytest.raises(typer.BadParameter, match=r"the request: .*online needs a reason"):
        build_request(Checked, {"folder": Path("files"), "online": True})

"""The command line of a flow: its request's fields as options, its errors as exit codes.

Imports no Prefect itself: the environment that Prefect reads at its import is set here first.
"""

import argparse
import importlib
import logging
import os
import sys
import traceback
import typing
from collections.abc import Sequence
from typing import NoReturn

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from credit_limits.domain.errors import TidegateError
from tidegate.adapters.log import configure_logging
from tidegate.adapters.orchestrator import local_api
from tidegate.adapters.settings import load_settings

# The tools' own lines stay out of the terminal; Prefect's are in its records and UI all the same.
QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_INTERRUPTED = 130
_HELP = frozenset({"-h", "--help"})


def main(name: str) -> NoReturn:
    """Run the flow of ``flows.<name>`` and leave with its exit code.

    Leaves at once: threads of Prefect's outlive the run and hold on to objects of DuckDB's,
    which a usual exit would report as leaks, page after page.
    """
    try:
        code = run_as_command(name)
    except Exception:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run_as_command(name: str, arguments: Sequence[str] | None = None) -> int:
    """Run the flow of ``flows.<name>`` once, in this process; the exit code.

    0 where the flow completed, the error's own code where it failed with one of Tidegate's, 2
    where the options cannot be used.
    """
    asked = sys.argv[1:] if arguments is None else arguments
    try:
        settings = load_settings()
        with local_api(settings, started=_HELP.isdisjoint(asked)) as api:
            os.environ.update({**api.environment, **QUIET})
            flow = getattr(importlib.import_module(f"flows.{name}"), name)
            request = _request(typing.get_type_hints(flow.fn)["request"], name, asked)
            configure_logging(level=logging.CRITICAL)
            api.wait()
            try:
                flow(request)
            finally:
                _send_what_is_left()
    except TidegateError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _send_what_is_left() -> None:
    """Hand the API the run's last logs and events while it is still there."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=10)


def parser_of(request_type: type[BaseModel], name: str) -> argparse.ArgumentParser:
    """A parser with one option for each field of the request, described as the field is."""
    parser = argparse.ArgumentParser(
        prog=f"python -m flows.{name}",
        description=request_type.__doc__,
        argument_default=argparse.SUPPRESS,
    )
    for field, info in request_type.model_fields.items():
        default = "" if info.default in (None, PydanticUndefined) else f" (default: {info.default})"
        parser.add_argument(
            f"--{field.replace('_', '-')}",
            required=info.is_required(),
            metavar=field.rsplit("_", 1)[-1].upper(),
            help=f"{info.description}{default}".replace("%", "%%"),
        )
    return parser


def _request(request_type: type[BaseModel], name: str, arguments: Sequence[str]) -> BaseModel:
    parser = parser_of(request_type, name)
    try:
        return request_type.model_validate(vars(parser.parse_args(arguments)))
    except ValidationError as error:
        problems = (
            f"--{'-'.join(map(str, item['loc'])).replace('_', '-')}: {item['msg']}"
            for item in error.errors()
        )
        parser.error("; ".join(problems))

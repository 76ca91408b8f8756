"""Command lines in processes of their own, which need not import the tools anew.

The tools take ten seconds to import. One process does it once, and every command is forked off it:
its own environment, working directory, output and process group, so that it can be killed as one
that was started from a shell.
"""

import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from pkgutil import iter_modules

from tidegate import operations
from tidegate.adapters.orchestrator import prefect_environment
from tidegate.adapters.settings import load_settings

ROOT = Path(__file__).parents[1]
# The adapters that import a tool each, what the tools import late, every operation and every flow.
_IMPORTED_ONCE = (
    "tidegate.adapters.registry",
    "tidegate.adapters.feature_store",
    "tidegate.adapters.quality",
    "tests.quick_expectations",
    "tidegate.adapters.drift_report",
    "tidegate.adapters.plots",
    "mlflow.pyfunc",
    "mlflow.tracking.client",
    "mlflow.store.tracking.sqlalchemy_store",
    "ibis.backends.duckdb",
    "evidently",
    "lightgbm",
    "flows.run_cycle",
    "flows.rehearse_policy",
    *(module.name for module in iter_modules(operations.__path__, f"{operations.__name__}.")),
)


@dataclass(frozen=True)
class Ended:
    """What a command that has ended left: its exit code, minus the signal that killed it."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Command:
    """A command that was started, as ``python -m module`` would be."""

    process: ForkServerProcess
    folder: Path

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return (self.folder / "stdout").read_text()

    @property
    def stderr(self) -> str:
        """What it has printed so far of errors and log lines."""
        return (self.folder / "stderr").read_text()

    @property
    def running(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> Ended:
        """SIGKILL to it and to whatever it started."""
        if self.running:
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> Ended:
        self.process.join()
        return Ended(self.process.exitcode, self.stdout, self.stderr)


def start(module: str, *arguments: str, environment: Mapping[str, str], folder: Path) -> Command:
    """Start ``python -m module arguments`` in the root of the project.

    ``environment`` is what it has beside this process' own; ``folder`` is made and keeps what it
    prints.
    """
    folder.mkdir(parents=True)
    for name in ("stdout", "stderr"):
        (folder / name).touch()
    process = _context().Process(
        target=_run, args=(module, arguments, dict(environment), str(folder))
    )
    process.start()
    return Command(process, folder)


@cache
def _context() -> ForkServerContext:
    # As the adapters set them before they import these.
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_LOGGING_LEVEL"] = "WARNING"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED_ONCE))
    return context


def _run(module: str, arguments: tuple[str, ...], environment: dict[str, str], folder: str) -> None:
    os.setsid()
    os.chdir(ROOT)
    os.environ.update(environment)
    for number, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    sys.argv = [module, *arguments]
    if module.startswith("flows."):
        _tell_prefect()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _tell_prefect() -> None:
    """Have Prefect, which was imported before, read what a flow's command line sets for it."""
    from prefect.context import refresh_global_settings_context
    from prefect.logging.configuration import setup_logging

    from flows.command_line import QUIET

    api, settings = os.environ["PREFECT_API_URL"], load_settings()
    settings.prefect_dir.mkdir(parents=True, exist_ok=True)
    os.environ.update({**prefect_environment(settings, api), **QUIET})
    refresh_global_settings_context()
    setup_logging(incremental=False)

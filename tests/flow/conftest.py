"""Fixtures of the flow tests: one Prefect API, and a whole cycle on a tiny portfolio."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

# Prefect reads this while it is being imported, which collecting the flow tests does.
os.environ["DO_NOT_TRACK"] = "1"

import pytest

from tests.flow_cycles import TINY, Cycle, Finished, tiny_policies
from tidegate.adapters.orchestrator import local_api
from tidegate.adapters.settings import Settings


@pytest.fixture(scope="session")
def home_of_the_api(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the user as whom the Prefect API runs."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def prefect_api(
    tmp_path_factory: pytest.TempPathFactory, home_of_the_api: Path
) -> Iterator[Mapping[str, str]]:
    """One Prefect API for all flow tests; the environment that leads to it."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("HOME", str(home_of_the_api))
            settings = Settings(var_dir=tmp_path_factory.mktemp("prefect"))
            api = stack.enter_context(local_api(settings))
        api.wait()
        yield api.environment


@pytest.fixture(scope="session")
def new_cycle(
    prefect_api: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Cycle]:
    """Makes empty installations with policies for a tiny portfolio."""

    def make() -> Cycle:
        folder = tmp_path_factory.mktemp("cycle")
        settings = Settings(
            var_dir=folder / "var", policies_dir=tiny_policies(folder), actor="tester"
        )
        return Cycle(settings, prefect_api)

    return make


@pytest.fixture(scope="session")
def _finished(new_cycle: Callable[[], Cycle]) -> tuple[Finished, Path]:
    cycle = new_cycle()
    before = cycle.run_ids()
    run = cycle.run_from_scratch("run_cycle", *TINY)
    (run_id,) = cycle.run_ids() - before
    assert run.returncode == 0, run.stdout + run.stderr
    folder = cycle.settings.root.parent
    kept = folder.with_name(f"{folder.name}-kept")
    shutil.copytree(folder, kept)
    return Finished(cycle, run_id, run.stdout), kept


@pytest.fixture
def finished(_finished: tuple[Finished, Path]) -> Iterator[Finished]:
    """A finished cycle. What a test does to it is undone, in place: MLflow keeps whole paths."""
    done, kept = _finished
    yield done
    folder = done.cycle.settings.root.parent
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)

"""What every kind of test shares: a platform of its own, the real data, the browser."""

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

# Every core has its test process: threads of their own would only wait for each other. Libraries
# read these when they are imported, and the processes that a test starts inherit them.
os.environ["TIDEGATE_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tidegate.adapters.settings import Settings
from tidegate.operations.platform import Platform, open_platform

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)

# What a fixture needs on the machine, and what to say where it is absent. Continuous integration
# installs the browser, so there its absence is a failure.
_NEEDS = {
    "taiwan_csv": (DATA / "taiwan" / "UCI_Credit_Card.csv", False),
    "taiwan_defective_csv": (DATA / "taiwan" / "defective_copy_2_missing_ages.csv", False),
    "gmsc_csv": (DATA / "gmsc" / "cs-training.csv.gz", False),
    "chromium": (CHROMIUM, True),
}

_HYPOTHESIS = hypothesis.settings(
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,
    ],
)
# The suite tries the same examples wherever it runs, so that a red is the work of the commit under
# test; `make explore` draws new ones.
hypothesis.settings.register_profile("tidegate", _HYPOTHESIS, derandomize=True)
hypothesis.settings.register_profile("explore", _HYPOTHESIS, print_blob=True)
hypothesis.settings.load_profile("tidegate")


class _ByConftest(LoadScopeScheduling):
    """A folder with a conftest.py stays in one process, which makes its fixtures once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        folder = Path(file).parent
        return str(folder) if (ROOT / folder / "conftest.py").exists() else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """A process more than there are cores: whoever waits for a server leaves one idle."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Units of work in the order of the items, not by their number of tests."""
    config.option.loadscopereorder = False
    return _ByConftest(config, log)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end; the garbage collector passes over it."""
    if "great_expectations" in sys.modules:  # importing it for tests without it takes seconds
        importlib.import_module("tests.quick_expectations")
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)  # what tests make is mostly dropped before it is looked for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes minutes first, so that no process waits for another at the end.

    Skip, with its reason, what needs a file that this machine does not have.
    """
    items.sort(key=lambda item: item.get_closest_marker("minutes") is None)
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            path, installed_by_ci = _NEEDS.get(fixture, (ROOT, False))
            must_run = installed_by_ci and "TIDEGATE_TEST_NO_SKIP" in os.environ
            if not path.exists() and not must_run:
                item.add_marker(pytest.mark.skip(reason=f"{path.name} is not on this machine"))


@pytest.fixture(scope="session")
def taiwan_csv() -> Path:
    return _NEEDS["taiwan_csv"][0]


@pytest.fixture(scope="session")
def taiwan_defective_csv() -> Path:
    return _NEEDS["taiwan_defective_csv"][0]


@pytest.fixture(scope="session")
def gmsc_csv() -> Path:
    return _NEEDS["gmsc_csv"][0]


@pytest.fixture(scope="session")
def chromium() -> Path:
    assert CHROMIUM.exists(), "install Debian's package chromium"
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """One at a time, and gone with its module: while it lives, an event loop runs in this thread,
    and neither a second driver nor anything of Prefect's can have one there."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path / "var", policies_dir=ROOT / "policies", actor="tester")


@pytest.fixture
def platform(settings: Settings) -> Platform:
    return open_platform(settings)


class StoppedClock:
    """A clock that stands still, for entries whose digests are compared."""

    def now(self) -> datetime:
        return datetime(2024, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def stopped_clock() -> StoppedClock:
    return StoppedClock()

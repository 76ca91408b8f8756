"""What the tests of the servers share: ``tidegate up`` on free ports, over a small portfolio."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flow_cycles import ROOT, tiny_policies
from tidegate.adapters import child_process, orchestrator
from tidegate.adapters.child_process import HOST, answers, free_port
from tidegate.adapters.orchestrator import tidegate_environment
from tidegate.adapters.settings import Settings
from tidegate.operations.generate_world import GenerateWorldRequest, generate_world
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import open_platform

START_UP_SECONDS = 180


@dataclass(frozen=True)
class Served:
    """The addresses of servers that were started as a user would start them."""

    settings: Settings
    log: Path

    @property
    def prefect(self) -> str:
        return f"http://{HOST}:{self.settings.prefect_port}"

    @property
    def mlflow(self) -> str:
        return f"http://{HOST}:{self.settings.mlflow_port}"

    def ask(self, path: str, **body: object) -> list[dict]:
        """What Prefect's API answers to a filter."""
        request = urllib.request.Request(
            f"{self.prefect}/api/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def runs(self, flow: str) -> list[dict]:
        """The runs of a flow, oldest first."""
        flows = {"name": {"any_": [flow]}}
        return self.ask("flow_runs/filter", flows=flows, sort="EXPECTED_START_TIME_ASC", limit=200)

    def wait_for_run(self, flow: str, state: str, seconds: float = 120) -> dict:
        """The first run of a flow that reaches a state."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for run in self.runs(flow):
                if run["state_name"] == state:
                    return run
            time.sleep(1)
        states = [run["state_name"] for run in self.runs(flow)]
        raise AssertionError(f"no run of {flow} is {state} within {seconds} s: {states}")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Servers over a small portfolio whose features are computed and that has no model yet."""
    folder = tmp_path_factory.mktemp("served")
    settings = Settings(
        var_dir=folder / "var",
        policies_dir=tiny_policies(folder),
        actor="tester",
        prefect_port=free_port(),
        mlflow_port=free_port(),
    )
    _prepare(settings)
    log = folder / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            child_process._guarded((sys.executable, "-m", "tidegate", "up")),
            cwd=ROOT,
            env={**os.environ, **tidegate_environment(settings)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_up(process, log)
        yield Served(settings, log)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert log.read_text().endswith("stopped\n")
    assert not answers(orchestrator.prefect_server(settings).health_url)
    assert not answers(orchestrator.mlflow_server(settings).health_url)


def _prepare(settings: Settings) -> None:
    """Features of a small portfolio."""
    platform, world = open_platform(settings), settings.root / "world"
    generate_world(GenerateWorldRequest(out=world, customers=2_000, months=20))
    ingest_batch(platform, IngestBatchRequest(path=world))
    materialize_features(platform, MaterializeFeaturesRequest())


def _wait_until_up(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_UP_SECONDS
    while "Prefect UI" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)

"""What the tests of the servers share: ``tidegate up`` on free ports, over a small portfolio."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from pydantic import SecretStr

from tests.flow_cycles import ROOT, tiny_policies
from tidegate.adapters import child_process, orchestrator, prefect_api
from tidegate.adapters.child_process import HOST, answers, free_port
from tidegate.adapters.notify import SIGNATURE_HEADER, signature_of
from tidegate.adapters.orchestrator import WORK_POOL, tidegate_environment
from tidegate.adapters.settings import Settings
from tidegate.operations.generate_world import GenerateWorldRequest, generate_world
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import open_platform

START_UP_SECONDS = 180
SECRET = "of the tests"
T = TypeVar("T")


@dataclass(frozen=True)
class Webhook:
    """Someone who takes notices: what was posted, with its headers, in order."""

    url: str
    posted: list[tuple[Message, bytes]]

    def notices(self, event: str) -> list[dict]:
        """The notices of a kind of event, each held against its signature."""
        for headers, body in self.posted:
            assert headers[SIGNATURE_HEADER] == signature_of(body, SECRET)
        notices = [json.loads(body) for _, body in self.posted]
        return [notice for notice in notices if notice["event"] == event]


@dataclass(frozen=True)
class Served:
    """The addresses of servers that were started as a user would start them."""

    settings: Settings
    log: Path
    webhook: Webhook

    @property
    def prefect(self) -> str:
        return f"http://{HOST}:{self.settings.prefect_port}"

    @property
    def mlflow(self) -> str:
        return f"http://{HOST}:{self.settings.mlflow_port}"

    def ask(self, path: str, method: str = "POST", **body: object) -> Any:
        """What Prefect's API answers to a filter, or to whatever else it is asked."""
        return prefect_api.ask(f"{self.prefect}/api", method, path, body, what=path)

    def tell(self, event: str, subject: str, *, ago: timedelta = timedelta(0), **payload: object):
        """Have an event happen, as a flow or a runner would report it, some time ago."""
        told = {
            "event": event,
            "resource": {"prefect.resource.id": subject},
            "payload": payload,
            "occurred": (datetime.now(UTC) - ago).isoformat(),
            "id": str(uuid4()),
        }
        prefect_api.ask(f"{self.prefect}/api", "POST", "events", [told], what=event)

    def start(self, deployment: str, **request: object) -> str:
        """Start a run of a deployment by hand; its id."""
        (found,) = self.ask("deployments/filter", deployments={"name": {"any_": [deployment]}})
        path = f"deployments/{found['id']}/create_flow_run"
        return self.ask(path, parameters={"request": request})["id"]

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within, no run is begun; what is started waits."""
        self.ask(f"work_pools/{WORK_POOL}", "PATCH", is_paused=True)
        try:
            yield
        finally:
            self.ask(f"work_pools/{WORK_POOL}", "PATCH", is_paused=False)

    def runs(self, flow: str) -> list[dict]:
        """The runs of a flow, oldest first."""
        flows = {"name": {"any_": [flow]}}
        return self.ask("flow_runs/filter", flows=flows, sort="EXPECTED_START_TIME_ASC", limit=200)

    def wait_until(self, found: Callable[[], T], what: str, seconds: float = 180) -> T:
        """What ``found`` gives as soon as it gives something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if thing := found():
                return thing
            time.sleep(1)
        raise AssertionError(f"no {what} within {seconds} s")

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
def webhook() -> Iterator[Webhook]:
    posted: list[tuple[Message, bytes]] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.append((self.headers, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the tests' output is not its place."""

    with ThreadingHTTPServer((HOST, 0), Take) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Webhook(f"http://{HOST}:{server.server_port}/notices", posted)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, webhook: Webhook) -> Iterator[Served]:
    """Servers over a small portfolio whose features are computed and that has no model yet."""
    folder = tmp_path_factory.mktemp("served")
    settings = Settings(
        var_dir=folder / "var",
        policies_dir=tiny_policies(folder),
        actor="tester",
        prefect_port=free_port(),
        mlflow_port=free_port(),
        notify_webhook_url=webhook.url,
        notify_webhook_secret=SecretStr(SECRET),
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
        yield Served(settings, log, webhook)
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

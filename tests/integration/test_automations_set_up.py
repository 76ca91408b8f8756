"""Automations set up over HTTP: made once, updated, removed, others left alone, 503 waited out."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from credit_limits.domain.errors import ServerError
from tidegate.adapters import prefect_api
from tidegate.adapters.automations import OURS, set_up_automations
from tidegate.adapters.child_process import HOST, free_port

TEXT = """
name: {name}
description: why
trigger: {{type: event, posture: Reactive, expect: [{event}]}}
actions: [{{type: run-deployment, deployment: retrain-model}}]
"""


@dataclass
class FakePrefect:
    """The few paths of the API that are asked, over what is kept in memory."""

    automations: dict[str, dict] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    locked: int = 0
    url: str = ""

    def answer(self, method: str, path: str, body: dict | None) -> tuple[int, object]:
        self.asked.append(f"{method} {path}")
        if self.locked:
            self.locked -= 1
            return 503, {"detail": "locked"}
        kind, _, known = path.partition("/")
        if known == "filter":
            there = {
                "deployments": [{"name": "retrain-model", "id": "d-1"}],
                "automations": list(self.automations.values()),
            }
            return 200, there[kind][body["offset"] :]
        if method == "DELETE":
            return 200, self.automations.pop(known)
        if body["trigger"]["expect"] == ["refused"]:
            return 422, {"detail": "no such posture"}
        return 200, self.put(known or f"a-{len(self.automations) + 1}", body)

    def put(self, known: str, body: dict) -> dict:
        self.automations[known] = {"enabled": True, **body, "id": known}
        return self.automations[known]

    def writes(self) -> list[str]:
        """What was asked since it was last looked at, but for questions."""
        made, self.asked = [each for each in self.asked if "filter" not in each], []
        return made


@pytest.fixture
def prefect() -> Iterator[FakePrefect]:
    fake = FakePrefect()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = fake.answer(self.command, self.path.lstrip("/"), body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815  # names of the base class

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        fake.url = f"http://{HOST}:{server.server_port}"
        yield fake
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(TEXT.format(name=name, event="e"))
    return tmp_path


def names(prefect):
    return sorted(each["name"] for each in prefect.automations.values())


def test_each_file_is_made_once_and_not_touched_again(prefect, folder):
    set_up_automations(prefect.url, folder)
    assert prefect.writes() == ["POST automations/", "POST automations/"]
    (one, _) = prefect.automations.values()
    assert one["tags"][0] == OURS
    assert one["actions"] == [
        {"type": "run-deployment", "source": "selected", "deployment_id": "d-1"}
    ]
    set_up_automations(prefect.url, folder)
    assert prefect.writes() == []


def test_a_changed_file_updates_its_automation_and_leaves_it_switched_off(prefect, folder):
    set_up_automations(prefect.url, folder)
    prefect.automations["a-1"]["enabled"] = False
    (folder / "one.yaml").write_text(TEXT.format(name="one", event="other"))
    prefect.writes()
    set_up_automations(prefect.url, folder)
    assert prefect.writes() == ["PUT automations/a-1"]
    assert prefect.automations["a-1"]["trigger"]["expect"] == ["other"]
    assert prefect.automations["a-1"]["enabled"] is False


def test_a_file_that_has_gone_takes_its_automation_along_and_no_other(prefect, folder):
    prefect.put("by-hand", {"name": "made in the UI", "tags": ["mine"]})
    prefect.put("of-a-deployment", {"name": "one", "tags": []})
    set_up_automations(prefect.url, folder)
    (folder / "one.yaml").unlink()
    set_up_automations(prefect.url, folder)
    assert names(prefect) == ["made in the UI", "one", "two"]
    assert prefect.automations["of-a-deployment"]["name"] == "one"


def test_one_that_is_there_twice_is_there_once_afterwards(prefect, folder):
    set_up_automations(prefect.url, folder)
    prefect.put("a-9", prefect.automations["a-1"])
    set_up_automations(prefect.url, folder)
    assert names(prefect) == ["one", "two"]


def test_what_the_server_does_not_take_is_named_with_its_reason(prefect, folder):
    (folder / "two.yaml").write_text(TEXT.format(name="two", event="refused"))
    with pytest.raises(ServerError, match=r"two\.yaml \(status 422\): .*no such posture"):
        set_up_automations(prefect.url, folder)


def test_a_locked_database_is_waited_for_and_not_for_ever(prefect, folder, monkeypatch):
    monkeypatch.setattr(prefect_api, "_PAUSE_SECONDS", 0.0)
    prefect.locked = 4
    set_up_automations(prefect.url, folder)
    assert names(prefect) == ["one", "two"]
    prefect.locked = 5
    with pytest.raises(ServerError, match=r"status 503\): .*locked"):
        set_up_automations(prefect.url, folder)
    assert prefect.locked == 0


def test_a_server_that_is_not_there_is_named(folder):
    with pytest.raises(ServerError, match=r"the Prefect server at http://.* is silent"):
        set_up_automations(f"http://{HOST}:{free_port()}", folder)

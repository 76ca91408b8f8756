"""infra/automations: files that say why, about deployments, flows and events that exist."""

import re
from pathlib import Path

import pytest
import yaml

from credit_limits.domain.errors import ServerError
from tests.conftest import ROOT
from tidegate.adapters.automations import AUTOMATIONS, read_automations
from tidegate.adapters.orchestrator import HEARTBEAT_SECONDS
from tidegate.operations.announce import ANNOUNCED

FILES = {file.path.stem: file for file in read_automations(ROOT / AUTOMATIONS)}
DEPLOYMENTS = {
    each["name"] for each in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
}
# What each file waits for and what it starts or does: a change of it shows in a review.
SURFACE = {
    "announce-champion-not-certified": ({"tidegate.champion.not-certified"}, ["announce"]),
    "announce-late-batch": ({"tidegate.batch.accepted"}, ["announce"]),
    "announce-what-people-must-know": (
        {"tidegate.drift.alarm", "tidegate.promotion.refused", "tidegate.champion.rolled-back"},
        ["announce"],
    ),
    "crash-run-without-heartbeat": (
        {
            f"prefect.flow-run.{word}"
            for word in ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed")
        },
        ["change-flow-run-state"],
    ),
    "promote-on-request": ({"tidegate.promotion.requested"}, ["promote-model"]),
    "retrain-on-drift-alarm": ({"tidegate.drift.alarm"}, ["retrain-model"]),
}


def does(file):
    return [action.get("deployment", action["type"]) for action in file.actions]


def test_what_each_file_waits_for_and_what_it_does():
    found = {
        name: (set(file.content["trigger"]["expect"]), does(file)) for name, file in FILES.items()
    }
    assert found == SURFACE


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_file_names_deployments_and_flows_that_exist_and_says_why(file):
    assert set(file.deployments) <= DEPLOYMENTS
    for name in file.deployments:
        assert (ROOT / "flows" / f"{name.replace('-', '_')}.py").is_file()
    assert len(file.content["description"]) > 100


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_an_event_is_one_that_flows_or_prefect_emit(file):
    emitted = (ROOT / "flows" / "events.py").read_text()
    for event in file.content["trigger"]["expect"]:
        domain, _, word = event.rpartition(".")
        assert domain == "prefect.flow-run" or event in emitted or f'"{domain}.{{' in emitted, (
            event,
            word,
        )


def test_every_event_that_is_announced_has_a_sentence():
    waited = set[str]()
    for file in FILES.values():
        if file.deployments == ["announce"]:
            (action,) = file.actions
            named = action["parameters"]["request"]["event"]
            waited |= {named} if isinstance(named, str) else set(file.content["trigger"]["expect"])
    assert waited == set(ANNOUNCED)


def test_values_of_an_event_are_rendered_as_texts():
    """A plain template keeps the value's own type, and a text parameter refuses a number."""
    for file in FILES.values():
        for action in file.actions:
            for value in action.get("parameters", {}).get("request", {}).values():
                assert isinstance(value, str) or value["__prefect_kind"] == "jinja"
                assert not (isinstance(value, str) and "{{" in value)


def test_a_run_is_given_up_only_after_several_missed_beats():
    patience = FILES["crash-run-without-heartbeat"].content["trigger"]["within"]
    assert patience >= 3 * HEARTBEAT_SECONDS


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


GOOD = """
name: a
description: why
trigger: {type: event, posture: Reactive, expect: [tidegate.drift.alarm]}
actions: [{type: run-deployment, deployment: no-such}]
"""


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"one": GOOD.replace("why", "[")}, r"one\.yaml cannot be read"),
        ({"one": GOOD + "enabled: false\n"}, r"one\.yaml has .*enabled; it needs just actions"),
        ({"one": "- a list"}, r"one\.yaml has no fields"),
        ({"one": re.sub("actions.*", "actions: []", GOOD)}, r"one\.yaml has no list of actions"),
        ({"one": GOOD, "two": GOOD}, r"two\.yaml and .*one\.yaml have the same name, 'a'"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, files, message):
    with pytest.raises(ServerError, match=message):
        read_automations(written(tmp_path, **files))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ServerError, match=r"there is no folder .*nowhere"):
        read_automations(tmp_path / "nowhere")


def test_a_deployment_that_does_not_exist_is_named(tmp_path):
    (file,) = read_automations(written(tmp_path, one=GOOD))
    with pytest.raises(ServerError, match=r"one\.yaml runs the deployment no-such, .*it has: b, c"):
        file.body({"c": "1", "b": "2"})


def test_the_content_and_the_ids_make_the_tag(tmp_path):
    (file,) = read_automations(written(tmp_path, one=GOOD))
    tags = [file.body({"no-such": each})["tags"] for each in ("1", "1", "2")]
    assert tags[0] == tags[1] != tags[2]

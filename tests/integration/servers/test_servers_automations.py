"""infra/automations against a real server: what an event starts, with what, and what it ends."""

import json
from datetime import timedelta

import pytest

from tests.flow_cycles import ROOT
from tidegate.adapters.automations import OURS, read_automations, set_up_automations
from tidegate.adapters.lost_runs import crash_lost_runs

FOLDER = ROOT / "infra" / "automations"
FILES = {file.path.stem: file for file in read_automations(FOLDER)}
MODEL = "tidegate.model.default_risk"
POOL = "of-the-tests"
ALARM = {"as_of": "2024-01-31", "level": "alarm", "finding": "score: shifted", "model_version": "1"}
CANCELLED = {"type": "CANCELLED", "name": "Cancelled"}


def within(file):
    """The time that a proactive automation gives, less the second in which it runs out."""
    return timedelta(seconds=FILES[file].content["trigger"]["within"] - 1)


def looking(served, file, found):
    """``found``, asked each time after the server was made to look at a proactive trigger anew.

    By itself it looks again when the time is over that was left when it looked last, and events
    of the tests are of an earlier time.
    """
    (automation,) = (a for a in served.ask("automations/filter") if a["name"] == FILES[file].name)

    def look():
        served.ask(f"automations/{automation['id']}", "PATCH", enabled=True)
        return found()

    return look


def by_automation(served, automation, **request):
    """The runs that an automation has started, with these parts of the request."""
    runs = served.ask("flow_runs/filter", sort="EXPECTED_START_TIME_DESC", limit=200)
    return [
        run
        for run in runs
        if (run["created_by"] or {}).get("display_value") == automation
        and request.items() <= request_of(run).items()
    ]


def arrived(served, automation, **request):
    """The run that an automation starts for an event."""
    found = served.wait_until(lambda: by_automation(served, automation, **request), automation)
    return found[0]


@pytest.fixture(scope="module")
def started(served):
    """The runs that events have started. One is left to be carried out, the alarm's notice; the
    others are cancelled before they begin."""
    source, batch = "tidegate.source.tests", {"batch_id": "b-1", "source": "tests"}
    late = "announce-late-batch"
    with served.paused():
        served.tell("tidegate.drift.alarm", MODEL, **ALARM, customer_id="C00017")
        found = {
            "retraining": arrived(served, "retrain on a drift alarm"),
            "alarm": arrived(
                served, "announce what people must know", event="tidegate.drift.alarm"
            ),
        }
        served.tell("tidegate.promotion.requested", MODEL, model_name="default_risk", version=7)
        found["promotion"] = arrived(served, "promote on request", version="7")
        served.tell("tidegate.batch.accepted", source, ago=within(late), **batch)
        look = looking(served, late, lambda: by_automation(served, FILES[late].name))
        (found["late"],) = served.wait_until(look, "notice of a late batch")
        for name in ("retraining", "promotion", "late"):
            served.ask(f"flow_runs/{found[name]['id']}/set_state", state=CANCELLED)
    return found


def request_of(run):
    return run["parameters"]["request"]


def test_a_drift_alarm_starts_a_retraining(started):
    assert request_of(started["retraining"]) == {}
    assert started["retraining"]["created_by"]["type"] == "AUTOMATION"


def test_a_request_starts_the_promotion_of_its_version_though_it_came_as_a_number(started):
    assert request_of(started["promotion"]) == {"model_name": "default_risk", "version": "7"}


def test_a_batch_that_stays_away_is_announced(started):
    request = request_of(started["late"])
    assert request["event"] == "tidegate.batch.late"
    assert request["subject"] == "tidegate.source.tests"
    facts = json.loads(request["facts"])
    assert (facts["last_batch"], facts["source"]) == ("b-1", "tests")


def test_an_alarm_is_posted_signed_without_what_is_not_on_the_list(started, served):
    assert json.loads(request_of(started["alarm"])["facts"])["customer_id"]
    posted = served.wait_until(lambda: served.webhook.notices("tidegate.drift.alarm"), "notice")
    assert [notice["facts"] for notice in posted] == [ALARM]
    assert posted[0]["text"].startswith("The watch of 2024-01-31 alarms: score: shifted.")


@pytest.fixture
def dead_run(served):
    """A run that is in the only place of its deployment, and whose runner is gone."""
    served.ask("work_pools/", name=POOL, type="process")
    flow = served.ask("flows/filter", flows={"name": {"any_": ["announce"]}})[0]["id"]
    lost = {"name": "lost", "flow_id": flow, "work_pool_name": POOL, "concurrency_limit": 1}
    deployment = served.ask("deployments/", **lost)["id"]
    run = served.ask(f"deployments/{deployment}/create_flow_run")["id"]
    for state in ("PENDING", "RUNNING"):
        served.ask(f"flow_runs/{run}/set_state", state={"type": state, "name": state.title()})
    assert taken_places(served, deployment) == 1
    yield run, deployment
    served.ask(f"deployments/{deployment}", "DELETE")
    served.ask(f"work_pools/{POOL}", "DELETE")


def taken_places(served, deployment):
    return served.ask(f"deployments/{deployment}", "GET")["global_concurrency_limit"][
        "active_slots"
    ]


def state_of(served, run):
    return served.ask(f"flow_runs/{run}", "GET")["state"]


def test_a_run_without_heartbeat_is_crashed_and_its_place_is_free(served, dead_run):
    run, deployment = dead_run
    file = "crash-run-without-heartbeat"
    served.tell("prefect.flow-run.heartbeat", f"prefect.flow-run.{run}", ago=within(file))
    crashed = looking(served, file, lambda: state_of(served, run)["type"] == "CRASHED")
    served.wait_until(crashed, "crashed run")
    assert state_of(served, run)["message"] == "no heartbeat for 180 seconds"
    assert taken_places(served, deployment) == 0


def test_a_run_that_ended_with_an_earlier_server_is_crashed_when_one_starts(served, dead_run):
    run, deployment = dead_run
    assert crash_lost_runs(f"{served.prefect}/api", POOL) == 1
    assert state_of(served, run)["type"] == "CRASHED"
    assert taken_places(served, deployment) == 0
    assert crash_lost_runs(f"{served.prefect}/api", POOL) == 0


def test_what_is_set_up_again_is_as_it_was(served):
    before = served.ask("automations/filter")
    ours = [each for each in before if OURS in each["tags"]]
    assert {each["name"] for each in ours} == {file.name for file in FILES.values()}
    assert all(each["enabled"] and len(each["description"]) > 100 for each in ours)
    set_up_automations(f"{served.prefect}/api", FOLDER)
    assert served.ask("automations/filter") == before

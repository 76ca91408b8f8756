"""prefect.yaml: every deployment fits its flow's signature, and a real server runs by it."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from tidegate.adapters.automations import OURS

ROOT = Path(__file__).parents[3]
DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
NAMES = [deployment["name"] for deployment in DEPLOYMENTS]
FLOW_FILES = sorted(
    path.stem for path in (ROOT / "flows").glob("*.py") if "@flow" in path.read_text()
)


def flow_of(deployment):
    from prefect.flows import load_flow_from_entrypoint

    return load_flow_from_entrypoint(deployment["entrypoint"])


def test_every_flow_has_one_deployment():
    assert sorted(name.replace("-", "_") for name in NAMES) == FLOW_FILES


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_an_entrypoint_is_dotted_and_its_names_agree(deployment):
    verb = deployment["name"].replace("-", "_")
    assert deployment["entrypoint"] == f"flows.{verb}.{verb}"
    flow = flow_of(deployment)
    assert flow.name == deployment["name"]
    assert flow.fn is getattr(import_module(f"flows.{verb}"), verb).fn


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_the_parameters_fit_the_signature(deployment):
    flow = flow_of(deployment)
    parameters = deployment.get("parameters", {})
    if "parameters" in deployment:
        flow.validate_parameters(parameters)
    else:
        assert flow.parameters.required == ["request"]
    assert set(parameters) <= {"request"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_the_form_describes_every_field(deployment):
    schema = flow_of(deployment).parameters
    assert list(schema.properties) == ["request"]
    (request,) = (
        definition for name, definition in schema.definitions.items() if name.endswith("Request")
    )
    assert request["description"]
    for name, field in request["properties"].items():
        assert field.get("description"), name


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=NAMES)
def test_a_deployment_runs_one_at_a_time_and_says_what_happens_to_the_second(deployment):
    assert deployment["concurrency_limit"]["limit"] == 1
    waits = deployment["concurrency_limit"]["collision_strategy"] == "ENQUEUE"
    assert waits == (deployment["name"] in ("ingest-batch", "announce"))
    assert deployment["work_pool"] == {"name": "tidegate"}
    assert deployment["tags"]
    assert len(deployment["description"]) > 40


def test_what_is_scheduled_how_often():
    crons = {
        d["name"]: [s["cron"] for s in d["schedules"]] for d in DEPLOYMENTS if "schedules" in d
    }
    daily = {name for name, (cron,) in crons.items() if cron.split()[2:] == ["*", "*", "*"]}
    often = {name for name, (cron,) in crons.items() if cron.startswith("*/5 ")}
    monthly = set(crons) - daily - often
    assert daily - often == {"ingest-batch", "materialize-features", "watch-drift"}
    assert often == {"watch-registry"}
    assert monthly == {"retrain-model"}


def test_the_table_of_the_flows_readme_names_every_flow_and_command():
    rows = (ROOT / "flows" / "README.md").read_text().splitlines()
    named = {match[1] for row in rows if (match := re.match(r"\|.*\| `([a-z-]+)` \| `python", row))}
    assert named == set(NAMES)
    commands = {match[1] for row in rows for match in re.finditer(r"`python -m flows\.(\w+)", row)}
    assert commands == set(FLOW_FILES)


def test_the_server_has_every_deployment(served):
    found = served.ask("deployments/filter")
    assert {deployment["name"] for deployment in found} == set(NAMES)
    for deployment in found:
        assert deployment["enforce_parameter_schema"]
        assert deployment["concurrency_options"]["collision_strategy"] in ("CANCEL_NEW", "ENQUEUE")


@pytest.mark.parametrize(
    "flow", ["ingest-batch", "materialize-features", "watch-drift", "retrain-model"]
)
def test_a_schedule_makes_runs(served, flow):
    run = served.wait_for_run(flow, "Scheduled", seconds=90)
    assert "auto-scheduled" in run["tags"]


def test_the_daily_batch_is_looked_for_under_var(served):
    (ingest,) = (d for d in served.ask("deployments/filter") if d["name"] == "ingest-batch")
    inbox = served.settings.root / "inbox"
    assert ingest["parameters"] == {"request": {"path": str(inbox)}}
    assert inbox.is_dir()


def test_what_follows_a_run_is_told_to_the_server(served):
    automations = {
        automation["name"]: automation
        for automation in served.ask("automations/filter")
        if OURS not in automation["tags"]
    }
    deployments = {d["id"]: d["name"] for d in served.ask("deployments/filter")}
    follows = {
        automation["trigger"]["match_related"]["prefect.resource.name"]: deployments[
            automation["actions"][0]["deployment_id"]
        ]
        for automation in automations.values()
    }
    assert follows == {"retrain-model": "promote-model", "promote-model": "adjust-limits"}
    assert all(automation["enabled"] for automation in automations.values())

"""infra/compose.yaml: loopback alone, pinned images, no default secret, settings that exist."""

import re
from pathlib import Path

import pytest
import yaml

from tidegate.adapters import automations, orchestrator
from tidegate.adapters.settings import Settings

INFRA = Path(__file__).parents[2] / "infra"


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((INFRA / "compose.yaml").read_text())["services"]


def test_every_published_port_is_on_loopback(services):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_ports_are_those_of_the_settings(services):
    assert services["prefect-server"]["ports"] == [
        "127.0.0.1:{0}:{0}".format(Settings.model_fields["prefect_port"].default)
    ]
    assert services["mlflow-server"]["ports"] == [
        "127.0.0.1:{0}:{0}".format(Settings.model_fields["mlflow_port"].default)
    ]


def test_every_image_is_pinned(services):
    images = {service["image"] for service in services.values()}
    assert all(re.search(r":\d+\.\d+", image) for image in images), images


def test_no_password_has_a_default():
    text = (INFRA / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{[^}]*\}", text)) == {"${POSTGRES_PASSWORD:?see infra/README.md}"}


def test_the_runner_sets_settings_that_exist(services):
    names = [name for name in services["runner"]["environment"] if name.startswith("TIDEGATE_")]
    known = {f"TIDEGATE_{field.upper()}" for field in Settings.model_fields}
    assert set(names) <= known
    assert {"TIDEGATE_CONTROL_DB_URL", "TIDEGATE_MLFLOW_TRACKING_URI"} <= set(names)


def test_who_waits_for_whom_is_there_and_is_checked_for_health(services):
    for service in services.values():
        for other, wait in service.get("depends_on", {}).items():
            assert wait["condition"] == "service_healthy"
            assert "healthcheck" in services[other]


def test_every_database_that_is_connected_to_is_made(services):
    text = (INFRA / "compose.yaml").read_text()
    script = (INFRA / "postgresql" / "databases.sql").read_text()
    connected = set(re.findall(r"@postgresql:5432/(\w+)", text))
    made = set(re.findall(r"CREATE DATABASE (\w+)", script))
    assert connected == made | {services["postgresql"]["environment"]["POSTGRES_DB"]}


def test_the_runner_does_what_tidegate_up_does(services):
    script = services["runner"]["command"][-1]
    assert f"--pool {orchestrator.WORK_POOL}" in script
    assert f"--prefect-file={orchestrator.DEPLOYMENTS}" in script
    assert "--limit 1" in script
    assert f"python -m {automations.__name__}" in script
    beat = services["runner"]["environment"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]
    assert int(beat) == orchestrator.HEARTBEAT_SECONDS


def test_the_image_holds_no_state_and_no_history():
    ignored = (INFRA / "Dockerfile.dockerignore").read_text().split()
    assert {".git", ".venv", "var"} <= set(ignored)
    assert "--require-hashes" in (INFRA / "Dockerfile").read_text()

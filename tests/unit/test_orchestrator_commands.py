"""What the orchestrator's servers are started with: loopback, our folder, no telemetry."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from credit_limits.domain.errors import SettingsError
from tidegate.adapters import orchestrator
from tidegate.adapters.child_process import HOST
from tidegate.adapters.settings import Settings


@pytest.fixture
def servers(settings):
    return [
        orchestrator.prefect_server(settings),
        orchestrator.mlflow_server(settings),
        orchestrator.runner(settings),
    ]


def test_both_servers_listen_on_loopback_alone(settings):
    for server in (orchestrator.prefect_server(settings), orchestrator.mlflow_server(settings)):
        assert server.arguments[server.arguments.index("--host") + 1] == HOST
        assert server.health_url.startswith(f"http://{HOST}:")


def test_every_log_is_under_var(settings, servers):
    assert {server.log.parent for server in servers} == {settings.root / "logs"}
    assert len({server.log for server in servers}) == len(servers)


def test_every_process_is_told_not_to_track(servers):
    assert all(server.environment["DO_NOT_TRACK"] for server in servers)
    assert servers[0].environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert servers[1].environment["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_prefect_keeps_its_home_under_var_and_reads_no_profile_of_the_user(settings):
    environment = orchestrator.prefect_environment(settings, "http://127.0.0.1:1/api")
    assert environment["PREFECT_HOME"] == str(settings.root / "prefect")
    assert Path(environment["PREFECT_PROFILES_PATH"]).is_relative_to(settings.root)
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:1/api"


def test_the_ui_asks_the_port_that_was_set(tmp_path):
    settings = Settings(var_dir=tmp_path, prefect_port=4321)
    environment = orchestrator.prefect_server(settings).environment
    assert environment["PREFECT_SERVER_UI_API_URL"] == "http://127.0.0.1:4321/api"


def test_other_sites_may_call_neither_server(settings):
    prefect = orchestrator.prefect_server(settings).environment
    mlflow = orchestrator.mlflow_server(settings).arguments
    allowed = [
        prefect["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"],
        mlflow[mlflow.index("--cors-allowed-origins") + 1],
        mlflow[mlflow.index("--allowed-hosts") + 1],
    ]
    for value in allowed:
        hosts = [part.removeprefix("http://").split(":")[0] for part in value.split(",")]
        assert set(hosts) == {HOST, "localhost"}


def test_mlflow_serves_the_store_that_the_registry_writes(settings):
    arguments = orchestrator.mlflow_server(settings).arguments
    assert arguments[arguments.index("--backend-store-uri") + 1] == settings.mlflow_uri


def test_a_runner_carries_out_one_run_at_a_time(settings):
    arguments = orchestrator.runner(settings).arguments
    assert arguments[arguments.index("--limit") + 1] == "1"


def test_the_runner_has_the_same_settings_as_its_parent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings(var_dir=Path("var"), policies_dir=Path("policies"), actor="ada", threads=3)
    for name, value in orchestrator.runner(settings).environment.items():
        if name.startswith("TIDEGATE_"):
            monkeypatch.setenv(name, value)
    again = Settings()
    assert (again.actor, again.threads) == ("ada", 3)
    assert again.root == settings.root
    assert again.policies_dir == tmp_path / "policies"


def test_a_secret_of_the_settings_reaches_the_runner_whole(settings):
    secret = {"notify_webhook_secret": SecretStr("of the tests")}
    environment = orchestrator.runner(settings.model_copy(update=secret)).environment
    assert environment["TIDEGATE_NOTIFY_WEBHOOK_SECRET"] == "of the tests"


def test_a_run_beats_often_enough_to_be_missed(settings):
    environment = orchestrator.runner(settings).environment
    assert int(environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]) == orchestrator.HEARTBEAT_SECONDS


def test_starting_elsewhere_than_in_the_project_is_refused(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"prefect\.yaml is not in"):
        orchestrator.up(settings)
    assert not settings.root.exists()


def test_the_module_imports_neither_prefect_nor_mlflow():
    program = (
        "import sys, tidegate.adapters.orchestrator\n"
        "sys.exit(any(name.split('.')[0] in ('prefect', 'mlflow') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)

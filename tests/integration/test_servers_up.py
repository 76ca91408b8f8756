"""``tidegate up`` where it cannot: it says why, leaves with its own code, and leaves nothing."""

import os
import socket
import subprocess
import sys

import pytest

from credit_limits.domain.errors import ServerError, SettingsError
from tests.flow_cycles import ROOT
from tidegate.adapters import orchestrator
from tidegate.adapters.child_process import HOST, ServerCommand, answers, free_port
from tidegate.adapters.settings import Settings


@pytest.fixture
def settings(tmp_path):
    ports = {"prefect_port": free_port(), "mlflow_port": free_port()}
    return Settings(var_dir=tmp_path / "var", **ports)


def up(settings, cwd=ROOT):
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    return subprocess.run(
        [sys.executable, "-m", "tidegate", "up"],
        cwd=cwd,
        env={
            **os.environ,
            **orchestrator.tidegate_environment(settings),
            "PYTHONPATH": path,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_taken_port_is_named(settings):
    with socket.socket() as listener:
        listener.bind((HOST, settings.mlflow_port))
        listener.listen()
        run = up(settings)
    assert run.returncode == ServerError.exit_code
    assert f"port {settings.mlflow_port} is taken" in run.stderr
    assert "TIDEGATE_MLFLOW_PORT" in run.stderr
    assert not settings.root.exists()


def test_another_folder_than_the_project_is_named(settings, tmp_path):
    run = up(settings, cwd=tmp_path)
    assert run.returncode == SettingsError.exit_code
    assert "prefect.yaml is not in" in run.stderr


def test_a_database_that_cannot_be_made_is_named_and_takes_the_servers_along(settings):
    unusable = "sqlite:////proc/no-such-folder/mlflow.db"
    run = up(settings.model_copy(update={"mlflow_tracking_uri": unusable}))
    assert run.returncode == SettingsError.exit_code
    assert "MLflow's database sqlite:////proc/no-such-folder/mlflow.db cannot" in run.stderr
    assert "TIDEGATE_MLFLOW_TRACKING_URI" in run.stderr
    assert not answers(orchestrator.prefect_server(settings).health_url)


def test_a_server_that_dies_takes_the_others_along_and_shows_its_last_lines(settings, monkeypatch):
    dying = ServerCommand(
        name="the MLflow server",
        arguments=(sys.executable, "-c", "raise SystemExit('no such luck')"),
        log=settings.logs_dir / "mlflow-server.log",
        health_url=orchestrator.mlflow_server(settings).health_url,
    )
    monkeypatch.setattr(orchestrator, "mlflow_server", lambda _: dying)
    monkeypatch.chdir(ROOT)
    with pytest.raises(ServerError, match="the MLflow server ended by itself") as raised:
        orchestrator.up(settings)
    assert "no such luck" in str(raised.value)
    assert not answers(orchestrator.prefect_server(settings).health_url)

"""The orchestrator's servers: Prefect's API and UI, MLflow's server beside it, and the runner.

Prefect reads its home and sends telemetry while it is being imported, so whatever runs a flow
sets :func:`prefect_environment` first; this module itself imports no Prefect.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from credit_limits.domain.errors import SettingsError
from tidegate.adapters.automations import AUTOMATIONS, read_automations, set_up_automations
from tidegate.adapters.child_process import (
    HOST,
    ChildServer,
    ServerCommand,
    body_of,
    free_port,
    require_free_port,
    run_to_end,
)
from tidegate.adapters.lost_runs import crash_lost_runs
from tidegate.adapters.settings import Settings

WORK_POOL = "tidegate"
DEPLOYMENTS = Path("prefect.yaml")
HEARTBEAT_SECONDS = 30
_START_UP_SECONDS = 180.0


def prefect_environment(settings: Settings, api_url: str) -> dict[str, str]:
    """The variables under which Prefect keeps to ``var_dir``, to loopback, and to itself.

    A user's own Prefect profile is left out of account, so that no run is reported elsewhere.
    """
    home = settings.prefect_dir
    return {
        "DO_NOT_TRACK": "1",
        "no_proxy": ",".join(filter(None, (os.environ.get("no_proxy"), HOST, "localhost"))),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_API_URL": api_url,
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_LOGGING_COLORS": "false",
    }


def tidegate_environment(settings: Settings) -> dict[str, str]:
    """The settings as variables, paths made absolute, for a process that is to have the same."""
    values = settings.model_dump(mode="json") | {
        "var_dir": str(settings.root),
        "policies_dir": str(settings.policies_dir.resolve()),
        "notify_webhook_secret": settings.notify_webhook_secret.get_secret_value(),
    }
    return {f"TIDEGATE_{name.upper()}": str(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class LocalApi:
    """A Prefect API that one command's flow run reports to.

    ``environment`` is to be set before Prefect is imported, :meth:`wait` to be called before the
    flow is; what is done between the two goes on while the API starts.
    """

    environment: Mapping[str, str]
    server: ChildServer | None

    def wait(self) -> None:
        """Return once the API answers; :class:`ServerError` with its last lines if it does not."""
        if self.server is not None:
            self.server.wait_until_healthy(seconds=_START_UP_SECONDS)


@contextmanager
def local_api(settings: Settings, *, started: bool = True) -> Iterator[LocalApi]:
    """An API without UI and schedules, or the one that ``PREFECT_API_URL`` names, as it is.

    Where nothing is to be run, ``started`` is false, and there is the environment alone.

    It keeps its records where that of :func:`up` keeps them, so that a run from the command line
    is there to see in the UI afterwards. It is started here rather than by Prefect, whose own
    temporary server outlives a killed run.
    """
    settings.prefect_dir.mkdir(parents=True, exist_ok=True)
    if given := os.environ.get("PREFECT_API_URL"):
        yield LocalApi(prefect_environment(settings, given), None)
        return
    port = free_port()
    url = f"http://{HOST}:{port}/api"
    environment = prefect_environment(settings, url)
    if not started:
        yield LocalApi(environment, None)
        return
    command = ServerCommand(
        name="Prefect's temporary API",
        arguments=(
            *(sys.executable, "-m", "uvicorn", "prefect.server.api.server:create_app", "--factory"),
            *("--host", HOST, "--port", str(port), "--log-level", "error", "--lifespan", "on"),
        ),
        environment={
            **environment,
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT__SERVER_EPHEMERAL": "1",
            "PREFECT__SERVER_FINAL": "1",
            # What follows an event is for the servers of `up`: it has the same records, and the
            # automations in them would start runs here that nobody carries out.
            "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
        },
        log=settings.logs_dir / "prefect-local-api.log",
        health_url=f"{url}/health",
    )
    with ChildServer(command) as server:
        yield LocalApi(environment, server)


def prefect_server(settings: Settings) -> ServerCommand:
    """Prefect's API, UI, scheduler and automations."""
    port = settings.prefect_port
    origins = f"http://{HOST}:{port},http://localhost:{port}"
    return ServerCommand(
        name="the Prefect server",
        arguments=(
            *(sys.executable, "-m", "prefect", "server", "start"),
            *("--host", HOST, "--port", str(port)),
        ),
        environment={
            **prefect_environment(settings, api_url(settings)),
            "PREFECT_SERVER_UI_API_URL": api_url(settings),
            "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": origins,
        },
        log=settings.logs_dir / "prefect-server.log",
        health_url=f"{api_url(settings)}/health",
    )


def mlflow_server(settings: Settings) -> ServerCommand:
    """MLflow's UI and API over the tracking store of the settings."""
    port = settings.mlflow_port
    hosts = f"{HOST}:{port},localhost:{port}"
    origins = f"http://{HOST}:{port},http://localhost:{port}"
    return ServerCommand(
        name="the MLflow server",
        arguments=(
            *(sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port)),
            *("--backend-store-uri", settings.mlflow_uri),
            *("--default-artifact-root", (settings.mlflow_dir / "artifacts").as_uri()),
            *("--workers", "1", "--allowed-hosts", hosts, "--cors-allowed-origins", origins),
        ),
        environment={
            "DO_NOT_TRACK": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        log=settings.logs_dir / "mlflow-server.log",
        health_url=f"http://{HOST}:{port}/health",
    )


def runner(settings: Settings) -> ServerCommand:
    """The worker that carries out runs, one at a time, each in a process of its own."""
    return ServerCommand(
        name="the runner",
        arguments=(
            *(sys.executable, "-m", "prefect", "worker", "start", "--type", "process"),
            *("--pool", WORK_POOL, "--name", "tidegate-runner", "--limit", "1"),
        ),
        environment={
            **prefect_environment(settings, api_url(settings)),
            **tidegate_environment(settings),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            # An automation marks a run as crashed that misses some of these; 30 is the least.
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        },
        log=settings.logs_dir / "runner.log",
    )


def api_url(settings: Settings) -> str:
    """Address of the Prefect API that :func:`up` starts."""
    return f"http://{HOST}:{settings.prefect_port}/api"


def register_deployments(settings: Settings, deployments: Path = DEPLOYMENTS) -> None:
    """Make the server's deployments those of ``prefect.yaml``; ServerError with what is wrong."""
    prefect = (sys.executable, "-m", "prefect", "--no-prompt")
    environment = {
        **prefect_environment(settings, api_url(settings)),
        **tidegate_environment(settings),
    }
    for name, arguments in {
        "making the work pool": ("work-pool", "create", WORK_POOL, "--type=process", "--overwrite"),
        "registering deployments": ("deploy", "--all", f"--prefect-file={deployments}"),
    }.items():
        run_to_end(
            ServerCommand(
                name=name,
                arguments=(*prefect, *arguments),
                environment=environment,
                log=settings.logs_dir / f"{name.replace(' ', '-')}.log",
            )
        )


def up(
    settings: Settings,
    *,
    until: Callable[[], bool] | None = None,
    announce: Callable[[str], None] = print,
) -> None:
    """Start both servers, the deployments and the runner, and serve until asked to stop.

    Stops on Ctrl-C, on SIGTERM, or once ``until`` is true, and takes down just what it started.
    Raises :class:`ServerError` where a port is taken or a server ends, with the end of its log.
    """
    if not DEPLOYMENTS.exists():
        raise SettingsError(
            f"{DEPLOYMENTS} is not in {Path.cwd()}: start the servers in Tidegate's own folder"
        )
    read_automations(AUTOMATIONS)  # one that cannot be read is said before anything is started
    require_free_port(settings.prefect_port, setting="TIDEGATE_PREFECT_PORT")
    if not _mlflow_is_elsewhere(settings):
        require_free_port(settings.mlflow_port, setting="TIDEGATE_MLFLOW_PORT")
    inbox = settings.root / "inbox"
    for folder in (settings.prefect_dir, settings.mlflow_dir, settings.logs_dir, inbox):
        folder.mkdir(parents=True, exist_ok=True)
    with _stop_on_terminate(), ExitStack() as stack:
        try:
            children = _start(settings, stack, announce)
            announce(_addresses(settings))
            while not (until is not None and until()):
                for child in children:
                    child.require_alive()
                time.sleep(0.5)
        except KeyboardInterrupt:
            announce("stopping")
    announce("stopped")


def _start(
    settings: Settings, stack: ExitStack, announce: Callable[[str], None]
) -> list[ChildServer]:
    announce("starting the servers")
    servers = [stack.enter_context(ChildServer(prefect_server(settings)))]
    if not _mlflow_is_elsewhere(settings):
        from tidegate.adapters.registry import Registry  # takes seconds, while Prefect starts

        Registry(settings).prepare()
        servers.append(stack.enter_context(ChildServer(mlflow_server(settings))))
    for server in servers:
        server.wait_until_healthy(seconds=_START_UP_SECONDS)
    announce("registering the deployments")
    register_deployments(settings)
    set_up_automations(api_url(settings), AUTOMATIONS)
    if lost := crash_lost_runs(api_url(settings), WORK_POOL):
        announce(f"runs that had ended with an earlier server, now marked crashed: {lost}")
    worker = stack.enter_context(ChildServer(runner(settings)))
    worker.wait_until(lambda: _worker_is_online(settings), seconds=60.0)
    return [*servers, worker]


def _worker_is_online(settings: Settings) -> bool:
    pool = body_of(f"{api_url(settings)}/work_pools/{WORK_POOL}")
    return pool is not None and bool(json.loads(pool)["status"] == "READY")


def _mlflow_is_elsewhere(settings: Settings) -> bool:
    """Whether the settings name a server of MLflow's that is somebody else's to start."""
    return settings.mlflow_uri.startswith(("http://", "https://"))


def _addresses(settings: Settings) -> str:
    own = f"http://{HOST}:{settings.mlflow_port}"
    mlflow = settings.mlflow_uri if _mlflow_is_elsewhere(settings) else own
    return "\n".join(
        (
            f"Prefect UI   http://{HOST}:{settings.prefect_port}",
            f"MLflow UI    {mlflow}/#/models",
            f"inbox        {settings.root / 'inbox'} (a daily run takes in what lies there)",
            f"logs         {settings.logs_dir}",
            "Ctrl-C stops all of them",
        )
    )


@contextmanager
def _stop_on_terminate() -> Iterator[None]:
    """Within, SIGTERM ends as Ctrl-C does. Signals reach the main thread alone."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

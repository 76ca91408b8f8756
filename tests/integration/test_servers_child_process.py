"""Child servers: real processes that answer, crash, hang, and lose their parent."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from credit_limits.domain.errors import ServerError
from tidegate.adapters.child_process import (
    HOST,
    ChildServer,
    ServerCommand,
    answers,
    free_port,
    require_free_port,
    run_to_end,
    tail,
)

HANG = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True)\n"
    "time.sleep(60)"
)


def command(tmp_path: Path, *arguments: str, health_url: str | None = None) -> ServerCommand:
    return ServerCommand(
        name="the test server",
        arguments=(sys.executable, *arguments),
        log=tmp_path / "logs" / "server.log",
        health_url=health_url,
        environment={"TIDEGATE_TEST_WORD": "tide"},
    )


def web_server(tmp_path: Path) -> ServerCommand:
    port = free_port()
    arguments = ("-m", "http.server", str(port), "--bind", HOST, "--directory", str(tmp_path))
    return command(tmp_path, *arguments, health_url=f"http://{HOST}:{port}/")


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_a_server_answers_while_it_is_entered_and_no_longer(tmp_path):
    server = web_server(tmp_path)
    with ChildServer(server) as child:
        child.wait_until_healthy(seconds=20)
        assert answers(server.health_url)
        pid = child.pid
    assert not answers(server.health_url)
    assert not is_running(pid)


def test_a_server_that_ends_early_is_reported_with_its_last_lines(tmp_path):
    crash = command(
        tmp_path, "-c", "print('no such database'); raise SystemExit(3)", health_url="x"
    )
    with ChildServer(crash) as child, pytest.raises(ServerError) as caught:
        child.wait_until(lambda: False, seconds=20)
    message = str(caught.value)
    assert "the test server ended by itself (exit code 3)" in message
    assert "no such database" in message
    assert str(crash.log) in message


def test_a_server_that_never_answers_is_given_up(tmp_path):
    silent = command(tmp_path, "-c", "import time; time.sleep(60)")
    with (
        ChildServer(silent) as child,
        pytest.raises(ServerError, match="did not answer within 1 s"),
    ):
        child.wait_until(lambda: False, seconds=1)


def test_a_server_that_ignores_terminate_is_killed(tmp_path):
    with ChildServer(command(tmp_path, "-c", HANG)) as child:
        assert wait_for(lambda: "up" in tail(child.command.log))
        child.stop(grace_seconds=0.3)
        assert not is_running(child.pid)


def test_stopping_takes_what_the_server_started_along(tmp_path):
    nested = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {HANG!r}])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with ChildServer(command(tmp_path, "-c", nested)) as child:
        log = child.command.log
        assert wait_for(lambda: "up" in log.read_text())
        grandchild = int(log.read_text().split()[0])
        assert is_running(grandchild)
    assert wait_for(lambda: not is_running(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_a_killed_parent_leaves_no_server_behind(tmp_path):
    parent = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tidegate.adapters.child_process import ChildServer, ServerCommand\n"
        "sleep = (sys.executable, '-c', 'import time; time.sleep(60)')\n"
        f"child = ChildServer(ServerCommand('s', sleep, Path({str(tmp_path / 'log')!r})))\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as run:
        pid = int(run.stdout.readline())
        assert is_running(pid)
        time.sleep(0.3)
        os.kill(run.pid, signal.SIGKILL)
    assert wait_for(lambda: not is_running(pid))


def test_the_environment_and_all_output_of_the_server_are_kept(tmp_path):
    program = "import os, sys; sys.exit(print(os.environ['TIDEGATE_TEST_WORD'], file=sys.stderr))"
    run_to_end(command(tmp_path, "-c", program))
    assert (tmp_path / "logs" / "server.log").read_text() == "tide\n"


def test_a_command_that_fails_says_its_last_lines(tmp_path):
    with pytest.raises(ServerError, match=r"(?s)failed \(exit code 1\):.*bad entrypoint"):
        run_to_end(command(tmp_path, "-c", "raise SystemExit('bad entrypoint')"))


def test_a_command_that_does_not_end_is_stopped(tmp_path):
    with pytest.raises(ServerError, match="took over 1 s"):
        run_to_end(command(tmp_path, "-c", "import time; time.sleep(60)"), seconds=1)


def test_a_taken_port_is_named_with_the_setting_that_moves_it():
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(ServerError, match=f"port {port} is taken.*TIDEGATE_PREFECT_PORT"):
            require_free_port(port, setting="TIDEGATE_PREFECT_PORT")


def test_a_free_port_is_free():
    require_free_port(free_port(), setting="TIDEGATE_PREFECT_PORT")


def test_a_silent_address_does_not_answer():
    assert not answers(f"http://{HOST}:{free_port()}/")


def test_an_error_page_is_no_answer(tmp_path):
    server = web_server(tmp_path)
    with ChildServer(server) as child:
        child.wait_until_healthy(seconds=20)
        assert not answers(f"{server.health_url}missing")


def test_the_tail_of_a_log_is_its_last_lines(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"line {number}\n" for number in range(30)))
    assert tail(log, lines=2) == "  line 28\n  line 29"
    log.write_text("")
    assert tail(log) == "  (it printed nothing)"

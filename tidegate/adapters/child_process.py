"""A server as a child process on loopback: started, watched, and gone when its parent is gone."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from credit_limits.domain.errors import ServerError

HOST = "127.0.0.1"

# Linux alone can tie a child to its parent's life (prctl 1 is PR_SET_PDEATHSIG). The setting
# survives exec, so a parent that is killed outright leaves no server behind.
_GUARD = (
    "import ctypes, os, sys\n"
    "ctypes.CDLL(None).prctl(1, 15)\n"
    "if os.getppid() != int(sys.argv[1]): sys.exit('the parent is gone')\n"
    "os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """What to run and how to know that it answers.

    ``environment`` is added to the parent's own. ``health_url`` answers 200 once the server is
    ready. Everything the server prints goes to ``log``, which starts empty each time.
    """

    name: str
    arguments: tuple[str, ...]
    log: Path
    health_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


class ChildServer:
    """One started server; a context manager that stops it, and whatever it started, on leaving."""

    def __init__(self, command: ServerCommand) -> None:
        self.command = command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        with command.log.open("wb") as log:
            self._process = subprocess.Popen(
                _guarded(command.arguments),
                env={**os.environ, **command.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id, which is also the id of the process group it leads."""
        return self._process.pid

    def require_alive(self) -> None:
        """Raise :class:`ServerError` with the end of the log where the server has ended."""
        if (code := self._process.poll()) is not None:
            raise ServerError(
                f"{self.command.name} ended by itself (exit code {code}); its log "
                f"{self.command.log} ends:\n{tail(self.command.log)}"
            )

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until ``ready``; :class:`ServerError` where it ends or ``seconds`` pass first."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.require_alive()
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.command.name} did not answer within {seconds:.0f} s; its log "
                    f"{self.command.log} ends:\n{tail(self.command.log)}"
                )
            time.sleep(0.1)
        self.require_alive()

    def wait_until_healthy(self, *, seconds: float = 120.0) -> None:
        """Wait until ``health_url`` answers 200."""
        url = self.command.health_url
        if url is not None:
            self.wait_until(lambda: answers(url), seconds=seconds)

    def stop(self, *, grace_seconds: float = 10.0) -> None:
        """Ask the server to end, and end its whole group where it has not within the grace."""
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace_seconds)
        _kill_group(self.pid)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def run_to_end(command: ServerCommand, *, seconds: float = 120.0) -> None:
    """Run a command that ends by itself; :class:`ServerError` with its last lines if it fails."""
    with ChildServer(command) as child:
        try:
            code = child._process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
    if code != 0:
        state = f"took over {seconds:.0f} s" if code is None else f"failed (exit code {code})"
        raise ServerError(f"{command.name} {state}:\n{tail(command.log)}")


def require_free_port(port: int, *, setting: str) -> None:
    """Raise :class:`ServerError` where something on this machine listens on ``port`` already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerError(
                f"port {port} is taken: stop what listens there, or set {setting} to a free port"
            ) from error


def free_port() -> int:
    """A port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a GET of ``url`` answers 200; see :func:`body_of`."""
    return body_of(url) is not None


def body_of(url: str) -> bytes | None:
    """What a GET of ``url`` on this machine, past any proxy, answers within 2 seconds.

    ``None`` where nothing listens or the answer is not 200: a server that is still starting.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2.0) as response:
            return bytes(response.read()) if response.status == 200 else None
    except OSError:
        return None


def tail(log: Path, lines: int = 12) -> str:
    """The last ``lines`` of a log, indented."""
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in text[-lines:]) or "  (it printed nothing)"


def _guarded(arguments: tuple[str, ...]) -> list[str]:
    if sys.platform != "linux":
        return list(arguments)
    return [sys.executable, "-c", _GUARD, str(os.getpid()), *arguments]


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)

"""The platform of a rehearsal: the production one, in a folder and at a time of its own."""

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import yaml

from credit_limits.domain.digest import digest_bytes, digest_of
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.periods import end_of_day
from credit_limits.policy.limit_policy import parse_limit_policy
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.platform import Platform
from tidegate.operations.source_digests import source_digests

_ACTOR = "rehearsal"
_PACKAGES = (
    "credit_limits",
    "training",
    "monitoring",
    "feature_repo",
    "tidegate.operations",
    "tidegate.adapters",
)
_LIMITS = "limits"


@dataclass
class SimulatedClock:
    """A clock that shows the last instant of ``day``, and is put forward by hand."""

    day: date

    def now(self) -> datetime:
        """The last instant of the day, UTC."""
        return end_of_day(self.day)


def code_digest() -> str:
    """Digest of every source file that a rehearsal runs through."""
    return digest_of(
        {path: each for package in _PACKAGES for path, each in source_digests(package).items()}
    )


def policies_digest(folder: Path, limit_policy: Path | None) -> str:
    """Digest of every policy file under ``folder``, with those of limits replaced where asked."""
    files = {
        path.relative_to(folder).as_posix(): digest_bytes(path.read_bytes())
        for path in sorted(folder.rglob("*.yaml"))
    }
    if limit_policy is not None:
        files = {name: each for name, each in files.items() if not name.startswith(f"{_LIMITS}/")}
        files[_LIMITS] = digest_bytes(_content(limit_policy))
    return digest_of(files)


def open_rehearsal(
    platform: Platform, folder: Path, clock: SimulatedClock, limit_policy: Path | None
) -> Platform:
    """A platform that keeps everything in ``folder`` and lives in the clock's time.

    Its policies are a copy of the platform's, so that they stay as they are while it is
    rehearsed; ``limit_policy`` stands in for all files of ``policies/limits``. The actor is the
    rehearsal, whoever runs it.

    Raises:
        PolicyError: the limit policy is absent, cannot be used or starts after the clock's day.
    """
    policies = folder / "policies"
    _copied(platform.settings.policies_dir, policies)
    if limit_policy is not None:
        _replace_limits(policies / _LIMITS, limit_policy)
    file = load_dated(policies / _LIMITS, clock.day)
    file.parsed(parse_limit_policy)
    settings = platform.settings.model_copy(
        update={
            "var_dir": folder,
            "policies_dir": policies,
            "control_db_url": "",
            "mlflow_tracking_uri": "",
            "actor": _ACTOR,
        }
    )
    return Platform(settings, clock)


def _copied(source: Path, target: Path) -> None:
    """The policies, whole or not at all: a copy that was cut short is made again."""
    if target.exists():
        return
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    partial.rename(target)


def _replace_limits(folder: Path, limit_policy: Path) -> None:
    content = _content(limit_policy)
    start = _first_day(limit_policy, content)
    (folder / f"{start}.yaml").write_bytes(content)
    for other in folder.glob("*.yaml"):
        if other.stem != str(start):
            other.unlink()


def _content(limit_policy: Path) -> bytes:
    try:
        return limit_policy.read_bytes()
    except OSError as error:
        raise PolicyError(
            f"the limit policy {limit_policy} cannot be read ({error.strerror}); name a file like "
            "those in policies/limits"
        ) from error


def _first_day(limit_policy: Path, content: bytes) -> date:
    try:
        start = yaml.safe_load(content)["effective_from"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise PolicyError(
            f"{limit_policy} does not say from when it holds: a limit policy is YAML with a key "
            "effective_from, like those in policies/limits"
        ) from error
    if not isinstance(start, date):
        raise PolicyError(f"{limit_policy}: effective_from is {start!r}, not a date")
    return start

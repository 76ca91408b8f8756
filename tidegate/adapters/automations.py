"""Prefect's automations as code: what a folder of YAML files says is what the server has.

A file is the body that Prefect's API takes for an automation, except that an action names its
deployment. The server keeps a tag that says which automations are ours, and one with the digest
of what was set: an automation that is as its file says is not touched, since setting it again
would begin its counting of hours anew. Imports no Prefect.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import ServerError
from tidegate.adapters.prefect_api import Body, all_of, ask

AUTOMATIONS = Path("infra/automations")
OURS = "infra/automations"
_DIGEST = "content:"
_FIELDS = frozenset({"name", "description", "trigger", "actions"})


@dataclass(frozen=True, slots=True)
class AutomationFile:
    """An automation as its file has it: ``deployments`` are the names that its actions run."""

    path: Path
    name: str
    content: Body

    @property
    def deployments(self) -> list[str]:
        """Names of the deployments that its actions run."""
        return [str(each["deployment"]) for each in self.actions if "deployment" in each]

    @property
    def actions(self) -> list[Body]:
        """What it does, in order."""
        return cast("list[Body]", self.content["actions"])

    def body(self, deployment_ids: Mapping[str, str]) -> Body:
        """What the API takes, with ids in place of names; ServerError for an unknown name."""
        resolved = {
            **self.content,
            "actions": [self._resolved(a, deployment_ids) for a in self.actions],
        }
        return {**resolved, "tags": [OURS, f"{_DIGEST}{digest_of(resolved)[:16]}"]}

    def _resolved(self, action: Body, deployment_ids: Mapping[str, str]) -> Body:
        if "deployment" not in action:
            return action
        name = str(action["deployment"])
        if name not in deployment_ids:
            known = ", ".join(sorted(deployment_ids)) or "none"
            raise ServerError(
                f"{self.path} runs the deployment {name}, which the Prefect server does not have; "
                f"it has: {known}"
            )
        rest = {key: value for key, value in action.items() if key != "deployment"}
        return {**rest, "source": "selected", "deployment_id": deployment_ids[name]}


def read_automations(folder: Path) -> list[AutomationFile]:
    """Every ``*.yaml`` of a folder, by name of file.

    Raises :class:`ServerError` with the file that cannot be read, lacks a field, has one that
    means nothing, or has the name of another.
    """
    if not folder.is_dir():
        raise ServerError(f"there is no folder {folder} of automations: start in Tidegate's own")
    files = [_read(path) for path in sorted(folder.glob("*.yaml"))]
    by_name: dict[str, Path] = {}
    for file in files:
        if file.name in by_name:
            raise ServerError(
                f"{file.path} and {by_name[file.name]} have the same name, {file.name!r}: the "
                "server tells automations apart by it"
            )
        by_name[file.name] = file.path
    return files


def set_up_automations(api_url: str, folder: Path) -> None:
    """Make our automations on the server those of the folder, and leave all others alone.

    One of the same name is updated where its file has changed, one whose file has gone is
    removed. Those that people made in the UI, and those of ``prefect.yaml``, have no tag of ours.

    Raises:
        ServerError: a file cannot be used, or the server does not take it, with its reason.
    """
    files = read_automations(folder)
    ids = {str(each["name"]): str(each["id"]) for each in all_of(api_url, "deployments")}
    bodies = [file.body(ids) for file in files]
    there = [each for each in all_of(api_url, "automations") if OURS in _tags(each)]
    for file, body in zip(files, bodies, strict=True):
        _set_up(api_url, file, body, [each for each in there if each["name"] == file.name])
    named = {file.name for file in files}
    for stale in (each for each in there if each["name"] not in named):
        ask(api_url, "DELETE", f"automations/{stale['id']}", what=str(stale["name"]))


def _set_up(api_url: str, file: AutomationFile, body: Body, there: Sequence[Body]) -> None:
    if not there:
        ask(api_url, "POST", "automations/", body, what=str(file.path))
        return
    kept, *doubles = there
    if not set(_tags(body)) <= set(_tags(kept)):
        enabled = {"enabled": kept["enabled"]}  # switched off in the UI, it stays off
        ask(api_url, "PUT", f"automations/{kept['id']}", body | enabled, what=str(file.path))
    for double in doubles:
        ask(api_url, "DELETE", f"automations/{double['id']}", what=str(file.path))


def _read(path: Path) -> AutomationFile:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ServerError(f"the automation {path} cannot be read: {error}") from error
    if not isinstance(content, dict) or set(content) != _FIELDS:
        found = ", ".join(map(str, content)) if isinstance(content, dict) else "no fields"
        raise ServerError(
            f"the automation {path} has {found}; it needs just {', '.join(sorted(_FIELDS))}"
        )
    actions = content["actions"]
    if (
        not isinstance(actions, list)
        or not actions
        or not all(isinstance(a, dict) for a in actions)
    ):
        raise ServerError(f"the automation {path} has no list of actions")
    return AutomationFile(path, str(content["name"]), content)


def _tags(automation: Body) -> list[str]:
    return cast("list[str]", automation["tags"])


def main() -> None:
    """Set up ``infra/automations`` at ``PREFECT_API_URL``, a server that ``up`` did not start."""
    set_up_automations(os.environ["PREFECT_API_URL"], AUTOMATIONS)


if __name__ == "__main__":
    main()

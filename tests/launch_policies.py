"""Policies under which a cleared version decides at once, and others under which it has steps."""

import atexit
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import yaml

from tests.conftest import ROOT

SHADOW = {"step": "shadow", "cycles": 1, "reason": "of the test"}
CANARY = {"step": "canary", "cycles": 1, "share": 0.3, "reason": "of the test"}


def with_steps(policies: Path, steps: Sequence[dict], **roll_back: object) -> Path:
    """The same folder, whose launch policy has these steps; ``roll_back`` by parameter."""
    (file,) = (policies / "launch").glob("*.yaml")
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["steps"] = list(steps)
    for name, value in roll_back.items():
        content["roll_back"][name]["value"] = value
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return policies


def stepped_policies(folder: Path, steps: Sequence[dict], **roll_back: object) -> Path:
    """The policies of the repository, copied, with these steps."""
    copied = Path(shutil.copytree(ROOT / "policies", folder / "policies"))
    return with_steps(copied, steps, **roll_back)


@cache
def direct_policies() -> Path:
    """The policies of the repository without steps, for tests of something else."""
    folder = Path(mkdtemp(prefix="tidegate-policies-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return stepped_policies(folder, [])

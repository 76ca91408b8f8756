"""A small lender with three approvers, whose version 1 is champion and 2 is registered."""

import shutil
from datetime import date, datetime
from pathlib import Path

import yaml

from tests.launch_policies import stepped_policies
from tests.promotion_samples import ROOT, ingest_sample, open_sample, train_sample
from tidegate.adapters.signing import Signer
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model

PEOPLE = ("Li", "Zhao", "tester")
FIRST = "gates/default_risk/2005-01-01.yaml"


class Calendar:
    """A clock that is put forward and back by hand."""

    def __init__(self) -> None:
        self.at = datetime.fromisoformat("2024-02-01T12:00:00+00:00")

    def now(self) -> datetime:
        return self.at


def new_lender(folder: Path, signers: dict[str, Signer]) -> Platform:
    policies = stepped_policies(folder, [])
    list_people(policies, "2005-01-01", signers, PEOPLE)
    opened = open_sample(folder / "var", policies_dir=policies)
    opened.__dict__["clock"] = Calendar()
    ingest_sample(opened)
    train_sample(opened, "1")
    train_sample(opened, "2", rounds=90)
    opened.registry.aliases.clear()
    assert promote(opened, "1").cleared
    return opened


def copied_lender(lender: Platform, folder: Path) -> Platform:
    """The same with a ledger, keys, policies and a registry of its own."""
    var_dir = folder / "var"
    var_dir.mkdir()
    for name in ("lake", "lake_protected", "features"):
        if (lender.settings.root / name).exists():
            (var_dir / name).symlink_to(lender.settings.root / name)
    shutil.copytree(lender.settings.keys_dir, var_dir / "keys")
    shutil.copy(lender.settings.root / "control.db", var_dir)
    policies = Path(shutil.copytree(lender.settings.policies_dir, folder / "policies"))
    opened = open_sample(var_dir, policies_dir=policies)
    opened.__dict__["clock"] = Calendar()
    opened.__dict__["registry"] = lender.registry.copy()
    opened.__dict__["feature_store"] = lender.feature_store
    return opened


def list_people(policies: Path, day: str, signers: dict[str, Signer], names: tuple) -> None:
    content = yaml.safe_load((ROOT / "policies/approvals/2005-01-01.yaml").read_text())
    content["effective_from"] = date.fromisoformat(day)
    content["people"] = [
        {"name": name, "public_key": signers[name].public_key, "roles": ["approver"]}
        for name in names
    ]
    (policies / "approvals" / f"{day}.yaml").write_text(yaml.safe_dump(content))


def promote(platform: Platform, version: str, as_of: date | None = None):
    return promote_model(platform, PromoteModelRequest(version=version, as_of=as_of))

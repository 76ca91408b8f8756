"""A rehearsal that takes seconds, and what there is to compare of two of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.flow_cycles import tiny_policies
from tidegate.adapters.settings import Settings
from tidegate.operations.platform import Platform, open_platform
from tidegate.operations.rehearsal_month import MonthRecord, read_record
from tidegate.operations.rehearse_policy import RehearsePolicyOutcome, RehearsePolicyRequest

TINY = {
    "scenario": "2020",
    "customers": 2_000,
    "history_months": 20,
    "months": 1,
    "retrain_every_months": 1,
    "seed": 7,
}
OPTIONS = tuple(
    word for name, value in TINY.items() for word in (f"--{name.replace('_', '-')}", str(value))
)


def tiny_request(**changes: object) -> RehearsePolicyRequest:
    """A rehearsal of one month after the history, 2,000 customers; the shock is in it."""
    return RehearsePolicyRequest.model_validate({**TINY, **changes})


def tiny_installation(folder: Path) -> Platform:
    """An empty installation whose policies fit a portfolio with a few dozen defaults."""
    return open_platform(
        Settings(var_dir=folder / "var", policies_dir=tiny_policies(folder), actor="tester")
    )


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal that ran to its end."""

    platform: Platform
    outcome: RehearsePolicyOutcome

    @property
    def folder(self) -> Path:
        return Path(self.outcome.path)

    @property
    def result_bytes(self) -> bytes:
        return Path(self.outcome.result_path).read_bytes()

    @property
    def result(self) -> Mapping:
        return json.loads(self.result_bytes)

    def inner(self, seed: int = 7) -> Platform:
        """The platform that was rehearsed, its state as it was left."""
        folder = self.folder / f"seed-{seed}"
        return open_platform(Settings(var_dir=folder, policies_dir=folder / "policies"))

    def records(self, seed: int = 7) -> list[MonthRecord]:
        paths = sorted((self.folder / f"seed-{seed}" / "months").glob("*.json"))
        return [record for path in paths if (record := read_record(path))]

    def decisions(self, seed: int = 7) -> list[dict]:
        """Every decision row, batch and times included."""
        rows = self.inner(seed).lake.read("decisions").to_pylist()
        return sorted(rows, key=lambda row: (row["as_of"], row["account_id"]))

    def noted(self, seed: int = 7) -> list[tuple]:
        """What the ledger noted and when; its digests hold paths and ids of MLflow's runs."""
        return [(entry.kind, entry.time) for entry in self.inner(seed).ledger.entries()]

"""A tiny installation in which flows are run by their command line, as a user runs them."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from credit_limits.ledger.entry import EntryKind
from tests.forked_commands import ROOT, Command, Ended, start
from tests.launch_policies import stepped_policies
from tidegate.adapters.orchestrator import tidegate_environment
from tidegate.adapters.settings import Settings
from tidegate.operations.platform import Platform, open_platform

TINY = ("--customers", "1500", "--months", "20")
STEPS = ["prepare", "ingest", "materialize", "retrain", "promote", "watch", "adjust", "report"]
LINE = re.compile(r"^(\w+) +(?:([\d,]+) rows)? +(\d+\.\d) s  (.*)$", re.MULTILINE)
Changes = Mapping[str, Mapping[str, float]]
# A training that takes seconds.
TINY_TRAINING = {
    "booster": {"learning_rate": 0.1, "rounds_ceiling": 100, "patience_rounds": 20},
    "evaluation": {"resamples": 50},
}
# What a portfolio of a few hundred customers cannot meet, however good its model is.
TINY_THRESHOLDS = {
    "performance": {"defaults_floor": 10, "auc_low_floor": 0.55, "ks_low_floor": 0.05},
    "calibration": {
        "predicted_over_observed_floor": 0.5,
        "predicted_over_observed_ceiling": 2.0,
        "slope_floor": 0.5,
        "slope_ceiling": 2.0,
        "brier_skill_floor": 0.0,
        "excess_calibration_error_ceiling": 0.5,
    },
    "stability": {
        "score_psi_ceiling": 0.5,
        "input_psi_ceiling": 1.0,
        "shifted_inputs_share_ceiling": 0.5,
    },
    "challenger": {"auc_difference_low_floor": -0.05},
    "technical": {"seconds_per_1000_rows_ceiling": 60.0},
}


def with_policy(folder: Path, day: str, section: str | None, changes: Changes) -> None:
    """Add to a folder of dated policies a file in force from ``day``: its newest, changed."""
    content = yaml.safe_load(max(folder.glob("*.yaml")).read_text())
    content["effective_from"] = date.fromisoformat(day)
    for part, values in changes.items():
        for name, value in values.items():
            (content[section] if section else content)[part][name]["value"] = value
    (folder / f"{day}.yaml").write_text(yaml.safe_dump(content))


def with_thresholds(policies: Path, day: str, changes: Changes) -> None:
    """Add a file of gate thresholds in force from ``day``."""
    with_policy(policies / "gates" / "default_risk", day, "thresholds", changes)


def tiny_policies(folder: Path) -> Path:
    """The policies, copied, with a gate, a training and no launch for a tiny portfolio in force.

    The gate's first file is written anew: a later one that asks for less would ask for people.
    """
    policies = stepped_policies(folder, [])
    with_thresholds(policies, "2005-01-01", TINY_THRESHOLDS)
    with_policy(policies / "training" / "default_risk", "2006-01-01", None, TINY_TRAINING)
    return policies


@dataclass(frozen=True)
class Cycle:
    """An installation in which flows are run by their command line."""

    settings: Settings
    environment: Mapping[str, str]

    @property
    def platform(self) -> Platform:
        return open_platform(self.settings)

    @property
    def variables(self) -> dict[str, str]:
        """The environment to run a flow in."""
        return {**os.environ, **self.environment, **tidegate_environment(self.settings)}

    def start(self, flow: str, *options: str) -> Command:
        """Start a flow as its command line would."""
        runs = self.settings.root.parent / "runs"
        folder = runs / str(len(list(runs.glob("*"))))
        return start(f"flows.{flow}", *options, environment=self.variables, folder=folder)

    def run(self, flow: str, *options: str) -> Ended:
        """Run a flow to its end."""
        return self.start(flow, *options).wait()

    def run_from_scratch(self, flow: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a flow by its command line itself, imports and all."""
        command = [sys.executable, "-m", f"flows.{flow}", *options]
        return subprocess.run(
            command, cwd=ROOT, env=self.variables, capture_output=True, text=True, check=False
        )

    def ask_prefect(self, path: str, **filters: object) -> list[dict]:
        """What the Prefect API that the flows report to answers to a filter."""
        return self.ask_prefect_once(path, limit=200, **filters)

    def ask_prefect_once(self, path: str, **body: object) -> Any:
        """The whole answer to a filter, for a kind that is not answered as a list."""
        request = urllib.request.Request(
            f"{self.environment['PREFECT_API_URL']}/{path}/filter",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def run_ids(self) -> set[str]:
        """Every flow run that Prefect knows."""
        return {run["id"] for run in self.ask_prefect("flow_runs")}

    def kinds(self) -> list[EntryKind]:
        """Kinds of the ledger's entries, oldest first."""
        return [entry.kind for entry in self.platform.ledger.entries()]

    def version_at(self, alias: str) -> str | None:
        """The version of default_risk at an alias, read past MLflow, which keeps files open."""
        query = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"
        with closing(sqlite3.connect(self.settings.mlflow_dir / "mlflow.db")) as database:
            row = database.execute(query, ("default_risk", alias)).fetchone()
        return str(row[0]) if row else None

    def decisions(self) -> list[dict]:
        """Every decision by account, without the time at which it was written."""
        rows = self.platform.lake.read("decisions").drop_columns(["created_timestamp"])
        return sorted(rows.to_pylist(), key=lambda row: row["account_id"])


@dataclass(frozen=True)
class Finished:
    """A cycle that ran to its end, its flow run in Prefect, and what it printed."""

    cycle: Cycle
    run_id: str
    output: str

"""A small installation to attack: a certified champion, and a version that the gate refuses.

Version 1 was promoted under a first thresholds file. Then a stricter one came, under which version
2 is refused: whatever makes version 2 champion, or decides a limit with it, has got round the gate.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml

from credit_limits.gates.evidence import Evidence
from credit_limits.gates.threshold_sections import Between
from credit_limits.gates.thresholds import GateThresholds
from monitoring.thresholds import parse_drift_thresholds
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.settings import Settings
from tidegate.adapters.signing import make_key
from tidegate.operations.adjust_limits import AdjustLimitsRequest, adjust_limits
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import load_champion, standing_champion
from tidegate.operations.generate_world import GenerateWorldRequest, generate_world
from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import Platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.promotion_evidence import gather_evidence
from tidegate.operations.retrain_model import RetrainModelRequest, retrain_model
from tidegate.operations.thresholds_history import note_thresholds

MODEL, CHAMPION_VERSION, REFUSED_VERSION = "default_risk", "1", "2"
PEOPLE, STRANGER, MAKER = ("Li", "Zhao", "Maker"), "Stranger", "Maker"
_POLICIES = Path(__file__).parent.parent / "policies"
_FIRST = "2005-01-01"
_BEYOND_ANY_MODEL = 0.9999
_TRAINING = {
    "booster": {"learning_rate": 0.1, "rounds_ceiling": 100, "patience_rounds": 20},
    "evaluation": {"resamples": 50},
}


@dataclass
class HandClock:
    """A clock that is put forward and back by hand."""

    at: datetime

    def now(self) -> datetime:
        """The time that it was put to."""
        return self.at


@dataclass(frozen=True)
class Installation:
    """What is attacked.

    ``evidence`` is that of version 2, gathered once: it clears the first thresholds. ``keys`` are
    files with private keys, by name; ``artefact_digest`` is the champion's.
    """

    platform: Platform
    keys: Mapping[str, Path]
    evidence: Evidence
    artefact_digest: str
    strict_from: date

    def copy(self, folder: Path) -> Platform:
        """The same with a ledger, keys and policies of its own; data and models are shared."""
        settings = self.platform.settings
        var_dir = folder / "var"
        var_dir.mkdir(parents=True)
        for name in ("lake", "lake_protected", "features"):
            if (settings.root / name).exists():
                (var_dir / name).symlink_to(settings.root / name)
        shutil.copytree(settings.keys_dir, var_dir / "keys")
        ledger = Path(settings.control_db.removeprefix("sqlite:///"))
        shutil.copy(ledger, var_dir / "control.db")
        shutil.copytree(settings.policies_dir, folder / "policies")
        changes = {
            "var_dir": var_dir,
            "policies_dir": folder / "policies",
            "control_db_url": "",
            "mlflow_tracking_uri": settings.mlflow_uri,
        }
        clock = self.platform.clock
        assert isinstance(clock, HandClock)
        return self.tools(Platform(settings.model_copy(update=changes), replace(clock)))

    def tools(self, opened: Platform) -> Platform:
        """The tools that are slow to open are this installation's own."""
        for name in ("registry", "feature_store"):
            opened.__dict__[name] = getattr(self.platform, name)
        return opened

    def heal(self) -> None:
        """Put the alias back, which all copies share."""
        self.platform.registry.set_alias(MODEL, "champion", CHAMPION_VERSION)


def build(folder: Path) -> Installation:
    """Simulate a small portfolio, train two models of it, promote the first."""
    policies = Path(shutil.copytree(_POLICIES, folder / "policies"))
    keys = make_people(policies, folder / "people")
    _write_first_policies(policies)
    clock = HandClock(datetime.fromisoformat("2024-06-30T12:00:00+00:00"))
    settings = Settings(var_dir=folder / "var", policies_dir=policies, actor="scheduler", threads=2)
    platform = Platform(settings, clock)
    generate_world(GenerateWorldRequest(customers=2000, months=20, out=folder / "world"))
    ingest_batch(platform, IngestBatchRequest(path=folder / "world", source="world"))
    materialize_features(platform, MaterializeFeaturesRequest())
    for seed in (7, 8):
        retrain_model(platform, RetrainModelRequest(seed=seed))
        if seed == 7:
            outcome = promote_model(platform, PromoteModelRequest())
            if not outcome.cleared:
                failing = [check.message for check in outcome.checks if not check.passed]
                raise SystemExit(f"the small installation has no champion: {failing}")
            adjust_limits(platform, AdjustLimitsRequest())
    return attacked(platform, keys)


def attacked(platform: Platform, keys: Mapping[str, Path]) -> Installation:
    """The installation, once the stricter thresholds are in force and known to the ledger.

    Version 1 must be champion and version 2 registered; ``keys`` are those of :func:`make_people`.
    """
    known = platform.lake.latest_knowledge()
    first = load_dated(platform.policies("gates", MODEL), known)
    strict_from = known - timedelta(days=1)
    strict = yaml.safe_load(yaml.safe_dump(first.content))
    strict["effective_from"] = strict_from
    strict["thresholds"]["performance"]["auc_low_floor"]["value"] = _BEYOND_ANY_MODEL
    write_thresholds(platform, strict_from, strict)
    note_thresholds(platform, MODEL, load_dated(platform.policies("gates", MODEL), known))
    loaded = platform.registry.load(MODEL, REFUSED_VERSION)
    candidate = Candidate(platform, loaded, known, standing_champion(platform, MODEL))
    drift = load_dated(platform.policies("monitoring"), known)
    evidence = gather_evidence(
        candidate, parse_drift_thresholds(drift.version, drift.content), first
    )
    champion = load_champion(platform, MODEL)
    digest = champion.certificate.artefact_digest
    return Installation(platform, keys, evidence, digest, strict_from)


def make_people(policies: Path, folder: Path) -> dict[str, Path]:
    """Private keys of three approvers, who stand in the policy, and of one who does not."""
    keys = {name: folder / f"{name}.pem" for name in (*PEOPLE, STRANGER)}
    public = {name: make_key(path).public_key for name, path in keys.items()}
    file = policies / "approvals" / f"{_FIRST}.yaml"
    content = yaml.safe_load(file.read_text())
    content["people"] = [people_entry(name, public[name]) for name in PEOPLE]
    file.write_text(yaml.safe_dump(content))
    return keys


def people_entry(name: str, public_key: str) -> dict[str, object]:
    """An approver, as the policy lists one."""
    return {"name": name, "public_key": public_key, "roles": ["approver"]}


def write_thresholds(platform: Platform, day: date, content: Mapping[str, object]) -> None:
    """Write a thresholds file named by its first day, over one that is there."""
    path = platform.policies("gates", MODEL) / f"{day}.yaml"
    path.write_text(yaml.safe_dump({**content, "effective_from": day}))


def _write_first_policies(policies: Path) -> None:
    """Thresholds as low as they may be, a training of seconds, no steps to be stopped in."""
    gates = policies / "gates" / MODEL / f"{_FIRST}.yaml"
    content = yaml.safe_load(gates.read_text())
    for name, section in get_type_hints(GateThresholds).items():
        for key, hint in get_type_hints(section, include_extras=True).items():
            allowed = next((extra for extra in get_args(hint) if isinstance(extra, Between)), None)
            if allowed is not None and name in content["thresholds"]:
                _set_loosest(content["thresholds"][name][key], key, allowed)
    gates.write_text(yaml.safe_dump(content))
    training = policies / "training" / MODEL / f"{_FIRST}.yaml"
    content = yaml.safe_load(training.read_text())
    for part, values in _TRAINING.items():
        for key, value in values.items():
            content[part][key]["value"] = value
    training.write_text(yaml.safe_dump(content))
    launch = policies / "launch" / f"{_FIRST}.yaml"
    content = yaml.safe_load(launch.read_text())
    launch.write_text(yaml.safe_dump(content | {"steps": []}))


def _set_loosest(entry: dict[str, Any], key: str, allowed: Between) -> None:
    entry["value"] = allowed.least if key.endswith("_floor") else allowed.most

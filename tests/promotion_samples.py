"""A small lender, a model of it, and a registry in memory that can be interrupted."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import ModelError
from credit_limits.domain.features import service_named
from credit_limits.domain.periods import end_of_day, month_ends_back
from credit_limits.gates.delong import placements
from credit_limits.gates.figures import measure_calibration, measure_performance
from credit_limits.ledger.entry import EntryKind
from monitoring.reference import build_reference
from tests.launch_policies import direct_policies
from tests.remembered_features import RememberedFeatures
from tidegate.adapters.control_db import Ledger
from tidegate.adapters.settings import Settings
from tidegate.operations.materialize_features import (
    MaterializeFeaturesRequest,
    materialize_features,
)
from tidegate.operations.platform import Platform, open_platform
from training.calibration import Calibration, fit_calibration
from training.model import DefaultRiskModel
from training.split import Part

ROOT = Path(__file__).parent.parent
MODEL = "default_risk"
SERVICE = "default_risk_statements_v1"
COHORT, AS_OF = date(2023, 12, 31), date(2024, 1, 31)
ACCOUNTS = 3000
_SINCE = datetime(2022, 1, 1, tzinfo=UTC)
_DRAWN = np.random.default_rng(20)
_WEAKNESS = _DRAWN.normal(0, 1, ACCOUNTS)


@dataclass(frozen=True)
class StoredVersion:
    """A registered version, as the registry hands it out."""

    model_name: str
    version: str
    model: DefaultRiskModel
    tags: Mapping[str, str]
    run_id: str
    feature_service: str
    schema_hash: str
    has_signature: bool = True


class Interrupted(BaseException):
    """The process was killed here."""


@dataclass
class Fuse:
    """Interrupts at the given write; ``writes`` counts those that were made."""

    at: int | None = None
    writes: int = 0

    def burn(self) -> None:
        if self.at == self.writes:
            raise Interrupted
        self.writes += 1


@dataclass
class MemoryRegistry:
    """The registry's promises, kept in memory. Every write first burns the fuse."""

    versions: dict[str, StoredVersion] = field(default_factory=dict)
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    evidence: dict[str, dict[str, object]] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    fuse: Fuse = field(default_factory=Fuse)

    def load(self, model_name: str, version: str) -> StoredVersion:
        if version not in self.versions:
            raise ModelError(f"{model_name} has no version {version}")
        return self.versions[version]

    def artefact(self, model_name: str, version: str, name: str) -> bytes:
        kept = self.evidence.get(version, {}).get(name.removeprefix("gate/"))
        if name.startswith("gate/") and kept is not None:
            return kept if isinstance(kept, bytes) else canonical_json(kept)
        if (version, name) not in self.files:
            raise ModelError(f"{model_name} version {version} has no {name}")
        return self.files[version, name]

    def version_at_alias(self, model_name: str, alias: str) -> str | None:
        assert model_name == MODEL
        return self.aliases.get(alias)

    def set_alias(self, model_name: str, alias: str, version: str) -> None:
        self.fuse.burn()
        assert model_name == MODEL
        self.aliases[alias] = version

    def delete_alias(self, model_name: str, alias: str) -> None:
        self.fuse.burn()
        assert model_name == MODEL
        self.aliases.pop(alias, None)

    def set_version_tags(self, model_name: str, version: str, tags: Mapping[str, str]) -> None:
        self.fuse.burn()
        assert model_name == MODEL
        self.tags.setdefault(version, {}).update(tags)

    def remove_version_tag(self, model_name: str, version: str, name: str) -> None:
        assert model_name == MODEL
        if name in self.tags.get(version, {}):
            self.fuse.burn()
            del self.tags[version][name]

    def tagged_versions(self, model_name: str, tag: str) -> dict[str, str]:
        assert model_name == MODEL
        return {version: held[tag] for version, held in self.tags.items() if tag in held}

    def describe_version(self, model_name: str, version: str, text: str) -> None:
        self.fuse.burn()
        assert model_name == MODEL
        self.descriptions[version] = text

    def files_address(self, model_name: str, version: str) -> str:
        assert model_name == MODEL
        return f"#/experiments/1/runs/run-{version}/artifacts"

    def log_evidence(self, model_name: str, version: str, files: Mapping[str, object]) -> None:
        self.fuse.burn()
        assert model_name == MODEL
        self.evidence.setdefault(version, {}).update(files)

    def copy(self) -> "MemoryRegistry":
        """One of its own with the same content, and no fuse."""
        tags = {version: dict(held) for version, held in self.tags.items()}
        evidence = {version: dict(held) for version, held in self.evidence.items()}
        return MemoryRegistry(
            dict(self.versions),
            dict(self.files),
            dict(self.aliases),
            tags,
            evidence,
            dict(self.descriptions),
        )

    def register(self, stored: StoredVersion, files: Mapping[str, bytes]) -> None:
        self.versions[stored.version] = stored
        self.files |= {(stored.version, name): content for name, content in files.items()}
        self.aliases["challenger"] = stored.version


@dataclass(frozen=True)
class FusedLedger(Ledger):
    """The real ledger, which burns the fuse before it writes."""

    fuse: Fuse = field(default_factory=Fuse)

    def append(self, kind, actor, payload, *, key):
        self.fuse.burn()
        return super().append(kind, actor, payload, key=key)


def open_sample(
    var_dir: Path, *, control_db_url: str = "", policies_dir: Path | None = None
) -> Platform:
    """A platform on this folder whose registry is in memory; no steps before a champion.

    With a ledger of its own it begins anew, though it has the folder's key.
    """
    if control_db_url:
        (var_dir / "keys" / "root.pub").unlink(missing_ok=True)
    platform = open_platform(
        Settings(
            var_dir=var_dir,
            policies_dir=policies_dir or direct_policies(),
            control_db_url=control_db_url,
            actor="tester",
        )
    )
    platform.__dict__["registry"] = MemoryRegistry()
    platform.__dict__["feature_store"] = RememberedFeatures(platform.settings)
    return platform


def with_fuse(platform: Platform, fuse: Fuse) -> None:
    """Interrupt this platform's registry and ledger together."""
    platform.registry.fuse = fuse
    plain = platform.ledger
    platform.__dict__["ledger"] = FusedLedger(plain.engine, plain.clock, fuse)


def ingest_sample(platform: Platform) -> None:
    """Tables of the lender, accepted by the ledger, and features of the cohort and of today."""
    for table, rows in lender_tables().items():
        platform.lake.append(table, rows, "batch-1")
    accept_sample(platform)
    materialize_features(
        platform,
        MaterializeFeaturesRequest(as_of=AS_OF, feature_service=SERVICE, history_months=2),
    )


def accept_sample(platform: Platform) -> None:
    """The ledger's word that the lender's batch passed its validation."""
    platform.ledger.append(
        EntryKind.BATCH_ACCEPTED, "tester", {"batch_id": "batch-1"}, key="batch-1"
    )


def lender_tables() -> dict[str, pa.Table]:
    random = np.random.default_rng(21)
    ids = [f"{number:05d}" for number in range(ACCOUNTS)]
    limits = random.integers(5, 50, ACCOUNTS) * 100_000
    customers = pd.DataFrame(
        {
            "customer_id": [f"C{number}" for number in ids],
            "birth_year": random.integers(1960, 2000, ACCOUNTS),
            "income_monthly_minor": (random.lognormal(13.5, 0.4, ACCOUNTS)).astype(int),
            "region": np.where(np.arange(ACCOUNTS) % 4 == 0, "west", "east"),
            "segment": "consumer",
            "employment_since": pd.to_datetime(
                random.integers(1_262_304_000, 1_640_995_200, ACCOUNTS), unit="s", utc=True
            ),
            "backup_repayment_source": False,
            "human_review_only": False,
            "declines_increases": False,
            "event_timestamp": _SINCE,
            "created_timestamp": _SINCE,
        }
    )
    accounts = pd.DataFrame(
        {
            "account_id": [f"A{number}" for number in ids],
            "customer_id": customers["customer_id"],
            "product": "pay_later",
            "partner_id": np.array([None, "partner_a", "partner_b"])[np.arange(ACCOUNTS) % 3],
            "opened_on": _SINCE,
            "limit_minor": limits,
            "apr": 0.18,
            "status": "open",
            "event_timestamp": _SINCE,
            "created_timestamp": _SINCE,
        }
    )
    months = [
        _statements(random, accounts, end_of_day(day).replace(hour=12, microsecond=0))
        for day in month_ends_back(AS_OF, 14)
    ]
    chance = 1 / (1 + np.exp(-(-2.4 + 1.9 * _WEAKNESS)))
    outcomes = pd.DataFrame(
        {
            "account_id": accounts["account_id"],
            "defaulted": random.random(ACCOUNTS) < chance,
            "known_at": end_of_day(AS_OF).replace(hour=1, microsecond=0),
            "event_timestamp": end_of_day(COHORT).replace(hour=12, microsecond=0),
            "created_timestamp": end_of_day(AS_OF).replace(hour=1, microsecond=0),
        }
    )
    protected = customers[["customer_id", "event_timestamp", "created_timestamp"]].assign(
        sex=np.where(np.arange(ACCOUNTS) % 2, "female", "male")
    )
    frames = {
        "customers": customers,
        "protected": protected,
        "accounts": accounts,
        "statements": pd.concat(months),
        "outcomes": outcomes,
    }
    return {name: _arrow(frame) for name, frame in frames.items()}


def _statements(random: np.random.Generator, accounts: pd.DataFrame, at: datetime) -> pd.DataFrame:
    use = np.clip(0.4 + 0.15 * _WEAKNESS + random.normal(0, 0.1, ACCOUNTS), 0, 1.2)
    balance = (use * accounts["limit_minor"]).astype(int)
    late = random.random(ACCOUNTS) < 1 / (1 + np.exp(-(-2.5 + 1.6 * _WEAKNESS)))
    days = np.where(late, 30 * random.integers(1, 3, ACCOUNTS), 0)
    paid = (balance * np.where(late, 0.0, random.uniform(0.1, 1.0, ACCOUNTS))).astype(int)
    return pd.DataFrame(
        {
            "account_id": accounts["account_id"],
            "balance_minor": balance,
            "paid_minor": paid,
            "days_past_due": days,
            "event_timestamp": at,
            "created_timestamp": at,
        }
    )


def _arrow(frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    instant = pa.timestamp("us", tz="UTC")
    fields = [
        pa.field(item.name, instant if pa.types.is_timestamp(item.type) else item.type)
        for item in table.schema
    ]
    return table.cast(pa.schema(fields))


def train_sample(
    platform: Platform,
    version: str,
    *,
    rounds: int = 80,
    monotone: bool = True,
    intercept: float = 0.0,
    change: Callable[[SimpleNamespace], None] = lambda _: None,
) -> StoredVersion:
    """Train on some of the cohort, register with the figures of the rest.

    ``intercept`` moves the calibration, and with it all that is registered of the model.
    ``change`` may spoil what is about to be registered: its ``model``, ``tags``, ``sample``,
    ``rows`` and ``golden`` (frames), ``figures``, ``reference`` and ``has_signature``.
    """
    service = service_named(SERVICE)
    names = list(service.feature_names)
    entities = platform.feature_store.accounts_at(COHORT).assign(as_of=COHORT)
    frame = platform.feature_store.historical(entities, SERVICE)
    with platform.lake.connect(tables=["outcomes"]) as lake:
        outcomes = lake.execute("SELECT account_id, defaulted FROM outcomes").df()
    label = frame.merge(outcomes, on="account_id", how="left")["defaulted"].to_numpy(bool)
    parts = np.random.default_rng(7).choice(4, len(frame), p=[0.4, 0.1, 0.1, 0.4])
    model = _fitted(frame[names].to_numpy(), label, parts, rounds, monotone)
    calibration = model.calibration
    model = recalibrated(model, intercept=calibration.intercept + intercept)
    score = model.score(frame, threads=1)
    test, fit = frame[parts == 3], parts == 0
    made = SimpleNamespace(
        model=model,
        sample=test[["account_id", "as_of"]].assign(
            label=label[parts == 3], score=score[parts == 3]
        ),
        rows=frame[["account_id", "as_of"]].assign(
            label=label, part=[Part(part).name.lower() for part in parts]
        ),
        golden=test[names].head(50).assign(score=score[parts == 3][:50]),
        reference=build_reference(frame[fit].assign(score=score[fit]), ["score", *names]).to_json(),
        figures=_figures(label[parts == 3], score[parts == 3]),
        tags={
            "data_versions": json.dumps(platform.lake.versions()),
            "as_of": AS_OF.isoformat(),
            "label_window_months": "1",
        },
        has_signature=True,
    )
    change(made)
    stored = StoredVersion(
        model_name=MODEL,
        version=version,
        model=made.model,
        tags=made.tags,
        run_id=f"run-{version}",
        feature_service=SERVICE,
        schema_hash=platform.feature_store.schema_hash(SERVICE),
        has_signature=made.has_signature,
    )
    files = {
        "scored_sample.parquet": _parquet(made.sample),
        "training_rows.parquet": _parquet(made.rows),
        "golden.parquet": _parquet(made.golden),
        "reference.json": made.reference.encode(),
        "figures.json": json.dumps(made.figures).encode(),
    }
    platform.registry.register(stored, files)
    return stored


def recalibrated(model: DefaultRiskModel, **calibration: float) -> DefaultRiskModel:
    return replace(model, calibration=replace(model.calibration, **calibration))


def _figures(label: np.ndarray, score: np.ndarray) -> dict[str, dict[str, float]]:
    ks = measure_performance(label, score, np.arange(len(label))).ks.value
    brier = measure_calibration(label, score).brier
    values = {"auc": placements(label, score).auc, "ks": ks, "brier": brier}
    return {name: {"value": value} for name, value in values.items()}


def _fitted(
    features: np.ndarray, label: np.ndarray, parts: np.ndarray, rounds: int, monotone: bool
) -> DefaultRiskModel:
    inputs = service_named(SERVICE).features
    names = [feature.name for feature in inputs]
    fit, calibrate = parts == Part.FIT, parts == Part.CALIBRATION
    booster = lightgbm.train(
        {
            "objective": "binary",
            "learning_rate": 0.05,
            "num_leaves": 7,
            "min_data_in_leaf": 40,
            "monotone_constraints": [monotone * int(feature.direction) for feature in inputs],
            "seed": 7,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        },
        lightgbm.Dataset(features[fit], label[fit].astype(float), feature_name=names),
        num_boost_round=rounds,
    )
    plain = DefaultRiskModel(booster.model_to_string(), tuple(names), Calibration(1.0, 0.0))
    calibration = fit_calibration(
        plain.log_odds(features[calibrate], threads=1), label[calibrate], slope_prior_rows=40.0
    )
    return replace(plain, calibration=calibration)


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()

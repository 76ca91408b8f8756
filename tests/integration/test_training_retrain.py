"""Retraining over the lake, Feast and MLflow: once, again, later, and killed on the way."""

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from credit_limits.domain.digest import digest_bytes
from credit_limits.domain.errors import DataMissing, NotEnoughOutcomes, PolicyError
from credit_limits.domain.limit_response import read_limit_response
from credit_limits.ledger.entry import EntryKind
from tests.promotion_samples import ACCOUNTS, AS_OF, COHORT, MODEL, ROOT, SERVICE, ingest_sample
from tests.response_samples import drawn_changes
from tidegate.adapters.settings import Settings
from tidegate.operations.platform import Platform, open_platform
from tidegate.operations.retrain_model import (
    RetrainModelOutcome,
    RetrainModelRequest,
    retrain_model,
)
from tidegate.operations.train_response import LimitResponseOutcome
from training.model import DefaultRiskModel

REQUEST = RetrainModelRequest(as_of=AS_OF, feature_service=SERVICE, label_window_months=1)


class Killed(BaseException):
    """The process was killed here."""


@dataclass
class Fatal:
    """Something that works until one of its methods is called, or has returned."""

    whole: object
    method: str
    after: bool = False

    def __getattr__(self, name: str) -> object:
        found = getattr(self.whole, name)
        return self._fatal(found) if name == self.method else found

    def _fatal(self, found: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            if self.after:
                found(*arguments, **named)
            raise Killed(self.method)

        return call


def settings_in(folder: Path) -> Settings:
    return Settings(var_dir=folder, policies_dir=ROOT / "policies", actor="tester")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake and features, and an MLflow database that holds no model yet."""
    folder = tmp_path_factory.mktemp("prepared")
    platform = open_platform(settings_in(folder))
    ingest_sample(platform)
    assert platform.registry.find_by_run_key(MODEL, "none") is None
    (folder / "empty.db").write_bytes((folder / "mlflow" / "mlflow.db").read_bytes())
    return folder


@pytest.fixture
def platform(prepared: Path, tmp_path: Path) -> Platform:
    """The prepared folder with a registry and a ledger of its own."""
    settings = settings_in(tmp_path / "var")
    settings.root.mkdir()
    for name in ("lake", "features"):
        (settings.root / name).symlink_to(prepared / name)
    settings.mlflow_dir.mkdir()
    (settings.mlflow_dir / "mlflow.db").write_bytes((prepared / "empty.db").read_bytes())
    return open_platform(settings)


@pytest.fixture(scope="module")
def whole(prepared: Path) -> tuple[Platform, RetrainModelOutcome]:
    """One retraining that nothing interrupts."""
    platform = open_platform(settings_in(prepared))
    return platform, retrain_model(platform, REQUEST)


def entries(platform: Platform) -> list[str]:
    return [
        str(entry.payload["version"]) for entry in platform.ledger.entries(EntryKind.MODEL_TRAINED)
    ]


def test_a_version_is_registered_and_becomes_challenger(whole):
    platform, outcome = whole
    assert (outcome.version, outcome.recognised) == ("1", False)
    assert platform.registry.version_at_alias(MODEL, "challenger") == "1"
    assert platform.registry.version_at_alias(MODEL, "champion") is None
    assert entries(platform) == ["1"]
    assert outcome.label_source == "outcomes"
    assert outcome.cohorts == [COHORT]
    assert outcome.split == "one_cohort"
    assert outcome.cross_validation is not None
    assert outcome.cross_validation.rows == outcome.rows_train + outcome.rows_test == ACCOUNTS
    assert outcome.figures["auc"].value > 0.7


def test_the_version_says_what_it_follows_from(whole):
    platform, outcome = whole
    tags = platform.registry.load(MODEL, "1").tags
    assert json.loads(tags["data_versions"]) == outcome.data_versions
    assert set(outcome.data_versions) == {"accounts", "customers", "outcomes", "statements"}
    assert tags["schema_hash"] == platform.feature_store.schema_hash(SERVICE)
    assert tags["artefact_digest"] == outcome.artefact_digest
    assert tags["policy_version"] == "default_risk/2005-01-01"
    assert (tags["as_of"], tags["label_window_months"], tags["seed"]) == ("2024-01-31", "1", "7")


def test_the_ledger_has_the_outcome(whole):
    platform, outcome = whole
    entry = platform.ledger.find(EntryKind.MODEL_TRAINED, outcome.run_key)
    assert entry is not None
    assert RetrainModelOutcome.model_validate(entry.payload) == outcome


def test_the_reference_is_of_the_rows_learnt_from(whole):
    platform, outcome = whole
    reference = json.loads(platform.registry.artefact(MODEL, "1", "reference.json"))
    names = [column["name"] for column in reference["columns"]]
    assert names[0] == "score"
    assert set(names[1:]) == set(platform.registry.load(MODEL, "1").model.feature_names)
    fit = json.loads(platform.registry.artefact(MODEL, "1", "outcome.json"))
    assert sum(reference["columns"][0]["counts"]) < fit["rows_train"]
    assert outcome.rows_test < sum(reference["columns"][0]["counts"])


def test_the_same_again_is_recognised(whole):
    platform, outcome = whole
    again = retrain_model(open_platform(platform.settings), REQUEST)
    assert again == outcome.model_copy(update={"recognised": True})
    assert entries(platform) == ["1"]
    assert len(platform.registry.latest_versions(MODEL)) == 1


@pytest.mark.parametrize("table", ["decisions", "quarantine"])
def test_tables_that_no_model_reads_change_nothing(platform, whole, table):
    """Decisions are written after each training; they must not make the next one new."""
    import pyarrow as pa

    with_lake_of_its_own(platform)
    platform.lake.append(table, pa.table({"account_id": ["A00001"]}), "batch-2")
    platform.ledger.append(
        EntryKind.MODEL_TRAINED,
        "tester",
        whole[1].model_dump(mode="json"),
        key=whole[1].run_key,
    )
    assert retrain_model(platform, REQUEST).recognised


def with_lake_of_its_own(platform: Platform) -> None:
    """To which tables can be added that the other tests do not see."""
    lake = platform.settings.lake_dir
    original = lake.resolve()
    lake.unlink()
    lake.mkdir()
    for name in original.iterdir():
        (lake / name.name).symlink_to(name)


def test_another_seed_is_another_version_beside_the_same_limit_response(platform):
    """Limits drawn at random are there: both versions name the response that was trained first.

    It is registered before the first of them, and killed between registry and ledger.
    """
    with_lake_of_its_own(platform)
    changes = drawn_changes(platform.lake.read("statements"))
    platform.lake.append("limit_changes", changes, "batch-1")
    interrupted = open_platform(platform.settings)
    interrupted.__dict__["registry"] = Fatal(interrupted.registry, "register", after=True)
    with pytest.raises(Killed):
        retrain_model(interrupted, REQUEST)
    assert platform.ledger.entries(EntryKind.LIMIT_RESPONSE_TRAINED) == []
    first = retrain_model(platform, REQUEST)
    second = retrain_model(platform, REQUEST.model_copy(update={"seed": 8}))
    assert (first.version, second.version) == ("1", "2")
    assert first.artefact_digest != second.artefact_digest
    assert platform.registry.version_at_alias(MODEL, "challenger") == "2"
    named = platform.registry.tagged_versions(MODEL, "limit_response_version")
    assert named == {"1": "1", "2": "1"}
    (entry,) = platform.ledger.entries(EntryKind.LIMIT_RESPONSE_TRAINED)
    response = LimitResponseOutcome.model_validate(entry.payload)
    assert first.limit_response == second.limit_response == response
    assert len(platform.registry.latest_versions("limit_response")) == 1
    assert first.data_versions["limit_changes"] == 0
    held_as_registered(platform, response)


def held_as_registered(platform: Platform, response: LimitResponseOutcome) -> None:
    """What lies in MLflow is what the outcome says, and MLflow serves it."""
    import mlflow

    registry = platform.registry
    content = registry.artefact("limit_response", "1", "limit_response.json")
    assert digest_bytes(content) == response.digest
    read = read_limit_response(content, "1")
    assert read.balance_elasticity == pytest.approx(response.balance.value, abs=1e-9)
    assert response.balance.low > 0.0
    assert (response.rows, response.dose_steps, response.balance_assumed) == (1200, 3, 0.5)
    assert registry.artefact("limit_response", "1", "plots/dose_response.png").startswith(
        b"\x89PNG"
    )
    card = registry.artefact("limit_response", "1", "model_card.md").decode()
    assert card.startswith("# limit_response")
    place = registry._client.get_model_version_download_uri("limit_response", "1")
    served = mlflow.pyfunc.load_model(place.removeprefix("file://"))
    answers = served.predict(pd.DataFrame({"log_limit_ratio": [0.0, math.log(2.0)]}))
    assert answers == pytest.approx([1.0, 2.0**read.balance_elasticity])
    with pytest.raises(mlflow.exceptions.MlflowException, match="log_limit_ratio"):
        served.predict(pd.DataFrame({"ratio": [1.0]}))


def test_without_limits_drawn_at_random_there_is_no_response_and_the_reason(whole):
    platform, outcome = whole
    assert outcome.limit_response.version == ""
    assert "the lake has no limit_changes" in outcome.limit_response.reason
    assert platform.registry.load(MODEL, "1").tags["limit_response_version"] == ""
    assert platform.ledger.entries(EntryKind.LIMIT_RESPONSE_TRAINED) == []


@pytest.mark.parametrize(
    ("part", "method", "after"),
    [
        ("registry", "register", False),
        ("registry", "register", True),
        ("registry", "set_alias", True),
        ("ledger", "append", True),
    ],
)
def test_killed_anywhere_and_started_again_it_ends_the_same(platform, whole, part, method, after):
    interrupted = open_platform(platform.settings)
    interrupted.__dict__[part] = Fatal(getattr(interrupted, part), method, after=after)
    with pytest.raises(Killed, match=method):
        retrain_model(interrupted, REQUEST)
    again = retrain_model(platform, REQUEST)
    same = {"run_id": whole[1].run_id, "recognised": False}
    assert again.model_copy(update=same) == whole[1]
    assert entries(platform) == ["1"]
    assert platform.registry.version_at_alias(MODEL, "challenger") == "1"
    assert len(platform.registry.latest_versions(MODEL)) == 1


def test_a_process_killed_between_registry_and_ledger_is_made_good(platform, whole):
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.integration.test_training_retrain import REQUEST, settings_in\n"
        "from tidegate.adapters.registry import Registry\n"
        "from tidegate.operations.platform import open_platform\n"
        "from tidegate.operations.retrain_model import retrain_model\n"
        "Registry.set_alias = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "retrain_model(open_platform(settings_in(Path(sys.argv[1]))), REQUEST)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(platform.settings.root)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert entries(platform) == []
    again = retrain_model(platform, REQUEST)
    assert again.artefact_digest == whole[1].artefact_digest
    assert entries(platform) == ["1"]
    assert len(platform.registry.latest_versions(MODEL)) == 1


def test_outcomes_not_known_yet_are_not_learnt_from(platform):
    early = REQUEST.model_copy(update={"as_of": date(2024, 1, 30)})
    with pytest.raises(DataMissing, match="from 1 months before 2024-01-30"):
        retrain_model(platform, early)
    assert entries(platform) == []


def test_a_longer_window_waits_for_its_end(platform):
    with pytest.raises(DataMissing, match="name a shorter label window"):
        retrain_model(platform, REQUEST.model_copy(update={"label_window_months": 6}))


def test_without_a_policy_nothing_is_trained(platform, tmp_path):
    settings = platform.settings.model_copy(update={"policies_dir": tmp_path / "none"})
    with pytest.raises(PolicyError, match="no policy in force"):
        retrain_model(open_platform(settings), REQUEST)


def test_a_world_labelled_by_statements_is_split_in_time(tmp_path):
    """A small world: months of cohorts, labels from later statements, no outcomes table."""
    from tests.flow_cycles import tiny_policies
    from tidegate.operations.generate_world import GenerateWorldRequest, generate_world
    from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch
    from tidegate.operations.materialize_features import (
        MaterializeFeaturesRequest,
        materialize_features,
    )

    settings = Settings(
        var_dir=tmp_path / "var", policies_dir=tiny_policies(tmp_path), actor="tester"
    )
    platform = open_platform(settings)
    world = tmp_path / "world"
    generate_world(GenerateWorldRequest(customers=1500, months=14, seed=7, out=world))
    ingest_batch(platform, IngestBatchRequest(path=world))
    materialize_features(
        platform,
        MaterializeFeaturesRequest(feature_service=SERVICE, history_months=13),
    )
    outcome = retrain_model(
        platform, RetrainModelRequest(feature_service=SERVICE, label_window_months=3)
    )
    assert outcome.label_source == "statements"
    assert outcome.split == "embargoed_cohorts"
    assert outcome.cross_validation is None
    card = platform.registry.artefact(MODEL, "1", "model_card.md").decode()
    assert "| in default already |" in card
    model = platform.registry.load(MODEL, "1").model
    assert isinstance(model, DefaultRiskModel)
    assert outcome.figures["auc"].value > 0.6


def test_without_any_default_nothing_is_trained(platform, tmp_path):
    """An outcomes table in which everyone paid."""
    import pyarrow as pa

    from tests.promotion_samples import lender_tables

    fresh = open_platform(settings_in(tmp_path / "fresh"))
    tables = lender_tables()
    outcomes = tables["outcomes"]
    column = outcomes.schema.get_field_index("defaulted")
    paid = pa.array([False] * outcomes.num_rows)
    tables["outcomes"] = outcomes.set_column(column, "defaulted", paid)
    for table, rows in tables.items():
        fresh.lake.append(table, rows, "batch-1")
    (fresh.settings.root / "features").symlink_to(platform.settings.features_dir)
    with pytest.raises(NotEnoughOutcomes, match="0 defaults in"):
        retrain_model(fresh, REQUEST)

"""Retrain, promote and roll back through MLflow's registry itself."""

import json

import pytest

from credit_limits.domain.errors import NoCertifiedChampion
from tests.promotion_samples import AS_OF, MODEL, ROOT, SERVICE, ingest_sample
from tidegate.adapters.settings import Settings
from tidegate.operations.champion import load_champion
from tidegate.operations.platform import Platform, open_platform
from tidegate.operations.promote_model import PromoteModelRequest, promote_model
from tidegate.operations.promotion_outcome import PromoteModelOutcome
from tidegate.operations.retrain_model import RetrainModelRequest, retrain_model
from tidegate.operations.roll_back_model import RollBackModelRequest, roll_back_model


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    opened = open_platform(
        Settings(
            var_dir=tmp_path_factory.mktemp("lender"),
            policies_dir=ROOT / "policies",
            actor="tester",
        )
    )
    ingest_sample(opened)
    retrain_model(
        opened,
        RetrainModelRequest(as_of=AS_OF, feature_service=SERVICE, label_window_months=1),
    )
    return opened


@pytest.fixture(scope="module")
def outcome(platform: Platform) -> PromoteModelOutcome:
    return promote_model(platform, PromoteModelRequest())


@pytest.fixture
def client(platform: Platform):
    import mlflow

    return mlflow.MlflowClient(platform.settings.mlflow_uri, platform.settings.mlflow_uri)


def test_a_trained_model_clears_the_whole_chain(outcome):
    assert outcome.cleared, [check for check in outcome.checks if not check.passed]
    assert (outcome.version, outcome.previous_champion) == ("1", None)


def test_mlflow_shows_the_champion_with_its_evidence(platform, outcome, client):
    version = client.get_model_version_by_alias(MODEL, "champion")
    assert str(version.version) == outcome.version
    assert version.tags["gate"] == "cleared"
    assert version.tags["certificate_digest"] == outcome.certificate_digest
    certificate = json.loads(platform.registry.artefact(MODEL, "1", "gate/certificate.json"))
    evidence = json.loads(platform.registry.artefact(MODEL, "1", "gate/evidence.json"))
    assert certificate["digest"] == outcome.certificate_digest
    assert evidence["technical"]["golden_rows_differing"] == 0
    assert evidence["challenger"] == {"kind": "FirstChampion", "promotions_in_ledger": 0}


def test_the_champion_loads_and_scores(platform, outcome):
    champion = load_champion(platform, MODEL)
    rows = platform.feature_store.historical(
        platform.feature_store.accounts_at(AS_OF).assign(as_of=AS_OF), SERVICE
    )
    score = champion.loaded.model.score(rows)
    assert champion.certificate.digest == outcome.certificate_digest
    assert 0 < score.min() < score.max() < 1


@pytest.mark.usefixtures("outcome")
def test_an_alias_moved_in_mlflow_by_hand_decides_nothing(platform, client):
    other = client.create_model_version(
        MODEL,
        client.get_model_version(MODEL, "1").source,
        client.get_model_version(MODEL, "1").run_id,
    )
    client.set_registered_model_alias(MODEL, "champion", other.version)
    with pytest.raises(
        NoCertifiedChampion, match=r"version 2, which is not certified.*roll-back --version 1"
    ):
        load_champion(platform, MODEL)
    back = RollBackModelRequest(version="1", reason="the alias was moved by hand")
    assert roll_back_model(platform, back).recognised
    assert load_champion(platform, MODEL).version == "1"


@pytest.mark.usefixtures("outcome")
def test_a_model_file_altered_on_disk_decides_nothing(platform):
    (path,) = [
        path
        for path in platform.settings.mlflow_dir.rglob("scoring.json")
        if "models" in path.parts
    ]
    content = path.read_bytes()
    altered = json.loads(content)
    altered["calibration"]["intercept"] -= 1.0
    path.write_text(json.dumps(altered), encoding="utf-8")
    try:
        with pytest.raises(NoCertifiedChampion, match="artefact_digest is"):
            load_champion(platform, MODEL)
    finally:
        path.write_bytes(content)
    assert load_champion(platform, MODEL).version == "1"

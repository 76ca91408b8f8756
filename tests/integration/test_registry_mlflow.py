"""The registry against MLflow itself: what goes in comes out, to the bit, or not at all."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from credit_limits.domain.errors import ModelError, SettingsError
from tests.training_samples import SERVICE, labelled_rows, trained
from tidegate.adapters.registry import RegisteredVersion, Registry
from tidegate.adapters.settings import Settings
from training.artefacts import artefacts_of
from training.run import TrainingRun

MODEL = "default_risk"
TAGS = {"feature_service": SERVICE.name, "schema_hash": "5c4e", "data_versions": "{}"}


class Killed(BaseException):
    """The process was killed here."""


class Interruptible:
    """MLflow's client, which stops before its n-th write."""

    WRITES = (
        "create_run",
        "create_logged_model",
        "log_outputs",
        "log_model_artifacts",
        "finalize_logged_model",
        "log_batch",
        "log_artifacts",
        "log_figure",
        "set_terminated",
        "create_registered_model",
        "create_model_version",
        "set_model_version_tag",
    )

    def __init__(self, client: object, stop_at: int) -> None:
        self.client, self.left = client, stop_at

    def __getattr__(self, name: str) -> object:
        found = getattr(self.client, name)
        if name not in self.WRITES:
            return found

        def write(*arguments: object, **named: object) -> object:
            self.left -= 1
            if self.left == 0:
                raise Killed(name)
            return found(*arguments, **named)

        return write


def registry_in(folder: Path) -> Registry:
    return Registry(Settings(var_dir=folder, actor="tester"))


def register(registry: Registry, run: TrainingRun | None = None) -> RegisteredVersion:
    from tidegate.adapters.plots import training_plots

    run = run or trained()
    label, score = run.sample["label"].to_numpy(), run.sample["score"].to_numpy()
    return registry.register(
        MODEL,
        run,
        run_key=run.lineage.run_key,
        artefacts=artefacts_of(run),
        figures=training_plots(label, score, run.importances),
        tags=TAGS,
    )


def folder_of(registry: Registry) -> Path:
    """Where the first version lies, in MLflow's form."""
    place = registry._client.get_model_version_download_uri(MODEL, "1")
    return Path(place.removeprefix("file://"))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    found = registry_in(tmp_path_factory.mktemp("registry"))
    register(found)
    return found


@pytest.fixture
def empty(registry: Registry, tmp_path: Path) -> Iterator[Registry]:
    """A registry of its own with a database that is there already, as a second run finds it."""
    fresh = registry_in(tmp_path)
    fresh.settings.mlflow_dir.mkdir(parents=True)
    with_tables = registry_in(registry.settings.root / "empty")
    assert with_tables.find_by_run_key(MODEL, "none") is None
    database = (with_tables.settings.mlflow_dir / "mlflow.db").read_bytes()
    (fresh.settings.mlflow_dir / "mlflow.db").write_bytes(database)
    return fresh


def test_the_database_is_made_before_a_server_needs_it(tmp_path):
    registry_in(tmp_path).prepare()
    made = (tmp_path / "mlflow" / "mlflow.db").stat()
    registry_in(tmp_path).prepare()
    assert (tmp_path / "mlflow" / "mlflow.db").stat() == made


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(SettingsError, match=r"mlflow\.db cannot be .*file is not a database"):
        registry_in(tmp_path).prepare()


def test_a_version_is_loaded_as_it_was_trained(registry):
    run, loaded = trained(), registry.load(MODEL, "1")
    rows = labelled_rows(1, customers=300, seed=5).frame
    assert loaded.model == run.model
    assert loaded.model.artefact_digest == run.model.artefact_digest
    assert (loaded.model.score(rows).view(np.int64) == run.model.score(rows).view(np.int64)).all()
    assert loaded.has_signature
    assert (loaded.model_name, loaded.version) == (MODEL, "1")
    assert (loaded.feature_service, loaded.schema_hash) == (SERVICE.name, "5c4e")


def test_mlflow_serves_the_same_probabilities_and_checks_the_columns(registry):
    import mlflow

    served = mlflow.pyfunc.load_model(str(folder_of(registry)))
    golden = trained().golden
    features = golden[list(SERVICE.feature_names)]
    expected = golden["score"].to_numpy().view(np.int64)
    assert (served.predict(features).view(np.int64) == expected).all()
    assert (served.predict(features[features.columns[::-1]]).view(np.int64) == expected).all()
    with pytest.raises(mlflow.exceptions.MlflowException, match="age_years"):
        served.predict(features.drop(columns="age_years"))
    with pytest.raises(mlflow.exceptions.MlflowException, match="age_years"):
        served.predict(features.assign(age_years="forty"))


def test_every_column_of_the_signature_is_a_double(registry):
    from mlflow.models import Model

    signature = Model.load(folder_of(registry)).signature
    assert [item.name for item in signature.inputs] == list(SERVICE.feature_names)
    assert {item.type.name for item in signature.inputs} == {"double"}


def test_nothing_is_pickled_and_everything_lies_under_var(registry):
    stored = [path for path in registry.settings.root.rglob("*") if path.is_file()]
    assert not [path for path in stored if path.suffix in {".pkl", ".pickle", ".joblib"}]
    assert {"booster.txt", "scoring.json", "MLmodel"} <= {path.name for path in stored}
    assert not Path("mlruns").exists()
    assert not Path("mlflow.db").exists()


def test_the_run_has_metrics_parameters_plots_and_files(registry):
    run, client = trained(), registry._client
    shown = client.get_run(registry.load(MODEL, "1").run_id)
    assert shown.info.status == "FINISHED"
    assert shown.data.metrics["auc"] == run.figures.auc.value
    assert shown.data.metrics["auc_low"] == run.figures.auc.low
    assert shown.data.metrics["cv_auc"] == run.cross_validation.auc.value
    assert shown.data.params["leaves"] == "15"
    assert shown.data.params["split"] == "one_cohort"
    assert shown.data.tags["run_key"] == run.lineage.run_key
    plots = {item.path for item in client.list_artifacts(shown.info.run_id, "plots")}
    assert plots == {
        f"plots/{name}.png" for name in ("roc", "calibration", "score_distribution", "importance")
    }
    files = {item.path for item in client.list_artifacts(shown.info.run_id)}
    assert set(artefacts_of(run)) <= files
    version = client.get_model_version(MODEL, "1")
    assert version.description.startswith("# default_risk")


def test_requirements_are_pinned(registry):
    lines = (folder_of(registry) / "requirements.txt").read_text().splitlines()
    assert {line.partition("==")[0] for line in lines} == {
        "mlflow",
        "lightgbm",
        "numpy",
        "pandas",
        "scipy",
    }
    assert all("==" in line for line in lines)


def test_no_telemetry_leaves(registry):
    assert registry.find_by_run_key(MODEL, "none") is None
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_a_finished_registration_is_recognised(registry):
    found = registry.find_by_run_key(MODEL, trained().lineage.run_key)
    assert found == RegisteredVersion("1", registry.load(MODEL, "1").run_id)
    assert registry.find_by_run_key(MODEL, "another") is None
    assert registry.find_by_run_key("another_model", trained().lineage.run_key) is None


def test_aliases_point_where_they_were_set(registry):
    assert registry.version_at_alias(MODEL, "challenger") is None
    assert registry.version_at_alias("another_model", "challenger") is None
    registry.set_alias(MODEL, "challenger", "1")
    assert registry.version_at_alias(MODEL, "challenger") == "1"
    for _ in range(2):
        registry.set_alias(MODEL, "launching", "1")
        registry.delete_alias(MODEL, "launching")
        registry.delete_alias(MODEL, "launching")
        assert registry.version_at_alias(MODEL, "launching") is None
    with pytest.raises(ModelError, match="no version 9; there are: 1"):
        registry.set_alias(MODEL, "challenger", "9")


def test_evidence_is_kept_and_written_over(registry):
    registry.log_evidence(MODEL, "1", {"verdict.json": {"cleared": False}})
    registry.log_evidence(MODEL, "1", {"verdict.json": {"cleared": True}})
    assert json.loads(registry.artefact(MODEL, "1", "gate/verdict.json")) == {"cleared": True}
    registry.log_evidence(MODEL, "1", {"evidence.html": b"<p>as it is"})
    assert registry.artefact(MODEL, "1", "gate/evidence.html") == b"<p>as it is"


def test_tags_are_added(registry):
    registry.set_version_tags(MODEL, "1", {"gate": "refused"})
    tags = registry.load(MODEL, "1").tags
    assert tags["gate"] == "refused"
    assert tags["feature_service"] == SERVICE.name


def test_a_tag_is_found_by_version_and_taken_off(registry):
    registry.set_version_tags(MODEL, "1", {"promotion": "requested"})
    assert registry.tagged_versions(MODEL, "promotion") == {"1": "requested"}
    for _ in range(2):  # one that is not there is no error
        registry.remove_version_tag(MODEL, "1", "promotion")
        assert registry.tagged_versions(MODEL, "promotion") == {}
    assert registry.tagged_versions("no-such-model", "promotion") == {}
    with pytest.raises(ModelError, match="has no version 9"):
        registry.remove_version_tag(MODEL, "9", "promotion")


def test_a_version_says_what_it_is_told_to_and_where_its_files_are_shown(registry):
    from mlflow import MlflowClient

    client = MlflowClient(registry.settings.mlflow_uri)
    text = f"{client.get_model_version(MODEL, '1').description}\n\nThe gate says nothing yet."
    registry.describe_version(MODEL, "1", text)
    version = client.get_model_version(MODEL, "1")
    assert version.description == text
    run = client.get_run(version.run_id).info
    address = f"#/experiments/{run.experiment_id}/runs/{run.run_id}/artifacts"
    assert registry.files_address(MODEL, "1") == address


def test_what_is_not_there_is_named(registry):
    with pytest.raises(ModelError, match=r"no file absent\.json"):
        registry.artefact(MODEL, "1", "absent.json")
    with pytest.raises(ModelError, match="default_risk has no version 7; there are: 1"):
        registry.load(MODEL, "7")
    with pytest.raises(ModelError, match="another has no version 1; there are: none"):
        registry.load("another", "1")
    with pytest.raises(ModelError, match="has no version one"):
        registry.load(MODEL, "one")


@pytest.mark.parametrize(
    ("stop_at", "write"),
    [
        (1, "create_run"),
        (4, "log_model_artifacts"),
        (6, "log_batch"),
        (12, "set_terminated"),
        (14, "create_model_version"),
        (15, "set_model_version_tag"),
    ],
)
def test_a_registration_killed_before_any_write_is_done_again(empty, stop_at, write):
    client, run_key = empty._client, trained().lineage.run_key
    empty.__dict__["_client"] = Interruptible(client, stop_at)
    with pytest.raises(Killed, match=write):
        register(empty)
    empty.__dict__["_client"] = client
    assert empty.find_by_run_key(MODEL, run_key) is None
    again = register(empty)
    assert empty.find_by_run_key(MODEL, run_key) == again
    versions = client.search_model_versions(f"name = '{MODEL}'")
    assert [str(item.version) for item in versions] == [again.version]
    runs = client.search_runs([client.get_experiment_by_name(MODEL).experiment_id])
    assert [run.info.run_id for run in runs] == [again.run_id]
    assert empty.load(MODEL, again.version).model == trained().model


def test_the_last_write_completes_the_registration(empty):
    client = empty._client
    empty.__dict__["_client"] = Interruptible(client, 16)
    assert empty.find_by_run_key(MODEL, trained().lineage.run_key) is None
    assert register(empty) == empty.find_by_run_key(MODEL, trained().lineage.run_key)
    assert empty._client.left == 1


def test_versions_are_numbered_and_the_newest_comes_first(empty):
    first, second = register(empty), register(empty, trained(seed=8))
    assert (first.version, second.version) == ("1", "2")
    assert empty.latest_versions(MODEL) == [second, first]
    assert empty.latest_versions(MODEL, 1) == [second]
    assert empty.latest_versions("another_model") == []


def test_a_version_registered_by_hand_cannot_be_loaded(empty, tmp_path):
    register(empty)
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    empty._client.create_model_version(MODEL, foreign.as_uri())
    with pytest.raises(ModelError):
        empty.load(MODEL, "2")
    with pytest.raises(ModelError, match="has no run"):
        empty.artefact(MODEL, "2", "figures.json")


def test_a_damaged_artefact_cannot_be_loaded(empty):
    register(empty)
    stored = folder_of(empty) / "artifacts" / "booster.txt"
    stored.write_text("tree\nnonsense")
    with pytest.raises(ModelError):
        empty.load(MODEL, "1")
    stored.unlink()
    with pytest.raises(ModelError, match="no default_risk model"):
        empty.load(MODEL, "1")


def test_golden_and_sample_come_back_as_they_were(registry):
    import io

    import pyarrow.parquet as pq

    content = registry.artefact(MODEL, "1", "golden.parquet")
    pd.testing.assert_frame_equal(pq.read_table(io.BytesIO(content)).to_pandas(), trained().golden)

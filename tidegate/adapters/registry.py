"""MLflow's model registry: model versions with what was measured of them.

Every call names its run or version; MLflow's fluent interface, which remembers a current run and
address in the process, is not used. Models are stored as LightGBM text and JSON, with a script
that MLflow runs to serve them. A registration counts from the moment its version is tagged
complete, which is the last thing written; one that was cut short is removed and done again.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import ModelError, SettingsError
from tidegate.adapters.registered_model import (
    MODEL_FILES,
    ModelForm,
    form_of,
    has_signature,
    save_model,
    written,
)
from tidegate.adapters.settings import Settings
from tidegate.adapters.sqlite_file import created_whole
from training.limit_response import ResponseRun
from training.model import DefaultRiskModel
from training.run import TrainingRun

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

_STATE, _COMPLETE = "registration", "complete"
_SQLITE = "sqlite:///"
_RUN_KEY = "run_key"


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version of a registered model, and the run that made it."""

    version: str
    run_id: str


@dataclass(frozen=True)
class LoadedVersion:
    """A model version read back. ``has_signature``: MLflow knows its columns and their types."""

    model_name: str
    version: str
    run_id: str
    model: DefaultRiskModel
    tags: Mapping[str, str]
    has_signature: bool

    @property
    def feature_service(self) -> str:
        """The feature service that the model was trained on."""
        return self._tag("feature_service")

    @property
    def schema_hash(self) -> str:
        """Digest of that service's features as they were then."""
        return self._tag("schema_hash")

    def _tag(self, name: str) -> str:
        if name not in self.tags:
            raise ModelError(
                f"version {self.version} of {self.model_name} has no tag {name}; it was not "
                "registered by retrain_model, train it again"
            )
        return self.tags[name]


@dataclass(frozen=True)
class Registry:
    """The registry of an installation. Nothing is opened or written before it is needed."""

    settings: Settings

    def prepare(self) -> None:
        """Open the store, and make its SQLite file where there is none, before a server does.

        Raises:
            SettingsError: ``mlflow_tracking_uri`` names a database that cannot be made or opened.
        """
        _ = self._client

    def register(
        self,
        model_name: str,
        run: TrainingRun | ResponseRun,
        *,
        run_key: str,
        artefacts: Mapping[str, bytes],
        figures: Mapping[str, "Figure"],
        tags: Mapping[str, str],
    ) -> RegisteredVersion:
        """Store a training run as a new version; an unfinished one of the same key is removed.

        Args:
            model_name: name in the registry.
            run: what was trained; its figures become metrics, its policy parameters.
            run_key: what :meth:`find_by_run_key` recognises it by.
            artefacts: files of the run, by name.
            figures: plots of the run, by file name; they are kept under ``plots/``.
            tags: of the run and of the version.
        """
        self._remove_unfinished(model_name, run_key)
        client, experiment, form = self._client, self._experiment(model_name), form_of(run)
        all_tags = {**tags, _RUN_KEY: run_key}
        run_id = client.create_run(experiment, tags=all_tags).info.run_id
        logged = self._log_model(experiment, run_id, model_name, form)
        self._log_figures(run_id, logged.model_id, form)
        self._log_files(run_id, artefacts)
        for name, figure in figures.items():
            client.log_figure(run_id, figure, f"plots/{name}")
        client.set_terminated(run_id)
        self._registered_model(model_name)
        created = client.create_model_version(
            model_name,
            # not "models:/<id>", which MLflow looks up at its process-wide address
            source=logged.artifact_location,
            run_id=run_id,
            model_id=logged.model_id,
            tags=all_tags,
            description=artefacts.get("model_card.md", b"").decode(),
        )
        version = str(created.version)
        client.set_model_version_tag(model_name, version, _STATE, _COMPLETE)
        return RegisteredVersion(version, run_id)

    def find_by_run_key(self, model_name: str, run_key: str) -> RegisteredVersion | None:
        """The finished registration of this key, None where there is none."""
        found = [
            item
            for item in self._versions(model_name)
            if item.tags.get(_RUN_KEY) == run_key and item.tags.get(_STATE) == _COMPLETE
        ]
        return _registered(found[0]) if found else None

    def latest_versions(self, model_name: str, count: int = 10) -> list[RegisteredVersion]:
        """The newest finished registrations, newest first."""
        found = [v for v in self._versions(model_name) if v.tags.get(_STATE) == _COMPLETE]
        return [_registered(item) for item in found[:count]]

    def load(self, model_name: str, version: str) -> LoadedVersion:
        """A version with its model; :class:`ModelError` where there is none or it is damaged."""
        found = self._version(model_name, version)
        with self._model_files(found) as folder:
            signed = has_signature(folder)
            files = {
                path.name: path.read_bytes()
                for path in (folder / "artifacts" / name for name in MODEL_FILES.values())
                if path.is_file()
            }
        return LoadedVersion(
            model_name=model_name,
            version=str(found.version),
            run_id=_registered(found).run_id,
            model=DefaultRiskModel.from_files(files),
            tags=dict(found.tags),
            has_signature=signed,
        )

    def artefact(self, model_name: str, version: str, name: str) -> bytes:
        """A file of the version's run; :class:`ModelError` where it has no such file."""
        from mlflow.exceptions import MlflowException

        run_id = _registered(self._version(model_name, version)).run_id
        with tempfile.TemporaryDirectory() as folder:
            try:
                return Path(self._client.download_artifacts(run_id, name, folder)).read_bytes()
            except (MlflowException, OSError) as error:
                raise ModelError(
                    f"version {version} of {model_name} has no file {name}: {error}"
                ) from error

    def version_at_alias(self, model_name: str, alias: str) -> str | None:
        """The version that an alias points at, None where there is no such alias or model."""
        found = self._find_registered_model(model_name)
        return None if found is None or alias not in found.aliases else str(found.aliases[alias])

    def set_alias(self, model_name: str, alias: str, version: str) -> None:
        """Point an alias at a version; :class:`ModelError` where there is no such version."""
        self._version(model_name, version)
        self._client.set_registered_model_alias(model_name, alias, version)

    def delete_alias(self, model_name: str, alias: str) -> None:
        """Take an alias away; nothing happens where there is none."""
        if self.version_at_alias(model_name, alias) is not None:
            self._client.delete_registered_model_alias(model_name, alias)

    def set_version_tags(self, model_name: str, version: str, tags: Mapping[str, str]) -> None:
        """Add tags to a version, or change them."""
        self._version(model_name, version)
        for name, value in tags.items():
            self._client.set_model_version_tag(model_name, version, name, value)

    def remove_version_tag(self, model_name: str, version: str, name: str) -> None:
        """Take a tag off a version that may have it."""
        if name in self._version(model_name, version).tags:
            self._client.delete_model_version_tag(model_name, version, name)

    def tagged_versions(self, model_name: str, tag: str) -> dict[str, str]:
        """The value of a tag by version, oldest first; versions without it are left out."""
        found = reversed(self._versions(model_name))
        return {str(item.version): str(item.tags[tag]) for item in found if tag in item.tags}

    def describe_version(self, model_name: str, version: str, text: str) -> None:
        """Set what MLflow's page of a version says, in Markdown."""
        self._version(model_name, version)
        self._client.update_model_version(model_name, version, description=text)

    def files_address(self, model_name: str, version: str) -> str:
        """Where MLflow's UI shows the files of the version's run, from any page of that UI."""
        run_id = _registered(self._version(model_name, version)).run_id
        experiment = self._client.get_run(run_id).info.experiment_id
        return f"#/experiments/{experiment}/runs/{run_id}/artifacts"

    def log_evidence(self, model_name: str, version: str, files: Mapping[str, object]) -> None:
        """Keep files beside a version, each as a file of its run under ``gate/``.

        Bytes are kept as they are, any other value as its canonical JSON. The same name again is
        overwritten.
        """
        run_id = _registered(self._version(model_name, version)).run_id
        self._log_files(
            run_id,
            {
                f"gate/{name}": value if isinstance(value, bytes) else canonical_json(value)
                for name, value in files.items()
            },
        )

    @cached_property
    def _client(self) -> "MlflowClient":
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read when MLflow is imported
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow import MlflowClient
        from sqlalchemy import make_url
        from sqlalchemy.exc import SQLAlchemyError

        def make(path: Path) -> None:
            MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments(max_results=1)

        uri = self.settings.mlflow_uri
        try:
            if uri.startswith(_SQLITE):
                created_whole(Path(uri.removeprefix(_SQLITE)), make)
            return MlflowClient(tracking_uri=uri, registry_uri=uri)
        except (OSError, SQLAlchemyError) as error:
            raise SettingsError(
                f"MLflow's database {make_url(uri)!r} cannot be made or opened "
                f"({str(error).splitlines()[0]}): set TIDEGATE_MLFLOW_TRACKING_URI to one that can"
            ) from error

    def _experiment(self, model_name: str) -> str:
        found = self._client.get_experiment_by_name(model_name)
        if found is not None:
            return str(found.experiment_id)
        own = not self.settings.mlflow_uri.startswith("http")  # a server knows its own place
        location = (self.settings.mlflow_dir / "artifacts" / model_name).as_uri() if own else None
        return str(self._client.create_experiment(model_name, artifact_location=location))

    def _log_model(
        self, experiment: str, run_id: str, model_name: str, form: ModelForm
    ) -> "LoggedModel":
        """The model in MLflow's form: a scoring script, the model's own files, a signature."""
        from mlflow.entities import LoggedModelOutput

        logged = self._client.create_logged_model(
            experiment, name=model_name, source_run_id=run_id, model_type=model_name
        )
        self._client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
        with tempfile.TemporaryDirectory() as folder:
            save_model(Path(folder), logged, form)
            self._client.log_model_artifacts(logged.model_id, str(Path(folder) / "model"))
        self._client.finalize_logged_model(logged.model_id, "READY")
        return logged

    def _log_figures(self, run_id: str, model_id: str, form: ModelForm) -> None:
        from mlflow.entities import Metric, Param

        now = self._client.get_run(run_id).info.start_time
        metrics = [
            Metric(name, value, now, 0, model_id=model_id, run_id=run_id)
            for name, value in form.metrics.items()
        ]
        parameters = [Param(name, str(value)) for name, value in form.parameters.items()]
        self._client.log_batch(run_id, metrics=metrics, params=parameters)

    def _log_files(self, run_id: str, files: Mapping[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            written(Path(folder), files)
            self._client.log_artifacts(run_id, folder)

    def _remove_unfinished(self, model_name: str, run_key: str) -> None:
        experiment = self._experiment(model_name)
        for version in self._versions(model_name):
            if version.tags.get(_RUN_KEY) == run_key and _STATE not in version.tags:
                self._client.delete_model_version(model_name, version.version)
        runs = self._client.search_runs([experiment], f"tags.{_RUN_KEY} = '{run_key}'")
        for run in runs:
            for output in self._client.search_logged_models(
                [experiment], f"source_run_id = '{run.info.run_id}'"
            ):
                self._client.delete_logged_model(output.model_id)
            self._client.delete_run(run.info.run_id)

    def _registered_model(self, model_name: str) -> None:
        if self._find_registered_model(model_name) is None:
            self._client.create_registered_model(model_name)

    def _find_registered_model(self, model_name: str) -> "RegisteredModel | None":
        found = self._client.search_registered_models(f"name = '{model_name}'", max_results=1)
        return found[0] if found else None

    def _versions(self, model_name: str) -> "Sequence[ModelVersion]":
        """Versions of a model, newest first, none where there is no such model."""
        found = self._client.search_model_versions(f"name = '{model_name}'")
        return sorted(found, key=lambda item: -int(item.version))

    def _version(self, model_name: str, version: str) -> "ModelVersion":
        from mlflow.exceptions import MlflowException

        try:
            return self._client.get_model_version(model_name, version)
        except MlflowException as error:
            there = ", ".join(str(item.version) for item in self._versions(model_name)) or "none"
            raise ModelError(
                f"{model_name} has no version {version}; there are: {there}"
            ) from error

    @contextmanager
    def _model_files(self, found: "ModelVersion") -> Iterator[Path]:
        """A folder with the version's files in MLflow's form, for as long as the context lasts."""
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        uri = self.settings.mlflow_uri
        with tempfile.TemporaryDirectory() as folder:
            try:
                place = self._client.get_model_version_download_uri(found.name, found.version)
                path = download_artifacts(
                    artifact_uri=place, dst_path=folder, tracking_uri=uri, registry_uri=uri
                )
            except (MlflowException, OSError) as error:
                raise ModelError(
                    f"the files of version {found.version} of {found.name} cannot be read: {error}"
                ) from error
            yield Path(path)


def _registered(found: "ModelVersion") -> RegisteredVersion:
    if not found.run_id:
        raise ModelError(
            f"version {found.version} of {found.name} has no run; it was not registered by "
            "retrain_model, train it again"
        )
    return RegisteredVersion(str(found.version), found.run_id)

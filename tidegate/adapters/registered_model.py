"""A run in MLflow's form: the model's folder, its metrics and its parameters."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

from credit_limits.domain.limit_response import RESPONSE_FILE
from training.limit_response import ResponseRun
from training.model import BOOSTER_FILE, SCORING_FILE
from training.run import TrainingRun

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel

_SCRIPTS = Path(__file__).with_name("model_code")
MODEL_FILES = {"booster": BOOSTER_FILE, "scoring": SCORING_FILE}
_SERVED_BY = ("mlflow", "numpy", "pandas")


@dataclass(frozen=True, slots=True)
class ModelForm:
    """What MLflow keeps of a run.

    ``script``: what it runs to serve the model, from ``files``, whose names in the script are the
    keys of ``artifacts``. ``inputs``: columns of the signature, each a double; the answer is one
    double a row. ``libraries``: what the script needs.
    """

    script: Path
    artifacts: Mapping[str, str]
    files: Mapping[str, bytes]
    inputs: tuple[str, ...]
    libraries: tuple[str, ...]
    metrics: Mapping[str, float]
    parameters: Mapping[str, object]


def form_of(run: TrainingRun | ResponseRun) -> ModelForm:
    """A run of either model in MLflow's form."""
    return _form_of_response(run) if isinstance(run, ResponseRun) else _form_of_default_risk(run)


def save_model(folder: Path, logged: "LoggedModel", form: ModelForm) -> None:
    """Write the model in MLflow's form to ``folder / "model"``.

    Requirements are pinned and there is no input example: inferring the one and trying the other
    takes MLflow half a minute, and says no more than signature and golden sample do.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of type hints in MLflow, of the example
        from mlflow import pyfunc
        from mlflow.models import Model, ModelSignature
        from mlflow.types import ColSpec, DataType, Schema, TensorSpec

        paths = written(folder, form.files)
        inputs: list[ColSpec | TensorSpec] = [
            ColSpec(DataType.double, name) for name in form.inputs
        ]
        pyfunc.save_model(
            folder / "model",
            python_model=str(form.script),
            artifacts={name: str(paths[file]) for name, file in form.artifacts.items()},
            signature=ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double)])),
            pip_requirements=[f"{name}=={installed_version(name)}" for name in form.libraries],
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                run_id=logged.source_run_id,
                model_uuid=logged.model_id,
                model_id=logged.model_id,
            ),
        )


def has_signature(folder: Path) -> bool:
    """Whether MLflow knows the columns and types of the model in a folder."""
    from mlflow.models import Model

    if not (folder / "MLmodel").is_file():
        return False
    signature = Model.load(str(folder)).signature
    return signature is not None and signature.inputs is not None


def written(folder: Path, files: Mapping[str, bytes]) -> dict[str, Path]:
    """The files in a folder, and where each of them lies."""
    paths = {name: folder / name for name in files}
    for name, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    return paths


def _form_of_default_risk(run: TrainingRun) -> ModelForm:
    return ModelForm(
        script=_SCRIPTS / "default_risk_scorer.py",
        artifacts=MODEL_FILES,
        files=run.model.files(),
        inputs=run.model.feature_names,
        libraries=(*_SERVED_BY, "lightgbm", "scipy"),
        metrics=_metrics(run),
        parameters=_parameters(run),
    )


def _metrics(run: TrainingRun) -> dict[str, float]:
    """Figures as MLflow plots them: ``auc`` with ``auc_low`` and ``auc_high``, and so on."""
    measured = dict(run.figures.as_plain())
    if run.cross_validation is not None:
        validation = run.cross_validation
        figures = {"auc": validation.auc, "ks": validation.ks, "ece": validation.ece}
        measured |= {f"cv_{name}": figure.as_plain() for name, figure in figures.items()}
    rows = {f"rows_{part}": float(count) for part, count in run.split.sizes.items()}
    return {**_with_ends(measured), **rows, "default_rate": run.default_rate}


def _parameters(run: TrainingRun) -> dict[str, object]:
    """The policy's choices, the split, and what early stopping and calibration settled."""
    sections = (run.policy.booster, run.policy.split, run.policy.calibration, run.policy.evaluation)
    return {
        **{name: value for section in sections for name, value in asdict(section).items()},
        "split": run.split.method.value,
        "trees": run.model.booster.num_trees(),
        "calibration_slope": run.model.calibration.slope,
        "calibration_intercept": run.model.calibration.intercept,
        "seed": run.lineage.seed,
        "label_window_months": run.lineage.label_window_months,
        "label_source": run.label_source,
    }


def _form_of_response(run: ResponseRun) -> ModelForm:
    estimate, policy = run.estimate, run.estimate.policy
    told = {"balance_response": estimate.balance}
    if estimate.default is not None:
        told["default_response"] = estimate.default
    counted = ("rows", "customers", "defaults", "drawn", "waiting", "dose_violations")
    return ModelForm(
        script=_SCRIPTS / "limit_response_answer.py",
        artifacts={"response": RESPONSE_FILE},
        files={RESPONSE_FILE: estimate.content},
        inputs=("log_limit_ratio",),
        libraries=_SERVED_BY,
        metrics={
            **_with_ends({name: asdict(interval) for name, interval in told.items()}),
            **{name: float(getattr(estimate, name)) for name in counted},
            "dose_steps": float(len(estimate.steps)),
        },
        parameters={
            name: value
            for section in (policy.window, policy.floors, policy.dose)
            for name, value in asdict(section).items()
        },
    )


def _with_ends(measured: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {
        name if end == "value" else f"{name}_{end}": value
        for name, ends in measured.items()
        for end, value in ends.items()
    }

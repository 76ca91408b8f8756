"""A training run in MLflow's form: the model's folder, its metrics and its parameters."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

from training.model import BOOSTER_FILE, SCORING_FILE
from training.run import TrainingRun

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel

_SCRIPT = Path(__file__).with_name("model_code") / "default_risk_scorer.py"
MODEL_FILES = {"booster": BOOSTER_FILE, "scoring": SCORING_FILE}
_LIBRARIES = ("mlflow", "lightgbm", "numpy", "pandas", "scipy")


def save_model(folder: Path, logged: "LoggedModel", run: TrainingRun) -> None:
    """Write the model in MLflow's form to ``folder / "model"``.

    Requirements are pinned and there is no input example: inferring the one and trying the other
    takes MLflow half a minute, and says no more than signature and golden sample do.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of type hints in MLflow, of the example
        from mlflow import pyfunc
        from mlflow.models import Model, ModelSignature
        from mlflow.types import ColSpec, DataType, Schema, TensorSpec

        paths = written(folder, run.model.files())
        names = run.model.feature_names
        inputs: list[ColSpec | TensorSpec] = [ColSpec(DataType.double, name) for name in names]
        pyfunc.save_model(
            folder / "model",
            python_model=str(_SCRIPT),
            artifacts={name: str(paths[file]) for name, file in MODEL_FILES.items()},
            signature=ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double)])),
            pip_requirements=[f"{name}=={installed_version(name)}" for name in _LIBRARIES],
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


def metrics_of(run: TrainingRun) -> dict[str, float]:
    """Figures as MLflow plots them: ``auc`` with ``auc_low`` and ``auc_high``, and so on."""
    measured = dict(run.figures.as_plain())
    if run.cross_validation is not None:
        validation = run.cross_validation
        figures = {"auc": validation.auc, "ks": validation.ks, "ece": validation.ece}
        measured |= {f"cv_{name}": figure.as_plain() for name, figure in figures.items()}
    metrics = {
        name if end == "value" else f"{name}_{end}": value
        for name, ends in measured.items()
        for end, value in ends.items()
    }
    rows = {f"rows_{part}": float(count) for part, count in run.split.sizes.items()}
    return {**metrics, **rows, "default_rate": run.default_rate}


def parameters_of(run: TrainingRun) -> dict[str, object]:
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


def written(folder: Path, files: Mapping[str, bytes]) -> dict[str, Path]:
    """The files in a folder, and where each of them lies."""
    paths = {name: folder / name for name in files}
    for name, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    return paths

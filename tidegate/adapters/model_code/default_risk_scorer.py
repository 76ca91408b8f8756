"""What MLflow runs to serve a registered model: the booster's text, the calibration, no pickle.

MLflow copies this file beside the model and executes it wherever the model is loaded, so it knows
nothing of this project. It is handed to MLflow by its path and is not imported by us.
"""

import json
from pathlib import Path
from typing import Any

import lightgbm
import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from numpy.typing import NDArray
from scipy.special import expit


class DefaultRiskScorer(PythonModel):
    """Calibrated default probability of each row, read by column name."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the model's two files."""
        files = {name: Path(path).read_text() for name, path in context.artifacts.items()}
        scoring = json.loads(files["scoring"])
        self._booster = lightgbm.Booster(model_str=files["booster"])
        self._names = scoring["feature_names"]
        self._calibration = scoring["calibration"]

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow's signature
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow's signature
    ) -> NDArray[np.float64]:
        """Probabilities, 0 to 1; float64 ``[rows]``."""
        matrix = model_input[self._names].to_numpy(dtype=np.float64)
        log_odds = self._booster.predict(matrix, raw_score=True)
        calibrated = self._calibration["slope"] * log_odds + self._calibration["intercept"]
        return np.asarray(expit(calibrated))


mlflow.models.set_model(DefaultRiskScorer())

"""What MLflow runs to serve a registered limit response: its file, no pickle.

MLflow copies this file beside the model and executes it wherever the model is loaded, so it knows
nothing of this project. It is handed to MLflow by its path and is not imported by us.
"""

import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from numpy.typing import NDArray


class LimitResponseAnswer(PythonModel):
    """Expected balance at another limit over that at today's, read by column name."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the estimate; what is used of it lies within 0 and 1."""
        stated = json.loads(Path(context.artifacts["response"]).read_text())
        self._elasticity = min(max(stated["balance_log_per_log_limit"]["value"], 0.0), 1.0)

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow's signature
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002 - MLflow's signature
    ) -> NDArray[np.float64]:
        """Ratios of balances, above 0; float64 ``[rows]``."""
        dose = model_input["log_limit_ratio"].to_numpy(dtype=np.float64)
        return np.asarray(np.exp(self._elasticity * dose))


mlflow.models.set_model(LimitResponseAnswer())

"""The model as a value: text and numbers, never a pickle."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import lightgbm
import numpy as np
import pandas as pd

from credit_limits.domain.digest import canonical_json, digest_bytes, digest_of
from credit_limits.domain.errors import ModelError
from training.calibration import Calibration
from training.rows import Floats

BOOSTER_FILE = "booster.txt"
SCORING_FILE = "scoring.json"


@dataclass(frozen=True)
class DefaultRiskModel:
    """Probability of default within the label window.

    ``booster_text`` is LightGBM's own text, ``feature_names`` its inputs in order. Frames are
    read by column name, whatever their order; arrays are float64 ``[rows, features]`` in the
    order of ``feature_names``. NaN means "not known" and is an answer like any other.

    ``threads`` of a call is a bound on CPU use (0: all cores) and never changes a result.

    Raises :class:`ModelError` where the text is no booster or its inputs have other names.
    """

    booster_text: str
    feature_names: tuple[str, ...]
    calibration: Calibration

    def __post_init__(self) -> None:
        found = tuple(self.booster.feature_name())
        if found != self.feature_names:
            raise ModelError(f"the booster reads {found}, the model says {self.feature_names}")

    @cached_property
    def booster(self) -> lightgbm.Booster:
        """The booster, read from its text once."""
        try:
            return lightgbm.Booster(model_str=self.booster_text)
        except lightgbm.basic.LightGBMError as error:
            raise ModelError(f"not a LightGBM model: {error}") from error

    def log_odds(self, rows: pd.DataFrame | Floats, *, threads: int = 0) -> Floats:
        """What ``Booster.predict(raw_score=True)`` says, bit for bit; float64 ``[rows]``."""
        return self._predict(rows, threads, raw_score=True)

    def score(self, rows: pd.DataFrame | Floats, *, threads: int = 0) -> Floats:
        """Calibrated probability of default, 0 to 1; float64 ``[rows]``."""
        return self.calibration.probabilities(self.log_odds(rows, threads=threads))

    def contributions(self, rows: pd.DataFrame | Floats, *, threads: int = 0) -> Floats:
        """What each input adds to the calibrated log-odds; float64 ``[rows, features]``.

        TreeSHAP (Lundberg et al., 2020) times the calibration's slope. With :attr:`base_log_odds`
        a row's contributions add up to its calibrated log-odds. Costs about 200 predictions a
        row: ask for the rows that need it.
        """
        return self._shap(rows, threads)[:, :-1] * self.calibration.slope

    @cached_property
    def base_log_odds(self) -> float:
        """Calibrated log-odds before any input has spoken."""
        nothing = np.full((1, len(self.feature_names)), np.nan)
        bias = self._shap(nothing, 1)[0, -1]
        return float(bias * self.calibration.slope + self.calibration.intercept)

    def files(self) -> dict[str, bytes]:
        """The model as named files; :meth:`from_files` gives the same model back, to the bit."""
        scoring = {
            "feature_names": list(self.feature_names),
            "calibration": {
                "slope": self.calibration.slope,
                "intercept": self.calibration.intercept,
            },
        }
        return {BOOSTER_FILE: self.booster_text.encode(), SCORING_FILE: canonical_json(scoring)}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> "DefaultRiskModel":
        """The model that :meth:`files` wrote; :class:`ModelError` where it did not."""
        try:
            scoring = json.loads(files[SCORING_FILE])
            calibration = Calibration(
                float(scoring["calibration"]["slope"]), float(scoring["calibration"]["intercept"])
            )
            names = tuple(str(name) for name in scoring["feature_names"])
            return DefaultRiskModel(files[BOOSTER_FILE].decode(), names, calibration)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"these files are no default_risk model: {error!r}") from error

    @cached_property
    def artefact_digest(self) -> str:
        """SHA-256 over names and contents of :meth:`files`: what a certificate is bound to."""
        return digest_of({name: digest_bytes(content) for name, content in self.files().items()})

    def _shap(self, rows: pd.DataFrame | Floats, threads: int) -> Floats:
        return self._predict(rows, threads, pred_contrib=True)

    def _predict(self, rows: pd.DataFrame | Floats, threads: int, **what: bool) -> Floats:
        matrix = self._matrix(rows)
        if not len(matrix):
            shape = (0, len(self.feature_names) + 1) if "pred_contrib" in what else (0,)
            return np.empty(shape, dtype=np.float64)
        answer = self.booster.predict(matrix, num_threads=threads, **what)
        return np.asarray(answer, dtype=np.float64)

    def _matrix(self, rows: pd.DataFrame | Floats) -> Floats:
        if isinstance(rows, pd.DataFrame):
            if absent := [name for name in self.feature_names if name not in rows]:
                raise ModelError(f"the rows lack {absent}; score them with the model's own service")
            return rows[list(self.feature_names)].to_numpy(dtype=np.float64, na_value=np.nan)
        matrix = np.asarray(rows, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != len(self.feature_names):
            raise ModelError(f"{matrix.shape} rows for {len(self.feature_names)} inputs")
        return matrix

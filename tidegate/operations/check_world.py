"""Check the world: its calibrated quantities, and how close the platform's model comes to truth.

The model is made by the operations that make any model, on a platform in a folder of its own,
which is removed in the end.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.simulation.parameters import WorldParameters
from tidegate.operations.platform import Platform

if TYPE_CHECKING:
    import pandas as pd

    from credit_limits.rehearsal.world_quantities import Quantity

MONTHS = 24
"""Months of the world that is checked: as many as a cycle starts from."""

_AUC_MARGIN = 0.03
_log = structlog.get_logger(__name__)


class CheckWorldRequest(BaseModel):
    """Which world to check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(7, ge=0, description="Seed of all chance in the world")
    customers: int = Field(
        50_000,
        ge=1,
        le=9_999_999,
        description="How many customers there are; of fewer a model has too few defaults to learn",
    )


class CheckedQuantity(BaseModel):
    """One quantity beside its target and its band."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="what is measured")
    value: float = Field(description="what was measured")
    target: float = Field(description="what it should be")
    low: float = Field(description="lower end of the band")
    high: float = Field(description="upper end of the band")
    unit: str = Field(description="unit of all four")
    source: str = Field(description="where the target is from")
    within: bool = Field(description="whether the value lies in the band")


class CheckWorldOutcome(BaseModel):
    """Every quantity of the world, and those of a model that was trained in it."""

    model_config = ConfigDict(frozen=True)

    quantities: list[CheckedQuantity] = Field(description="in the order they are explained")
    all_within: bool = Field(description="whether every quantity lies in its band")
    recognised: bool = Field(False, description="always false: a check leaves nothing behind")


def check_world(platform: Platform, request: CheckWorldRequest) -> CheckWorldOutcome:
    """Measure the world of this seed, and train a model in it with the platform's policies.

    Raises:
        NotEnoughOutcomes: too few customers for any to default, or to train a model on.
    """
    from credit_limits.rehearsal.world_check import check_world as quantities_of

    parameters = WorldParameters(customers=request.customers, months=MONTHS, seed=request.seed)
    start = perf_counter()
    quantities = list(quantities_of(parameters))
    _log.info("world_measured", quantities=len(quantities), seconds=_seconds_since(start))
    quantities += _of_model(_test_rows(platform, request), parameters)
    _log.info("world_checked", seconds=_seconds_since(start))
    return CheckWorldOutcome(
        quantities=[CheckedQuantity(**asdict(each), within=each.within) for each in quantities],
        all_within=all(each.within for each in quantities),
    )


def _test_rows(platform: Platform, request: CheckWorldRequest) -> "pd.DataFrame":
    """Out-of-time rows of a model of this world: account, date, label and the model's score."""
    from tidegate.operations.generate_world import GenerateWorldRequest, generate_world
    from tidegate.operations.ingest_batch import IngestBatchRequest, ingest_batch
    from tidegate.operations.materialize_features import (
        MaterializeFeaturesRequest,
        materialize_features,
    )
    from tidegate.operations.retrain_model import RetrainModelRequest, retrain_model
    from tidegate.operations.scored_rows import read_scored_sample

    with TemporaryDirectory(prefix="tidegate-world-") as folder:
        own = _platform_in(Path(folder), platform)
        files = own.settings.root / "world"
        generate_world(
            GenerateWorldRequest(
                customers=request.customers, months=MONTHS, seed=request.seed, out=files
            )
        )
        ingest_batch(own, IngestBatchRequest(path=files, source="world"))
        materialize_features(own, MaterializeFeaturesRequest())
        outcome = retrain_model(own, RetrainModelRequest(seed=request.seed))
        loaded = own.registry.load(outcome.model_name, outcome.version)
        return read_scored_sample(own, loaded)


def _platform_in(folder: Path, platform: Platform) -> Platform:
    """The platform with the same policies and clock, keeping everything in ``folder``."""
    moved = {"var_dir": folder, "control_db_url": "", "mlflow_tracking_uri": ""}
    return Platform(platform.settings.model_copy(update=moved), platform.clock)


def _of_model(rows: "pd.DataFrame", parameters: WorldParameters) -> "Sequence[Quantity]":
    """The AUC of the truth, and of the model, on the model's out-of-time rows."""
    import pandas as pd

    from credit_limits.rehearsal.world_check import model_quantities, true_probabilities

    as_of = list(pd.to_datetime(rows["as_of"]).dt.date)
    chance = true_probabilities(parameters, rows["account_id"].to_numpy(str), as_of)
    return model_quantities(
        rows["label"].to_numpy(bool), rows["score"].to_numpy(float), chance, margin=_AUC_MARGIN
    )


def _seconds_since(start: float) -> float:
    return round(perf_counter() - start, 2)

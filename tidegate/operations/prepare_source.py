"""Prepare a source: recognise a lender's files, or make a simulated portfolio where none are."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.errors import InputError
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.sources import load_mapping, recognise_source
from tidegate.operations.generate_world import GenerateWorldRequest, generate_world
from tidegate.operations.platform import Platform

_SIMULATED = "world"


class PrepareSourceRequest(BaseModel):
    """Which files, and which mapping reads them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path | None = Field(
        None, description="a lender's file or folder; a simulated portfolio is made if empty"
    )
    source: str | None = Field(
        None, description="mapping in policies/sources; recognised by the files' columns if empty"
    )
    customers: int = Field(
        20_000, ge=1, le=10_000_000, description="customers of the simulated portfolio"
    )
    months: int = Field(24, ge=1, le=240, description="months of the simulated portfolio")
    seed: int = Field(7, ge=0, description="seed of the simulated portfolio and of the training")


class PrepareSourceOutcome(BaseModel):
    """Where the files are, and what their mapping says a model is trained with.

    ``rows``: rows of the simulated portfolio, None where the files are a lender's.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    path: Path
    feature_service: str
    label_window_months: int
    rows: int | None
    recognised: bool = False


def prepare_source(platform: Platform, request: PrepareSourceRequest) -> PrepareSourceOutcome:
    """The mapping and the files that a cycle starts from.

    Raises:
        InputError: there is nothing at ``data``, or the installation holds a simulated portfolio
            and this is a lender's, or the other way round.
        MappingError: no mapping of that name, or none or several that fit the files.
    """
    folder = platform.policies("sources")
    if request.data is None:
        mapping = load_mapping(folder, request.source or _SIMULATED)
        _require_unmixed(platform, mapping.name)
        world = generate_world(_world(platform, request))
        path, rows, recognised = Path(world.path), sum(world.rows.values()), world.recognised
    else:
        named = request.source
        mapping = load_mapping(folder, named) if named else recognise_source(folder, request.data)
        _require_unmixed(platform, mapping.name)
        path, rows, recognised = request.data, None, False
    return PrepareSourceOutcome(
        source=mapping.name,
        path=path,
        feature_service=mapping.feature_service,
        label_window_months=mapping.label_window_months,
        rows=rows,
        recognised=recognised,
    )


def _require_unmixed(platform: Platform, source: str) -> None:
    accepted = platform.ledger.entries(EntryKind.BATCH_ACCEPTED)
    held = {str(entry.payload["source"]) for entry in accepted}
    if others := sorted(each for each in held if (each == _SIMULATED) != (source == _SIMULATED)):
        raise InputError(
            f"{platform.settings.root} holds the portfolio of the mapping {', '.join(others)}; "
            "what is simulated and what is a lender's own are never mixed. Keep this one in a "
            f"folder of its own: TIDEGATE_VAR_DIR=var/{source}"
        )


def _world(platform: Platform, request: PrepareSourceRequest) -> GenerateWorldRequest:
    name = f"{request.customers}-customers-{request.months}-months-seed-{request.seed}"
    return GenerateWorldRequest(
        customers=request.customers,
        months=request.months,
        seed=request.seed,
        out=platform.settings.root / "world" / name,
    )

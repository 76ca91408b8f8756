"""Write a version's evidence pack: beside the version in the registry, and as files to hand on."""

from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import canonical_json
from credit_limits.domain.errors import DataMissing, ModelError
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)


class WriteEvidenceRequest(BaseModel):
    """Of which version."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    version: str = Field(description="version that the gate has judged")
    model_name: str = Field("default_risk", description="model in the registry")


class WriteEvidenceOutcome(BaseModel):
    """Where the pack is. ``recognised``: the same files were there already, byte for byte."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    version: str
    cleared: bool
    sentence: str
    asked: str
    unusual: list[str]
    page: str
    json_file: str
    artefacts: list[str]
    recognised: bool = False


def write_evidence(platform: Platform, request: WriteEvidenceRequest) -> WriteEvidenceOutcome:
    """Gather, render, keep in the registry and write, each file whole or not at all.

    The pack follows from the ledger's entries and the registry's files alone; the same content
    gives the same bytes, and what is there already is not written again.

    Raises:
        ModelError: there is no such version, or it was never judged.
        LedgerBroken: an entry of the ledger was altered.
    """
    from tidegate.adapters.evidence_page import render
    from tidegate.operations.gather_evidence_pack import gather_evidence_pack

    platform.ledger.verify()
    pack = gather_evidence_pack(platform, request.model_name, request.version)
    folder = platform.settings.reports_dir
    stem = f"evidence-{request.model_name}-{request.version}"
    page, data = render(pack), canonical_json(pack.as_plain())
    files = {folder / f"{stem}.json": data, folder / f"{stem}.html": page}
    beside: dict[str, object] = {"evidence_pack.json": data, "evidence.html": page}
    kept = all(_kept(platform, request, name) == beside[name] for name in beside)
    if not kept:
        platform.registry.log_evidence(request.model_name, request.version, beside)
    missing = [path for path in files if not path.is_file() or path.read_bytes() != files[path]]
    for path in missing:
        _write(path, files[path])
    recognised = kept and not missing
    _log.info("evidence_written", version=request.version, recognised=recognised)
    written, shown = map(str, files)
    return WriteEvidenceOutcome(
        model_name=request.model_name,
        version=request.version,
        cleared=pack.cleared,
        sentence=pack.sentence,
        asked=pack.asked.text,
        unusual=[f"{item.kind}: {item.text}" for item in pack.unusual],
        page=shown,
        json_file=written,
        artefacts=[
            f"models:/{request.model_name}/{request.version}, {place}"
            for place, _ in pack.artefacts
        ],
        recognised=recognised,
    )


def _kept(platform: Platform, request: WriteEvidenceRequest, name: str) -> bytes | None:
    """The file beside the version, None where there is none."""
    try:
        return platform.registry.artefact(request.model_name, request.version, f"gate/{name}")
    except (DataMissing, ModelError):
        return None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)

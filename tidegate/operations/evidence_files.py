"""What is kept with a version besides its evidence: bill of materials and data sheet."""

import structlog

from credit_limits.domain.errors import DataMissing, ModelError
from tidegate.adapters.data_sheet import markdown
from tidegate.adapters.sbom import sbom
from tidegate.operations.candidate import Candidate
from tidegate.operations.data_sheet import data_sheet

_log = structlog.get_logger(__name__)


def files_of_candidate(candidate: Candidate) -> dict[str, object]:
    """Files by name; without a data sheet where the version does not know its data."""
    loaded = candidate.loaded
    digest = loaded.model.artefact_digest
    found: dict[str, object] = {"sbom.cdx.json": sbom(loaded.model_name, loaded.version, digest)}
    try:
        sheet = data_sheet(candidate)
    except (DataMissing, ModelError) as error:
        _log.warning("data_sheet_absent", version=loaded.version, reason=str(error))
        return found
    return found | {
        "data_sheet.json": sheet.as_plain(),
        "data_sheet.md": markdown(sheet).encode(),
    }

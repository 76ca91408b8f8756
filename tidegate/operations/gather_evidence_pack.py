"""The evidence pack of a version, from the ledger and from what is kept beside the version."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from credit_limits.domain.errors import DataMissing, ModelError
from credit_limits.domain.limit_response import RESPONSE_TAG
from credit_limits.gates.certificate import Certificate
from credit_limits.gates.evidence import digest_of_plain
from credit_limits.gates.result import CheckName
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.cycle_report_model import ModelComparison
from tidegate.adapters.data_sheet import ColumnSheet, DataSheet, LabelSheet, TableSheet
from tidegate.adapters.evidence_pack import (
    CheckPage,
    EvidencePack,
    GroupRow,
    ScoreBand,
)
from tidegate.adapters.evidence_wording import ASKS, also_measured, bound_rows
from tidegate.operations.candidate import versions_in
from tidegate.operations.champion import certificate_in
from tidegate.operations.cycle_sections import model_comparison
from tidegate.operations.evidence_acts import acts_of
from tidegate.operations.evidence_sentences import asked_of, purpose_of, sentence_of, unusual_of
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.retrain_model import RetrainModelOutcome
from tidegate.operations.scored_rows import read_scored_sample
from tidegate.operations.thresholds_history import noted_thresholds

JUDGED = (EntryKind.MODEL_PROMOTED, EntryKind.LAUNCH_BEGUN, EntryKind.PROMOTION_REFUSED)
ARTEFACTS = (
    ("gate/evidence.html", "This page"),
    ("gate/evidence_pack.json", "The same for programs"),
    ("gate/evidence.json", "What was measured"),
    ("gate/verdict.json", "The verdict"),
    ("gate/certificate.json", "The certificate, where it was cleared"),
    ("gate/sbom.cdx.json", "Software bill of materials (CycloneDX 1.6)"),
    ("gate/data_sheet.json", "Data sheet"),
    ("gate/data_sheet.md", "Data sheet, for people"),
    ("model_card.md", "Model card"),
    ("plots", "Plots of the training"),
)
_BANDS = 10
_Plain = Mapping[str, Any]


def gather_evidence_pack(platform: Platform, model_name: str, version: str) -> EvidencePack:
    """Everything that the page says of the last verdict on a version.

    Raises:
        ModelError: there is no such version, or it was never judged.
        LedgerBroken: an entry of the ledger was altered.
    """
    judged = last_judged(platform, model_name, version)
    outcome = PromoteModelOutcome.model_validate(judged.payload)
    evidence = _json(platform, outcome, "gate/evidence.json")
    kept = bool(evidence) and digest_of_plain(evidence) == outcome.evidence_digest
    evidence = evidence if kept else {}
    content = noted_thresholds(platform, model_name, outcome.thresholds_digest)
    checks = tuple(
        _check(number, row, content.get(row.check, {}))
        for number, row in enumerate(outcome.checks, 1)
    )
    loaded = platform.registry.load(model_name, version)
    bands = _score_bands(platform, outcome)
    return EvidencePack(
        model_name=model_name,
        version=version,
        as_of=outcome.as_of,
        cleared=outcome.cleared,
        sentence=sentence_of(outcome),
        purpose=purpose_of(outcome, evidence),
        asked=asked_of(outcome),
        unusual=tuple(unusual_of(outcome, checks, evidence)),
        checks=checks,
        comparison=_comparison(platform, outcome),
        calibration=bands[0],
        scores=bands[1],
        groups=_groups(evidence, content, outcome.as_of),
        evidence_kept=kept,
        data=_data_sheet(_json(platform, outcome, "gate/data_sheet.json")),
        card=_file(platform, outcome, "model_card.md").decode(),
        facts=tuple(_facts(platform, judged, outcome, loaded.tags)),
        data_versions=_data_versions(loaded.tags),
        acts=acts_of(platform, judged, outcome),
        verify=verify_with(version),
        artefacts=ARTEFACTS,
    )


def last_judged(platform: Platform, model_name: str, version: str) -> Entry:
    """The last verdict on a version; :class:`ModelError` where there is none."""
    found = [
        entry
        for kind in JUDGED
        for entry in platform.ledger.entries(kind)
        if entry.payload["model_name"] == model_name and entry.payload["version"] == version
    ]
    if not found:
        raise ModelError(
            f"version {version} of {model_name} was never judged, so there is no evidence; first "
            f"tidegate promote --version {version}"
        )
    return max(found, key=lambda entry: entry.sequence)


def _file(platform: Platform, outcome: PromoteModelOutcome, name: str) -> bytes:
    """A file beside the version; nothing where there is none, which the page then says."""
    try:
        return platform.registry.artefact(outcome.model_name, outcome.version, name)
    except (ModelError, DataMissing):
        return b""


def _json(platform: Platform, outcome: PromoteModelOutcome, name: str) -> dict[str, Any]:
    content = _file(platform, outcome, name)
    try:
        found = json.loads(content) if content else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _check(number: int, row: CheckRow, section: Mapping[str, Any]) -> CheckPage:
    return CheckPage(
        number=number,
        check=row.check,
        asks=ASKS[CheckName(row.check)],
        verdict=row.word,
        message=row.message,
        bounds=bound_rows(row.measured, row.threshold, section),
        also=also_measured(row.measured, row.threshold),
    )


def _comparison(platform: Platform, outcome: PromoteModelOutcome) -> ModelComparison | None:
    trained = _trained(platform, outcome.model_name, outcome.version)
    before = _trained(platform, outcome.model_name, outcome.previous_champion)
    return model_comparison(trained, before) if trained else None


def _trained(
    platform: Platform, model_name: str, version: str | None
) -> RetrainModelOutcome | None:
    found = [
        entry
        for entry in platform.ledger.entries(EntryKind.MODEL_TRAINED)
        if entry.payload["model_name"] == model_name
        and entry.payload["version"] == version
        and "figures" in entry.payload
    ]
    return RetrainModelOutcome.model_validate(found[-1].payload) if found else None


def _score_bands(
    platform: Platform, outcome: PromoteModelOutcome
) -> tuple[tuple[ScoreBand, ...], tuple[ScoreBand, ...]]:
    """Tenths of the test rows by score, and ten bands of equal width; none where they are lost."""
    loaded = platform.registry.load(outcome.model_name, outcome.version)
    try:
        sample = read_scored_sample(platform, loaded)
    except (ModelError, DataMissing):
        return (), ()
    score = sample["score"].to_numpy(np.float64)
    label = sample["label"].to_numpy(np.bool_)
    if not np.isfinite(score).all():
        return (), ()
    order = np.argsort(score, kind="stable")
    tenths = [rows for rows in np.array_split(order, _BANDS) if len(rows)]
    edges = np.linspace(0.0, _scale(float(score.max())), _BANDS + 1)
    places = np.clip(np.digitize(score, edges) - 1, 0, _BANDS - 1)
    ends = [float(score[rows].min()) for rows in tenths] + [float(score.max())]
    return (
        tuple(
            _band(low, high, score[rows], label[rows])
            for rows, low, high in zip(tenths, ends[:-1], ends[1:], strict=True)
        ),
        tuple(
            _band(float(edges[i]), float(edges[i + 1]), score[places == i], label[places == i])
            for i in range(_BANDS)
        ),
    )


def _scale(highest: float) -> float:
    """Where the scale of scores ends: at a tenth, a fifth, a half or one.

    >>> _scale(0.13), _scale(0.62)
    (0.2, 1.0)
    """
    return next((end for end in (0.1, 0.2, 0.5) if highest <= end), 1.0)


def _band(low: float, high: float, score: Any, label: Any) -> ScoreBand:  # noqa: ANN401  # arrays
    predicted = float(score.mean()) if len(score) else 0.0
    return ScoreBand(low, high, len(score), int(label.sum()), predicted)


def _groups(evidence: _Plain, content: Mapping[str, Any], day: date) -> tuple[GroupRow, ...]:
    fairness = evidence.get("fairness")
    if not isinstance(fairness, Mapping):
        return ()
    stated = content.get("fairness", {}).get("attributes", {})
    place = str(fairness.get("jurisdiction", ""))
    return tuple(
        GroupRow(
            attribute=treated["attribute"],
            group=group["group"],
            consequence=_consequence(stated.get(treated["attribute"], []), day, place),
            customers=group["customers"],
            raised=group["raised"],
            good=group["good"],
            good_raised=group["good_raised"],
            added_mean_minor=group["added_mean_minor"],
            score_auc=group["score_auc"] if isinstance(group["score_auc"], float) else None,
        )
        for treated in fairness["attributes"]
        for group in treated["groups"]
    )


def _consequence(rows: list[_Plain], day: date, place: str) -> str:
    """Whether it refuses on that day in that jurisdiction, and why, as the thresholds file says."""
    in_force = [row for row in rows if date.fromisoformat(str(row["from"])) <= day]
    last = {row.get("jurisdiction"): row for row in in_force}
    found = last.get(place) or last.get(None)
    if found is None:
        return "blocking: the thresholds file does not name it"
    where = f" in {place}" if found is last.get(place) else ""
    return f"{found['consequence']}{where}: {found['reason']}"


def _data_sheet(plain: _Plain) -> DataSheet | None:
    """The sheet that is kept; None where there is none, or it is no data sheet."""
    try:
        return _read_sheet(plain)
    except (KeyError, TypeError, ValueError):
        return None


def _read_sheet(plain: _Plain) -> DataSheet:
    label = plain["label"]
    return DataSheet(
        model_name=plain["model_name"],
        version=plain["version"],
        trained_on=date.fromisoformat(plain["trained_on"]),
        tables=tuple(
            TableSheet(
                **{
                    **item,
                    "first": _day(item["first"]),
                    "last": _day(item["last"]),
                    "columns": tuple(ColumnSheet(**column) for column in item["columns"]),
                }
            )
            for item in plain["tables"]
        ),
        label=LabelSheet(
            **{**label, "cohorts": tuple(date.fromisoformat(day) for day in label["cohorts"])}
        ),
        protected=tuple(plain["protected"]),
        limits=tuple(plain["limits"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _facts(
    platform: Platform, judged: Entry, outcome: PromoteModelOutcome, tags: Mapping[str, str]
) -> list[tuple[str, str]]:
    found = [
        ("Model", f"{outcome.model_name} version {outcome.version}"),
        ("Artefact (SHA-256)", tags.get("artefact_digest", "")),
        ("Feature service", tags.get("feature_service", "")),
        ("Feature schema", tags.get("schema_hash", "")),
        ("Training policy", tags.get("policy_version", "")),
        ("Training code", tags.get("code_digest", "")),
        ("Seed", tags.get("seed", "")),
        ("Limit response trained beside it", tags.get(RESPONSE_TAG, "")),
        ("Thresholds", f"{outcome.thresholds_version}, {outcome.thresholds_digest}"),
        ("Evidence", outcome.evidence_digest),
        ("Champion before", outcome.previous_champion or "none"),
        ("Ledger entry", f"{judged.sequence}, {judged.digest}"),
    ]
    intended = platform.ledger.find(EntryKind.PROMOTION_INTENDED, judged.key)
    if outcome.cleared and intended is not None:
        certificate = certificate_in(intended)
        found += [
            ("Certificate", certificate.digest),
            ("Verdict", certificate.verdict_digest),
            ("Limit policy", f"{certificate.policy_version}, {certificate.policy_digest}"),
            ("Limit response of its decisions", _response_in(certificate)),
        ]
    return [(name, value) for name, value in found if value]


def _response_in(certificate: Certificate) -> str:
    if not certificate.limit_response_version:
        return "as the limit policy assumes"
    return f"version {certificate.limit_response_version}, {certificate.limit_response_digest}"


def _data_versions(tags: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Table versions as the version says; none where it cannot be read, which check 1 refuses."""
    try:
        return tuple(sorted(versions_in(tags.get("data_versions")).items()))
    except ModelError:
        return ()


def verify_with(version: str) -> tuple[tuple[str, str], ...]:
    """Commands that verify what the page says, each with what it shows."""
    return (
        ("tidegate ledger verify", "No entry of the ledger was altered"),
        (
            f"tidegate promote --version {version}",
            "The verdict is recognised, or reached anew where anything has changed",
        ),
        ("tidegate history", "Who was champion when, on what evidence, signed by which key"),
        ("tidegate overrides --ended", "Every override, and who answers for it"),
        ("tidegate key list", "Which keys count, and which were revoked"),
        (f"tidegate evidence {version} --json", "This page is made again from ledger and registry"),
    )

"""Gathers the evidence of a promotion: everything is measured again, nothing is believed.

What cannot be gathered is absent with its reason, and the gate refuses on it.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
import structlog
from numpy.typing import NDArray

from credit_limits.domain.errors import (
    AllocationInfeasible,
    DataMissing,
    FeatureStoreError,
    ModelError,
    NoCertifiedChampion,
    PolicyError,
)
from credit_limits.domain.features import Direction
from credit_limits.gates.decision_evidence import LimitResponseEvidence
from credit_limits.gates.delong import auc_interval, paired_difference
from credit_limits.gates.directions import try_directions
from credit_limits.gates.evidence import (
    BehaviourEvidence,
    Evidence,
    FirstChampion,
    PairedEvidence,
    Shift,
    StabilityEvidence,
    TechnicalEvidence,
)
from credit_limits.gates.result import CheckName
from monitoring.drift import SCORE, ColumnDrift, DriftVerdict, drift_verdict
from monitoring.thresholds import DriftThresholds
from tidegate.adapters.dated_policies import DatedFile
from tidegate.operations.alarm_evidence import drift_evidence
from tidegate.operations.approvals import people_evidence
from tidegate.operations.candidate import Candidate
from tidegate.operations.champion import certified_versions
from tidegate.operations.data_evidence import data_evidence, time_evidence
from tidegate.operations.fairness_evidence import fairness_evidence
from tidegate.operations.limit_response_evidence import (
    contradicted_by,
    limit_response_evidence,
    vouched,
)
from tidegate.operations.portfolio_evidence import portfolio_evidence, welfare_evidence
from tidegate.operations.scored_rows import (
    read_parquet,
    read_reference,
    read_training_rows,
    with_features,
)

if TYPE_CHECKING:
    from tidegate.adapters.registry import LoadedVersion

_log = structlog.get_logger(__name__)

_GATHERING_ERRORS = (
    AllocationInfeasible,
    DataMissing,
    FeatureStoreError,
    ModelError,
    NoCertifiedChampion,
    PolicyError,
)
_BEHAVIOUR_ROWS = 300
_TIMED_ROWS = 10_000
_TEST = "test"
_SEED = 7
_FIGURE_TOLERANCE = 1e-9

_EvidenceT = TypeVar("_EvidenceT")


def gather_evidence(candidate: Candidate, drift: DriftThresholds, gates: DatedFile) -> Evidence:
    """The evidence of every check; of policy value there is none to gather yet.

    Args:
        candidate: the version before the gate.
        drift: the monitoring policy in force, which says when an input counts as broken.
        gates: the thresholds file that will judge, which may ask for people.
    """
    absences: list[tuple[str, str]] = []

    def gathered(check: CheckName, gather: Callable[[], _EvidenceT]) -> _EvidenceT | None:
        try:
            return gather()
        except _GATHERING_ERRORS as error:
            _log.warning("evidence_absent", check=check.value, reason=str(error))
            absences.append((check.value, str(error)))
            return None

    response = gathered(CheckName.LIMIT_RESPONSE, lambda: limit_response_evidence(candidate))
    if response is not None and response.default_log_odds_per_log_limit is None:
        absent = candidate.measured_response.default_absent
        absences.append((CheckName.LIMIT_RESPONSE.value, absent))
    deciding = _as_certified(candidate, response, gates)
    return Evidence(
        data=gathered(CheckName.DATA, lambda: data_evidence(candidate)),
        time=gathered(CheckName.TIME, lambda: time_evidence(candidate)),
        performance=gathered(CheckName.PERFORMANCE, lambda: candidate.performance),
        calibration=gathered(CheckName.CALIBRATION, lambda: candidate.calibration),
        behaviour=gathered(CheckName.BEHAVIOUR, lambda: _behaviour(candidate)),
        stability=gathered(CheckName.STABILITY, lambda: _stability(candidate, drift)),
        challenger=gathered(CheckName.CHALLENGER, lambda: _challenger(candidate)),
        fairness=gathered(CheckName.FAIRNESS, lambda: fairness_evidence(deciding)),
        limit_response=response,
        policy_value=None,
        welfare=gathered(CheckName.WELFARE, lambda: welfare_evidence(deciding)),
        portfolio=gathered(CheckName.PORTFOLIO, lambda: portfolio_evidence(deciding)),
        drift=gathered(CheckName.DRIFT, lambda: drift_evidence(candidate)),
        technical=gathered(CheckName.TECHNICAL, lambda: _technical(candidate)),
        people=gathered(CheckName.PEOPLE, lambda: people_evidence(candidate, gates)),
        absences=tuple(absences),
    )


def _as_certified(
    candidate: Candidate, response: LimitResponseEvidence | None, gates: DatedFile
) -> Candidate:
    """The candidate as it will decide: without the response it names, where none is certified."""
    if not candidate.names_response or vouched(response, gates):
        return candidate
    return replace(candidate, answers=False)


def _behaviour(candidate: Candidate) -> BehaviourEvidence:
    names = list(candidate.service.feature_names)
    rows = candidate.test_rows[names]
    drawn = rows.sample(min(_BEHAVIOUR_ROWS, len(rows)), random_state=_SEED)
    directions = {
        feature.name: int(feature.direction)
        for feature in candidate.service.features
        if feature.direction is not Direction.UNKNOWN
    }
    model = candidate.loaded.model
    return try_directions(lambda raised: model.score(raised, threads=1), drawn, directions)


def _stability(candidate: Candidate, drift: DriftThresholds) -> StabilityEvidence:
    reference = read_reference(candidate.platform, candidate.loaded)
    known = {column.name for column in reference}
    needed = {SCORE, *candidate.service.feature_names}
    if known != needed:
        raise ModelError(f"the stored reference lacks or adds {sorted(known ^ needed)}")
    test = drift_verdict(reference, candidate.test_rows, drift)
    today = drift_verdict(reference, candidate.portfolio, drift)
    return StabilityEvidence(
        rows_test=test.rows,
        rows_today=today.rows,
        score_test=_score_shift(test),
        score_today=_score_shift(today),
        inputs_test=_input_shifts(test),
        inputs_today=_input_shifts(today),
    )


def _score_shift(verdict: DriftVerdict) -> Shift:
    return next(_shift(column) for column in verdict.columns if column.name == SCORE)


def _input_shifts(verdict: DriftVerdict) -> tuple[Shift, ...]:
    return tuple(_shift(column) for column in verdict.columns if column.name != SCORE)


def _shift(column: ColumnDrift) -> Shift:
    psi = float("nan") if column.psi is None else column.psi
    return Shift(column.name, psi, column.noise, column.broken)


def _challenger(candidate: Candidate) -> FirstChampion | PairedEvidence:
    platform, standing = candidate.platform, candidate.standing
    champion = candidate.champion
    if standing is None or champion is None:
        return FirstChampion(len(certified_versions(platform, candidate.loaded.model_name)))
    fresh = _unlearnt(candidate, champion)
    if champion.feature_service == candidate.service.name:
        rows = candidate.test_rows[fresh]
    else:
        rows = with_features(platform, candidate.sample[fresh], champion.feature_service)
    other = champion.model.score(rows, threads=platform.settings.threads)
    label, score = candidate.label[fresh], candidate.score[fresh]
    customer = candidate.customer[fresh]
    return PairedEvidence(
        champion_version=standing.version,
        rows=len(label),
        auc_candidate=auc_interval(label, score, customer).value,
        auc_champion=auc_interval(label, other, customer).value,
        auc_difference=paired_difference(label, score, other, customer),
    )


def _unlearnt(candidate: Candidate, champion: "LoadedVersion") -> NDArray[np.bool_]:
    """Tested rows that the champion did not learn from either, so that both are strangers."""
    rows = read_training_rows(candidate.platform, champion)
    learnt = pd.MultiIndex.from_frame(rows[rows["part"] != _TEST][["account_id", "as_of"]])
    tested = pd.MultiIndex.from_frame(candidate.sample[["account_id", "as_of"]])
    unlearnt: NDArray[np.bool_] = ~tested.isin(learnt)
    return unlearnt


def _technical(candidate: Candidate) -> TechnicalEvidence:
    loaded, threads = candidate.loaded, candidate.platform.settings.threads
    golden = read_parquet(candidate.platform, loaded, "golden.parquet")
    if SCORE not in golden:
        raise ModelError("golden.parquet has no score")
    again = loaded.model.score(golden, threads=threads)
    stored = golden[SCORE].to_numpy(np.float64)
    rows = candidate.test_rows.head(_TIMED_ROWS)
    start = perf_counter()
    loaded.model.score(rows, threads=1)
    seconds = perf_counter() - start
    return TechnicalEvidence(
        golden_rows=len(golden),
        golden_rows_differing=int((again.view(np.int64) != stored.view(np.int64)).sum()),
        figures_differing=_figures_differing(candidate) + len(contradicted_by(candidate)),
        signature_present=loaded.has_signature,
        schema_matches=loaded.schema_hash == candidate.schema_in_use,
        seconds_per_1000_rows=seconds / len(rows) * 1000,
        size_bytes=sum(len(content) for content in loaded.model.files().values()),
    )


def _figures_differing(candidate: Candidate) -> int:
    """Registered figures that the stored scores contradict."""
    found = {
        "auc": candidate.performance.auc.value,
        "ks": candidate.performance.ks.value,
        "brier": candidate.calibration.brier,
    }
    content = candidate.platform.registry.artefact(
        candidate.loaded.model_name, candidate.loaded.version, "figures.json"
    )
    try:
        claimed = {name: float(json.loads(content)[name]["value"]) for name in found}
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"figures.json cannot be read: {error!r}") from error
    return sum(not abs(claimed[name] - found[name]) <= _FIGURE_TOLERANCE for name in found)

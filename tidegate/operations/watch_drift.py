"""Watch drift: portfolio against reference, first misses against a year, matured decisions.

An alarm acts: it applies the brake that the policy names, and quiet watches release it.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.features import service_named
from credit_limits.domain.periods import end_of_day
from credit_limits.ledger.entry import EntryKind
from feature_repo.queries import tables_of
from monitoring.brake_rule import BrakeRule, parse_brake_rule
from monitoring.debounce import Levels, debounced
from monitoring.decision_drift import DecisionThresholds, parse_decision_thresholds
from monitoring.drift import SCORE, DriftVerdict, drift_verdict
from monitoring.early_delinquency import EarlyVerdict, early_verdict
from monitoring.matured import MaturedVerdict
from monitoring.matured_thresholds import MaturedThresholds, parse_matured_thresholds
from monitoring.thresholds import (
    DriftLevel,
    DriftThresholds,
    EarlyThresholds,
    parse_drift_thresholds,
    parse_early_thresholds,
)
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.brakes import Watch, act_on
from tidegate.operations.champion import (
    DEFAULT_RISK,
    CertifiedChampion,
    load_champion,
    standing_champion,
)
from tidegate.operations.decided_shares import (
    decided_days,
    decision_drift,
)
from tidegate.operations.matured_decisions import (
    LABEL_TABLES,
    DecidedBatches,
    decided_batches,
    matured_performance,
    matured_row,
)
from tidegate.operations.platform import Platform
from tidegate.operations.roll_months import STATEMENTS, read_roll_months
from tidegate.operations.scored_rows import (
    label_window_months,
    portfolio_scored,
    read_reference,
    read_scored_sample,
    with_features,
)
from tidegate.operations.take_back import (
    carry_out,
    finish_taking_back,
    taken_by,
    to_take_back,
)
from tidegate.operations.watch_outcome import WatchDriftOutcome, column_row, early_row

_log = structlog.get_logger(__name__)

_REPORT_SEED = 7
_SHOWN = 20
"""Columns on Evidently's page, which draws four figures for each; the verdict lists them all."""


class WatchDriftRequest(BaseModel):
    """Which day's portfolio to watch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(
        None, description="day of the portfolio; the lake's last day of knowledge if empty"
    )
    page: bool = Field(
        True, description="also render Evidently's page, which takes most of the time"
    )


@dataclass(frozen=True, slots=True)
class _Policy:
    """The monitoring policy of a day, read whole before anything is measured."""

    file: DatedFile
    columns: DriftThresholds
    early: EarlyThresholds
    matured: MaturedThresholds
    decisions: DecisionThresholds
    brake: BrakeRule


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a watch looks at: a champion, its matured decisions, and a day, under a policy."""

    champion: CertifiedChampion
    policy: _Policy
    batches: DecidedBatches
    as_of: date


def watch_drift(platform: Platform, request: WatchDriftRequest) -> WatchDriftOutcome:
    """Hold inputs and score against training, first misses against a year, decisions against fate.

    The verdict is our own arithmetic; Evidently's page beside it shows the champion's
    out-of-time rows against today's portfolio. An alarm applies the brake of the policy, and
    watches without one release it; what they did to it is in the ledger before the watch itself.
    A champion whose own decisions broke the bounds that the launch policy names is taken back:
    the watch's entry says so first, then the last certified version is champion again.

    Raises:
        NoCertifiedChampion: there is no champion whose certificate verifies.
        DataMissing: the features of that day were not computed.
        ModelError: the champion has no reference, or does not say its label window.
        PolicyError: no thresholds are in force on that day.
    """
    as_of = request.as_of or platform.lake.latest_knowledge()
    finish_taking_back(platform, DEFAULT_RISK)
    if stored := _acted_on(platform, as_of):
        return stored
    champion = load_champion(platform, DEFAULT_RISK)
    policy = _policy(load_dated(platform.policies("monitoring"), as_of))
    batches = decided_batches(
        platform,
        champion.certificate.artefact_digest,
        as_of,
        window_months=label_window_months(champion.loaded),
        cohorts=policy.matured.cohorts,
    )
    subject = _Subject(champion, policy, batches, as_of)
    key = _key(platform, subject, page=request.page)
    if entry := platform.ledger.find(EntryKind.DRIFT_WATCHED, key):
        stored = WatchDriftOutcome.model_validate(entry.payload)
        return stored.model_copy(update={"recognised": True})
    seen = _watch(platform, subject, key, page=request.page)
    outcome = _with_brakes(platform, policy, seen, key)
    taken = to_take_back(platform, champion, outcome)
    outcome = outcome.model_copy(update={"taken_back": taken})
    platform.record(EntryKind.DRIFT_WATCHED, outcome, key=key)
    _log.info(
        "drift_watched",
        as_of=str(as_of),
        verdict=outcome.level,
        rows=outcome.rows,
        brakes_applied=outcome.brakes_applied,
        brakes_released=outcome.brakes_released,
    )
    carry_out(platform, DEFAULT_RISK, taken)
    return outcome


def _acted_on(platform: Platform, as_of: date) -> WatchDriftOutcome | None:
    """The last watch, if it was of this day and has taken its champion back since."""
    entry = platform.ledger.latest(EntryKind.DRIFT_WATCHED)
    taken = taken_by(entry)
    if entry is None or taken is None or taken.to_version is None:
        return None
    stored = WatchDriftOutcome.model_validate(entry.payload)
    standing = standing_champion(platform, DEFAULT_RISK)
    if stored.as_of != as_of or standing is None or standing.follows != taken.follows:
        return None
    return stored.model_copy(update={"recognised": True})


def _policy(file: DatedFile) -> _Policy:
    return _Policy(
        file,
        parse_drift_thresholds(file.version, file.content),
        parse_early_thresholds(file.version, file.content),
        parse_matured_thresholds(file.version, file.content),
        parse_decision_thresholds(file.version, file.content),
        parse_brake_rule(file.version, file.content),
    )


def _key(platform: Platform, subject: _Subject, *, page: bool) -> str:
    service = service_named(subject.champion.loaded.feature_service)
    read = {STATEMENTS, *tables_of(service), *(LABEL_TABLES if subject.batches.ids else ())}
    versions = platform.lake.versions()
    days = decided_days(platform, subject.as_of, subject.policy.decisions.batches + 1)
    return digest_of(
        {
            "certificate": subject.champion.certificate.digest,
            "thresholds": subject.policy.file.digest,
            "as_of": subject.as_of,
            "data_versions": {table: versions[table] for table in sorted(read & set(versions))},
            "matured": subject.batches.ids,
            "decided": [batch for batches in days.values() for batch in batches],
            "page": page,
        }
    )


def _watch(platform: Platform, subject: _Subject, key: str, *, page: bool) -> WatchDriftOutcome:
    champion, policy, as_of = subject.champion, subject.policy, subject.as_of
    reference = read_reference(platform, champion.loaded)
    today = portfolio_scored(platform, champion.loaded, as_of)
    verdict = debounced(
        drift_verdict(reference, today, policy.columns),
        _levels_before(platform, champion, as_of),
        policy.columns.debounce,
    )
    months = read_roll_months(platform.lake, as_of, 2 * policy.early.reference_months)
    early = early_verdict(months, policy.early)
    performance = matured_performance(
        platform,
        subject.batches,
        as_of,
        policy.matured,
        window_months=label_window_months(champion.loaded),
    )
    decided = decision_drift(platform, as_of, policy.decisions)
    levels = [verdict.level, early.level, performance.level, DriftLevel[decided.level.upper()]]
    path = platform.settings.reports_dir / "drift" / f"{as_of}-{key[:12]}.html"
    if page:
        shown = [SCORE, *verdict.most_moved(_SHOWN)]
        _render(platform, subject, today, path, list(dict.fromkeys(shown)))
    return WatchDriftOutcome(
        as_of=as_of,
        level=max(levels).word,
        finding="; ".join(filter(None, [_finding(verdict, early, performance), *decided.findings])),
        columns=[column_row(column) for column in verdict.columns],
        rows=verdict.rows,
        report=str(path) if page else "",
        model_version=champion.version,
        certificate_digest=champion.certificate.digest,
        thresholds_version=policy.file.version,
        early=early_row(early),
        matured=matured_row(performance),
        decisions=decided,
    )


def _levels_before(platform: Platform, champion: CertifiedChampion, as_of: date) -> list[Levels]:
    """What was measured of each column in the watches of earlier days, oldest first.

    Only watches of the same champion tell of its reference; of a day watched twice the later
    counts.
    """
    of_day: dict[date, Levels] = {}
    for entry in platform.ledger.entries(EntryKind.DRIFT_WATCHED):
        watched = WatchDriftOutcome.model_validate(entry.payload)
        if watched.as_of < as_of and watched.certificate_digest == champion.certificate.digest:
            of_day[watched.as_of] = {
                row.name: DriftLevel[(row.measured or row.level).upper()] for row in watched.columns
            }
    return [of_day[day] for day in sorted(of_day)]


def _with_brakes(
    platform: Platform, policy: _Policy, outcome: WatchDriftOutcome, key: str
) -> WatchDriftOutcome:
    watch = Watch(key, outcome.as_of, outcome.level, outcome.finding, policy.file.version)
    done = act_on(platform, watch, policy.brake)
    update = {"brakes_applied": list(done.applied), "brakes_released": list(done.released)}
    return outcome.model_copy(update=update)


def _render(
    platform: Platform, subject: _Subject, today: pd.DataFrame, path: Path, shown: list[str]
) -> None:
    from tidegate.adapters.drift_report import MOST_ROWS, render_drift_report

    loaded = subject.champion.loaded
    sample = read_scored_sample(platform, loaded)
    if len(sample) > MOST_ROWS:
        sample = sample.sample(MOST_ROWS, random_state=_REPORT_SEED).reset_index(drop=True)
    render_drift_report(
        with_features(platform, sample, loaded.feature_service),
        today,
        shown,
        path,
        at=end_of_day(subject.as_of),
        seed=_REPORT_SEED,
    )


def _finding(verdict: DriftVerdict, early: EarlyVerdict, matured: MaturedVerdict) -> str:
    moved = [
        f"{column.name}: {column.finding}"
        for column in sorted(verdict.columns, key=lambda column: -column.level)
        if column.level is not DriftLevel.NONE
    ]
    first = [each.finding for each in (early, matured) if each.level is not DriftLevel.NONE]
    return "; ".join([*first, *([verdict.finding] if verdict.finding else []), *moved])

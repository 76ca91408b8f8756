"""Watch drift: today's portfolio against the reference stored with the champion."""

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
from monitoring.drift import SCORE, ColumnDrift, DriftVerdict, drift_verdict
from monitoring.thresholds import DriftLevel, DriftThresholds, parse_drift_thresholds
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.champion import CertifiedChampion, load_champion
from tidegate.operations.platform import Platform
from tidegate.operations.scored_rows import (
    portfolio_scored,
    read_reference,
    read_scored_sample,
    with_features,
)

_log = structlog.get_logger(__name__)

_MODEL = "default_risk"
_REPORT_SEED = 7


class WatchDriftRequest(BaseModel):
    """Which day's portfolio to watch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(
        None, description="day of the portfolio; the lake's last day of knowledge if empty"
    )


class ColumnRow(BaseModel):
    """One watched column. ``psi`` is None where the column is absent; shares are 0 to 1."""

    model_config = ConfigDict(frozen=True)

    name: str
    psi: float | None
    noise: float
    null_share_reference: float
    null_share_now: float
    unseen_share: float
    level: str
    finding: str


class WatchDriftOutcome(BaseModel):
    """The verdict: ``level`` is none, notice or alarm; ``report`` is Evidently's page."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    as_of: date
    level: str
    finding: str
    columns: list[ColumnRow]
    rows: int
    report: str
    model_version: str
    certificate_digest: str
    thresholds_version: str
    recognised: bool = False


def watch_drift(platform: Platform, request: WatchDriftRequest) -> WatchDriftOutcome:
    """Compare the distribution of every input and of the score with the champion's training.

    The verdict is our own arithmetic; Evidently's page beside it shows the champion's
    out-of-time rows against today's portfolio.

    Raises:
        NoCertifiedChampion: there is no champion whose certificate verifies.
        DataMissing: the features of that day were not computed.
        PolicyError: no thresholds are in force on that day.
    """
    as_of = request.as_of or platform.lake.latest_knowledge()
    champion = load_champion(platform, _MODEL)
    policy = load_dated(platform.policies("monitoring"), as_of)
    key = _key(platform, champion, policy, as_of)
    if entry := platform.ledger.find(EntryKind.DRIFT_WATCHED, key):
        stored = WatchDriftOutcome.model_validate(entry.payload)
        return stored.model_copy(update={"recognised": True})
    thresholds = parse_drift_thresholds(policy.version, policy.content)
    outcome = _watch(platform, champion, thresholds, as_of, key)
    platform.ledger.append(
        EntryKind.DRIFT_WATCHED,
        platform.settings.actor,
        outcome.model_dump(mode="json"),
        key=key,
    )
    _log.info("drift_watched", as_of=str(as_of), level=outcome.level, rows=outcome.rows)
    return outcome


def _key(platform: Platform, champion: CertifiedChampion, policy: DatedFile, as_of: date) -> str:
    read = set(tables_of(service_named(champion.loaded.feature_service)))
    versions = platform.lake.versions()
    return digest_of(
        {
            "certificate": champion.certificate.digest,
            "thresholds": policy.digest,
            "as_of": as_of,
            "data_versions": {table: versions[table] for table in sorted(read & set(versions))},
        }
    )


def _watch(
    platform: Platform,
    champion: CertifiedChampion,
    thresholds: DriftThresholds,
    as_of: date,
    key: str,
) -> WatchDriftOutcome:
    reference = read_reference(platform, champion.loaded)
    today = portfolio_scored(platform, champion.loaded, as_of)
    verdict = drift_verdict(reference, today, thresholds)
    path = platform.settings.reports_dir / "drift" / f"{as_of}-{key[:12]}.html"
    _render(platform, champion, today, path, as_of)
    return WatchDriftOutcome(
        as_of=as_of,
        level=verdict.level.word,
        finding=_finding(verdict),
        columns=[_row(column) for column in verdict.columns],
        rows=verdict.rows,
        report=str(path),
        model_version=champion.version,
        certificate_digest=champion.certificate.digest,
        thresholds_version=thresholds.version,
    )


def _render(
    platform: Platform, champion: CertifiedChampion, today: pd.DataFrame, path: Path, as_of: date
) -> None:
    from tidegate.adapters.drift_report import MOST_ROWS, render_drift_report

    sample = read_scored_sample(platform, champion.loaded)
    if len(sample) > MOST_ROWS:
        sample = sample.sample(MOST_ROWS, random_state=_REPORT_SEED).reset_index(drop=True)
    service = champion.loaded.feature_service
    render_drift_report(
        with_features(platform, sample, service),
        today,
        [SCORE, *service_named(service).feature_names],
        path,
        at=end_of_day(as_of),
        seed=_REPORT_SEED,
    )


def _finding(verdict: DriftVerdict) -> str:
    moved = [
        f"{column.name}: {column.finding}"
        for column in sorted(verdict.columns, key=lambda column: -column.level)
        if column.level is not DriftLevel.NONE
    ]
    return "; ".join([verdict.finding, *moved] if verdict.finding else moved)


def _row(column: ColumnDrift) -> ColumnRow:
    return ColumnRow(
        name=column.name,
        psi=column.psi,
        noise=column.noise,
        null_share_reference=column.null_share_reference,
        null_share_now=column.null_share_now,
        unseen_share=column.unseen_share,
        level=column.level.word,
        finding=column.finding,
    )

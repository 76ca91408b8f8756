"""The cycle of a date, gathered from the ledger's entries and the lake's rows."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from pydantic import BaseModel

from credit_limits.domain.decision import ReasonCode
from credit_limits.domain.errors import DataMissing
from credit_limits.explanation.sentences import reason_sentence
from credit_limits.ledger.entry import Entry, EntryKind
from monitoring.thresholds import parse_drift_thresholds
from tidegate.adapters.cycle_report import (
    CycleReport,
    LedgerLine,
    Lineage,
    ProductStanding,
    Standing,
)
from tidegate.adapters.cycle_report_decisions import (
    DecisionBatch,
    Decisions,
    DueLine,
    SeenByCycle,
)
from tidegate.adapters.cycle_report_model import LaunchCycle, OverrideLine
from tidegate.adapters.cycle_report_response import LimitResponseTold
from tidegate.adapters.cycle_report_watch import Drift
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations import cycle_sections as sections
from tidegate.operations.brakes import open_brakes
from tidegate.operations.cycle_entries import CycleEntries
from tidegate.operations.cycle_queries import DecisionRows, incomes_changed, portfolio
from tidegate.operations.launches import LaunchServed, LaunchStepped, LaunchStopped
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.limit_response_section import limit_response_told
from tidegate.operations.limits_outcome import AdjustLimitsOutcome
from tidegate.operations.list_overrides import standing_overrides
from tidegate.operations.macro_overlay import OverlayRow
from tidegate.operations.outbox_outcome import WriteOutboxOutcome, due_together
from tidegate.operations.platform import Platform
from tidegate.operations.promotion_outcome import PromoteModelOutcome
from tidegate.operations.retrain_model import RetrainModelOutcome
from tidegate.operations.rule_rows import RuleBookRow
from tidegate.operations.train_response import LimitResponseOutcome
from tidegate.operations.watch_outcome import WatchDriftOutcome

_Outcome = TypeVar("_Outcome", bound=BaseModel)


def gather_cycle(platform: Platform, as_of: date) -> CycleReport:
    """Everything that the page of the cycle of ``as_of`` says.

    Raises:
        LedgerBroken: an entry of the ledger cannot be read.
        DataMissing: the lake does not hold the decisions that the ledger tells of.
        PolicyError: the monitoring policy of a day that was watched is gone.
    """
    cycle = CycleEntries.of(platform.ledger.entries(), as_of)
    adjusted = [AdjustLimitsOutcome.model_validate(entry.payload) for entry in cycle.adjusted]
    judged = _outcome(PromoteModelOutcome, cycle.judged)
    watched = _outcome(WatchDriftOutcome, cycle.watched)
    trained = _outcome(RetrainModelOutcome, cycle.trained)
    before = _outcome(RetrainModelOutcome, cycle.champion_trained)
    held = _portfolio(platform, as_of, adjusted)
    return CycleReport(
        as_of=as_of,
        standing=_standing(adjusted, judged),
        refusal=str(cycle.refused.payload["reason"]) if cycle.refused else None,
        portfolio=held,
        batches=tuple(sections.batch_quality(entry) for entry in cycle.batches),
        comparison=sections.model_comparison(trained, before) if trained else None,
        gate=sections.gate_verdict(judged) if judged else None,
        decisions=_decisions(platform, adjusted, held, _due(cycle)) if adjusted else None,
        drift=_drift(platform, watched) if watched else None,
        lineage=_lineage(cycle, adjusted, trained),
        launch=_launch(platform, as_of),
        overrides=_overrides(platform, cycle),
        limit_response=_limit_response(platform, adjusted, trained),
    )


def _outcome(kind: type[_Outcome], entry: Entry | None) -> _Outcome | None:
    return kind.model_validate(entry.payload) if entry else None


def _limit_response(
    platform: Platform,
    adjusted: Sequence[AdjustLimitsOutcome],
    trained: RetrainModelOutcome | None,
) -> LimitResponseTold | None:
    """What decided and how it was measured; where the policy decided, what the training said."""
    used = adjusted[-1].limit_response if adjusted else None
    beside = trained.limit_response if trained else None
    if used is not None and used.version:
        of_version = (
            LimitResponseOutcome.model_validate(entry.payload)
            for entry in reversed(platform.ledger.entries(EntryKind.LIMIT_RESPONSE_TRAINED))
            if entry.payload["version"] == used.version
        )
        beside = next(of_version, beside)
    return limit_response_told(used, beside)


def _overrides(platform: Platform, cycle: CycleEntries) -> tuple[OverrideLine, ...]:
    """Those that held when the last of the cycle's entries was written."""
    if not cycle.told:
        return ()
    held = standing_overrides(platform, cycle.told[-1].time)
    return tuple(sections.override_line(row) for row in held)


def _standing(
    adjusted: Sequence[AdjustLimitsOutcome], judged: PromoteModelOutcome | None
) -> Standing:
    """No limit is decided without a certificate, so what decided had one."""
    if adjusted or (judged and judged.cleared):
        return Standing.CERTIFIED
    return Standing.REFUSED if judged else Standing.NOT_JUDGED


def _portfolio(
    platform: Platform, as_of: date, adjusted: Sequence[AdjustLimitsOutcome]
) -> tuple[ProductStanding, ...]:
    """As known at the date, from the table versions that were decided on where there are any."""
    versions = adjusted[-1].data_versions if adjusted else platform.lake.versions()
    if "accounts" not in versions:
        return ()
    tables = ("accounts", "statements")
    with platform.lake.connect(versions, known_at=as_of, tables=tables) as connection:
        return portfolio(connection, as_of, has_statements="statements" in versions)


def _due(cycle: CycleEntries) -> tuple[DueLine, ...]:
    written = (WriteOutboxOutcome.model_validate(entry.payload) for entry in cycle.outboxes)
    return tuple(DueLine(row.kind, row.due_by, row.count) for row in due_together(written))


def _decisions(
    platform: Platform,
    adjusted: Sequence[AdjustLimitsOutcome],
    held: Sequence[ProductStanding],
    due: tuple[DueLine, ...],
) -> Decisions:
    newest = adjusted[-1].batch_id
    lost = DataMissing(
        f"the ledger tells of batch {newest}, and the lake does not hold it; restore the table "
        "decisions from a backup"
    )
    if not platform.lake.exists("decisions"):
        raise lost
    with platform.lake.connect(tables=["decisions"]) as connection:
        rows = DecisionRows.of_batches(connection, [batch.batch_id for batch in adjusted])
        standing = rows.of_batch()
        if newest not in standing:
            raise lost
        return Decisions(
            batches=tuple(
                DecisionBatch(
                    batch_id=batch.batch_id,
                    decisions=standing[batch.batch_id],
                    model_version=batch.model_version,
                    policy_version=batch.policy_version,
                    allocation=sections.allocation(batch.allocation),
                    rule_book=sections.rules_in_force(batch.rule_book),
                )
                for batch in adjusted
                if batch.batch_id in standing
            ),
            total=rows.total(),
            by_product=rows.by_product(),
            by_grade=rows.by_grade(),
            scenario_shares=rows.scenario_shares(),
            largest_increases=rows.largest_moves(1, _sentence),
            largest_decreases=rows.largest_moves(-1, _sentence),
            bands=rows.bands(),
            reasons=rows.reasons(_sentence),
            due=due,
            seen=_seen(platform, adjusted[-1], rows, held),
        )


def _seen(
    platform: Platform,
    batch: AdjustLimitsOutcome,
    rows: DecisionRows,
    held: Sequence[ProductStanding],
) -> SeenByCycle:
    """What the cycle of a batch had to decide about, from the table versions it was made from."""
    frozen, without_cause, closed, rates = rows.states_and_rates()
    changed = 0
    if "customers" in batch.data_versions:
        with platform.lake.connect(
            batch.data_versions, known_at=batch.as_of, tables=["customers"]
        ) as connection:
            changed = incomes_changed(connection)
    return SeenByCycle(
        frozen=frozen,
        frozen_without_cause=without_cause,
        closed=closed,
        past_due=sum(sum(product.past_due[1:]) for product in held),
        rates_known=rates,
        incomes_changed=changed,
        tables=frozenset(batch.data_versions),
    )


def _launch(platform: Platform, as_of: date) -> LaunchCycle | None:
    """The launch that the cycle served, and what it came to on that day."""

    def of_day(kind: EntryKind) -> list[Entry]:
        entries = platform.ledger.entries(kind)
        return [entry for entry in entries if entry.payload["as_of"] == as_of.isoformat()]

    served = [LaunchServed.model_validate(e.payload) for e in of_day(EntryKind.LAUNCH_SERVED)]
    return sections.launch_cycle(
        served[-1] if served else None,
        [
            *(LaunchStepped.model_validate(e.payload) for e in of_day(EntryKind.LAUNCH_STEPPED)),
            *(LaunchStopped.model_validate(e.payload) for e in of_day(EntryKind.LAUNCH_STOPPED)),
        ],
    )


def _drift(platform: Platform, watched: WatchDriftOutcome) -> Drift:
    policy = load_dated(platform.policies("monitoring"), watched.as_of)
    thresholds = parse_drift_thresholds(policy.version, policy.content)
    still_open = [brake.name for brake in open_brakes(platform, watched.as_of)]
    return sections.drift(watched, thresholds.not_judged, still_open)


def _sentence(code: str) -> str:
    return reason_sentence(ReasonCode(code))


def _overlay_facts(row: OverlayRow | None) -> list[tuple[str, str]]:
    if row is None:
        return []
    before, after = row.mean_model_probability, row.mean_probability
    moved = f"{row.accounts_moved:,} accounts, mean probability {before:.4%} to {after:.4%}"
    return [("Macro overlay", row.version), ("Moved by the overlay", moved)]


def _response_facts(row: LimitResponseRow | None) -> list[tuple[str, str]]:
    if row is None or not row.version:
        return []
    return [("Limit response", f"version {row.version}"), ("Limit response digest", row.digest)]


def _rule_book_facts(row: RuleBookRow | None) -> list[tuple[str, str]]:
    return [("Rule book", row.version), ("Rule book digest", row.digest)] if row else []


def _lineage(
    cycle: CycleEntries,
    adjusted: Sequence[AdjustLimitsOutcome],
    trained: RetrainModelOutcome | None,
) -> Lineage:
    facts: list[tuple[str, str]] = []
    if adjusted:
        newest = adjusted[-1]
        facts = [
            ("Model", f"{newest.model_name} version {newest.model_version}"),
            ("Artefact", newest.artefact_digest),
            ("Certificate", newest.certificate_digest),
            ("Feature service", newest.feature_service),
            ("Limit policy", newest.policy_version),
            ("Policy digest", newest.policy_digest),
            *_rule_book_facts(newest.rule_book),
            *_overlay_facts(newest.overlay),
            *_response_facts(newest.limit_response),
            *(("Brake", brake.name) for brake in newest.brakes),
            *((f"Merkle root, batch {batch.batch_id}", batch.merkle_root) for batch in adjusted),
        ]
    elif trained:
        facts = [
            ("Model", f"{trained.model_name} version {trained.version}"),
            ("Artefact", trained.artefact_digest),
            ("Feature service", trained.feature_service),
            ("Feature schema", trained.schema_hash),
        ]
    versions = adjusted[-1].data_versions if adjusted else trained.data_versions if trained else {}
    return Lineage(
        facts=tuple(facts),
        data_versions=tuple(sorted(versions.items())),
        entries=tuple(
            LedgerLine(entry.sequence, entry.time, entry.kind.value, entry.actor, entry.digest)
            for entry in cycle.told
        ),
    )

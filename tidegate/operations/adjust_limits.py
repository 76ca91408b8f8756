"""Adjust limits: score with the certified champion, decide, allocate, record."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.decisions import DecisionBatch
from credit_limits.domain.account import Product
from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing, NoCertifiedChampion
from credit_limits.launch.policy import Step
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.ledger.merkle import merkle_root
from credit_limits.policy.portfolio import PRODUCTS, Flags
from credit_limits.policy.risk_grades import Grade
from tidegate.operations.advance_launch import Launching, advance_launch, finish_launch
from tidegate.operations.champion import (
    DEFAULT_RISK,
    CertifiedChampion,
    load_champion,
    standing_champion,
)
from tidegate.operations.decision_cycle import Asked, DecisionCycle, open_cycle
from tidegate.operations.decision_inputs import make_decisions
from tidegate.operations.decision_rows import leaf_digests
from tidegate.operations.limits_outcome import (
    AdjustLimitsOutcome,
    action_counts,
    allocation_row,
    brake_rows,
    group_rows,
)
from tidegate.operations.outbox_outcome import due_together
from tidegate.operations.platform import Platform
from tidegate.operations.rule_rows import rule_book_row
from tidegate.operations.serve_launch import Made, serve_canary, serve_shadow
from tidegate.operations.write_outbox import (
    WriteOutboxRequest,
    reminder_rules_at,
    write_outbox,
    write_outboxes,
    write_what_is_due,
)

__all__ = ["AdjustLimitsOutcome", "AdjustLimitsRequest", "adjust_limits"]

_log = structlog.get_logger(__name__)


class AdjustLimitsRequest(BaseModel):
    """Which limits to decide, for which day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date | None = Field(
        None,
        description="day whose features and policy decide; the lake's last day of knowledge if "
        "empty",
    )
    product: Product | None = Field(
        None, description="decide only the accounts of this product; all of them if empty"
    )


def adjust_limits(platform: Platform, request: AdjustLimitsRequest) -> AdjustLimitsOutcome:
    """Decide the limit of every open account, once.

    The same accounts, features, model and policy give the same decisions under the same ids; run
    again, they are recognised and nothing is written. An account already decided at this date
    from the very same inputs, in another batch, is left out. A brake that is open at the date is
    an input: whom it holds for is decided under it, in a batch of its own.

    A version that launches is served: what its earlier cycles came to is judged first; then, in
    shadow, it decides the same accounts where nothing counts them, and in canary it decides its
    share in a batch of its own. Caps are ratios to today, so met on each part they are met on the
    whole. The outcome is that of the champion's batch.

    The notices that a batch's decisions owe, and the reminders that are due, are written after it,
    each once: a run killed before them, started again, finds its decisions and writes them.

    Raises:
        NoCertifiedChampion: no champion, or one whose certificate does not verify; the refusal
            is noted in the ledger.
        DataMissing: the features of the day were not computed, no account is left to decide, or
            the overlay asks for macro figures that the lake does not have.
        PolicyError: the limit policy, the overlay, the rule book or the reminder policy of the day
            cannot be used.
        AllocationInfeasible: the caps of the policy cannot be met.
    """
    as_of = request.as_of or platform.lake.latest_knowledge()
    reminder_rules_at(platform, as_of)  # one that cannot be used refuses before anything is decided
    outcome = _adjusted(platform, Asked(as_of, request.product))
    return outcome.model_copy(update={"due": due_together(write_outboxes(platform, as_of))})


def _adjusted(platform: Platform, asked: Asked) -> AdjustLimitsOutcome:
    """The champion's batch, and what was served to a version that launches."""
    champion, launching = _deciders(platform, asked.as_of)
    canary = None
    if launching and launching.launch.step is Step.CANARY:
        launch = launching.launch
        asked = replace(asked, launch=launch.key, share=launch.planned.share)
        cycle = open_cycle(platform, launching.certified, replace(asked, inside=True))
        canary = _decide(platform, cycle) if cycle else None
    cycle = open_cycle(platform, champion, asked)
    if cycle is None:
        raise DataMissing(f"no open account of the product {asked.product} at {asked.as_of}")
    made = _decide(platform, cycle)
    if launching is None:
        return made.outcome
    if launching.launch.step is Step.CANARY:
        served = serve_canary(platform, launching.launch, made, canary)
    else:
        shadow = open_cycle(platform, launching.certified, asked)
        served = serve_shadow(platform, launching.launch, made, shadow)
    return made.outcome.model_copy(update={"launch": served})


def _deciders(platform: Platform, as_of: date) -> tuple[CertifiedChampion, Launching | None]:
    """Who decides: the champion, and who launches beside it, once that was judged.

    What a launch has ended is finished before the champion is asked for, and a launch that ends
    now makes another champion.
    """
    finish_launch(platform, DEFAULT_RISK)
    champion = _certified_champion(platform, as_of)
    launching = advance_launch(platform, DEFAULT_RISK, as_of)
    standing = standing_champion(platform, DEFAULT_RISK)
    if standing is not None and standing.version != champion.version:
        champion = _certified_champion(platform, as_of)
    return champion, launching


def _decide(platform: Platform, cycle: DecisionCycle) -> Made:
    """Make a cycle's decisions and record them with what is due after them, or recognise them.

    An outbox that a killed run did not come to is written where that run would have, so that the
    ledger's entries come in the same order.
    """
    if entry := platform.ledger.find(EntryKind.LIMITS_ADJUSTED, cycle.key):
        write_outbox(platform, WriteOutboxRequest(batch=cycle.batch_id))
        return Made(cycle, _recognised(entry), None)
    elsewhere = _decided_elsewhere(platform, cycle)
    if elsewhere.all():
        return Made(cycle, _recognised(_entry_of(platform, cycle)), None)
    left = cycle.without(elsewhere)
    batch, rows = make_decisions(
        left.inputs, left.lineage, left.identity, threads=platform.settings.threads
    )
    platform.lake.append("decisions", rows, left.batch_id)
    del rows  # a million take a gigabyte, and those that the lake has are read back
    pa.default_memory_pool().release_unused()
    stored = platform.lake.read("decisions", batch_id=left.batch_id)
    outcome = _outcome(left, batch, stored)
    platform.record(EntryKind.LIMITS_ADJUSTED, outcome, key=cycle.key)
    write_what_is_due(platform, outcome, stored)
    _log.info(
        "limits_adjusted",
        batch_id=outcome.batch_id,
        brakes=[brake.entry_sequence for brake in outcome.brakes],
        **outcome.actions,
    )
    return Made(cycle, outcome, None if elsewhere.any() else batch)


def _certified_champion(platform: Platform, as_of: date) -> CertifiedChampion:
    """The champion; where there is none that may decide, the refusal goes into the ledger."""
    try:
        return load_champion(platform, DEFAULT_RISK)
    except NoCertifiedChampion as refusal:
        payload: dict[str, object] = {
            "as_of": as_of.isoformat(),
            "model_name": DEFAULT_RISK,
            "reason": str(refusal),
        }
        platform.ledger.append(
            EntryKind.ADJUSTMENT_REFUSED,
            platform.settings.actor,
            payload,
            key=digest_of(payload),
        )
        _log.error("adjustment_refused", as_of=str(as_of), reason=str(refusal))
        raise


def _decided_elsewhere(platform: Platform, cycle: DecisionCycle) -> Flags:
    """Which of the decisions another batch has already made."""
    if not platform.lake.exists("decisions"):
        return np.zeros(len(cycle.identity.ids), dtype=np.bool_)
    with platform.lake.connect(tables=["decisions"]) as connection:
        rows = connection.execute(
            "SELECT decision_id FROM decisions WHERE as_of = ? AND batch_id <> ?",
            [cycle.as_of, cycle.batch_id],
        ).fetchall()
    return np.isin(np.array(cycle.identity.ids), np.array([row[0] for row in rows], dtype=np.str_))


def _entry_of(platform: Platform, cycle: DecisionCycle) -> Entry:
    """The newest entry among the batches that have made these decisions."""
    with platform.lake.connect(tables=["decisions"]) as connection:
        found = connection.execute(
            "SELECT DISTINCT batch_id FROM decisions WHERE decision_id IN (SELECT unnest(?))",
            [list(cycle.identity.ids)],
        ).fetchall()
    batches = {row[0] for row in found}
    for entry in reversed(platform.ledger.entries(EntryKind.LIMITS_ADJUSTED)):
        if entry.payload["batch_id"] in batches:
            return entry
    raise DataMissing(
        f"batch {', '.join(sorted(batches))} was written and not finished; run the adjustment "
        "again with the request that began it"
    )


def _recognised(entry: Entry) -> AdjustLimitsOutcome:
    stored = AdjustLimitsOutcome.model_validate(entry.payload)
    return stored.model_copy(update={"recognised": True})


def _outcome(cycle: DecisionCycle, batch: DecisionBatch, stored: pa.Table) -> AdjustLimitsOutcome:
    """Root and data versions are those of the rows as the lake has them."""
    portfolio, lineage = cycle.inputs.portfolio, cycle.lineage
    return AdjustLimitsOutcome(
        as_of=portfolio.as_of,
        batch_id=cycle.batch_id,
        decisions=len(portfolio),
        actions=action_counts(batch.action),
        done=action_counts(batch.actions),
        by_product=group_rows(portfolio, batch, portfolio.product, PRODUCTS),
        by_grade=group_rows(portfolio, batch, batch.grade, tuple(Grade)),
        allocation=allocation_row(batch),
        merkle_root=merkle_root(leaf_digests(stored)),
        policy_version=lineage.policy_version,
        policy_digest=lineage.policy_digest,
        model_name=DEFAULT_RISK,
        model_version=lineage.model_version,
        artefact_digest=lineage.artefact_digest,
        certificate_digest=lineage.certificate_digest,
        feature_service=cycle.certified.loaded.feature_service,
        label_window_months=cycle.inputs.label_window_months,
        data_versions=json.loads(stored["data_versions"][0].as_py()),
        brakes=brake_rows(cycle.brakes),
        overlay=cycle.overlay.row(portfolio),
        limit_response=cycle.response,
        rule_book=rule_book_row(cycle.inputs.rulebook, batch.rules),
    )

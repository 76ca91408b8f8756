"""Adjust limits: score with the certified champion, decide, allocate, record."""

import json
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.decisions import DecisionBatch
from credit_limits.domain.account import Product
from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import DataMissing, NoCertifiedChampion, PolicyError
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.ledger.merkle import merkle_root
from credit_limits.policy.limit_policy import LimitPolicy, parse_limit_policy
from credit_limits.policy.portfolio import PRODUCTS, Flags, Portfolio
from credit_limits.policy.risk_grades import Grade
from monitoring.drift import SCORE
from tidegate.adapters.dated_policies import DatedFile, load_dated
from tidegate.operations.brakes import Brake, in_force, open_brakes
from tidegate.operations.champion import CertifiedChampion, load_champion
from tidegate.operations.decision_inputs import DecisionInputs, make_decisions, model_inputs
from tidegate.operations.decision_rows import Identity, Lineage, identify, leaf_digests
from tidegate.operations.limit_state import read_portfolio
from tidegate.operations.limits_outcome import (
    AdjustLimitsOutcome,
    action_counts,
    allocation_row,
    brake_rows,
    group_rows,
)
from tidegate.operations.macro_overlay import OverlayInForce, overlay_at
from tidegate.operations.platform import Platform
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.rule_rows import rule_book_row
from tidegate.operations.scored_rows import label_window_months, portfolio_scored
from tidegate.operations.source_digests import deciding_code_digest, solver_digest

__all__ = ["AdjustLimitsOutcome", "AdjustLimitsRequest", "adjust_limits"]

_log = structlog.get_logger(__name__)

_MODEL_NAME = "default_risk"
_NOT_INPUTS = ("decisions", "outbox", "quarantine", "protected")


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


@dataclass(frozen=True, slots=True)
class _Cycle:
    """What is decided with, and the accounts to decide.

    ``key`` is the content of the whole request: what decides, and every row asked about, also
    those that another batch has decided. ``brakes`` are those that hold for any of the accounts.
    """

    key: str
    champion: CertifiedChampion
    brakes: tuple[Brake, ...]
    lineage: Lineage
    inputs: DecisionInputs
    identity: Identity
    overlay: OverlayInForce

    @property
    def as_of(self) -> date:
        """The day that is decided for."""
        return self.inputs.portfolio.as_of

    @property
    def batch_id(self) -> str:
        """Name of the batch in the lake."""
        return f"limits-{self.as_of}-{self.key[:12]}"


def adjust_limits(platform: Platform, request: AdjustLimitsRequest) -> AdjustLimitsOutcome:
    """Decide the limit of every open account, once.

    The same accounts, features, model and policy give the same decisions under the same ids; run
    again, they are recognised and nothing is written. An account already decided at this date
    from the very same inputs, in another batch, is left out. A brake that is open at the date is
    an input: whom it holds for is decided under it, in a batch of its own.

    Raises:
        NoCertifiedChampion: no champion, or one whose certificate does not verify; the refusal
            is noted in the ledger.
        DataMissing: the features of the day were not computed, no account is left to decide, or
            the overlay asks for macro figures that the lake does not have.
        PolicyError: the limit policy, the overlay or the rule book of the day cannot be used.
        AllocationInfeasible: the caps of the policy cannot be met.
    """
    as_of = request.as_of or platform.lake.latest_knowledge()
    cycle = _open_cycle(platform, as_of, request.product)
    if entry := platform.ledger.find(EntryKind.LIMITS_ADJUSTED, cycle.key):
        return _recognised(entry)
    elsewhere = _decided_elsewhere(platform, cycle)
    if elsewhere.all():
        return _recognised(_entry_of(platform, cycle))
    cycle = _without(cycle, elsewhere)
    batch, rows = make_decisions(
        cycle.inputs, cycle.lineage, cycle.identity, threads=platform.settings.threads
    )
    platform.lake.append("decisions", rows, cycle.batch_id)
    del rows  # a million take a gigabyte, and those that the lake has are read back
    outcome = _outcome(cycle, batch, platform.lake.read("decisions", batch_id=cycle.batch_id))
    platform.ledger.append(
        EntryKind.LIMITS_ADJUSTED,
        platform.settings.actor,
        outcome.model_dump(mode="json"),
        key=cycle.key,
    )
    _log.info(
        "limits_adjusted",
        batch_id=outcome.batch_id,
        brakes=[brake.entry_sequence for brake in outcome.brakes],
        **outcome.actions,
    )
    return outcome


def _open_cycle(platform: Platform, as_of: date, product: Product | None) -> _Cycle:
    champion = _certified_champion(platform, as_of)
    file = load_dated(platform.policies("limits"), as_of)
    policy = parsed_limit_policy(file)
    rulebook = rule_book_at(platform, as_of)
    scored = portfolio_scored(platform, champion.loaded, as_of)
    overlay = overlay_at(platform, as_of)
    portfolio = overlay.applied(read_portfolio(platform.lake, as_of, scored, SCORE))
    if product is not None:
        portfolio = portfolio.where(portfolio.product == PRODUCTS.index(product))
    if not len(portfolio):
        raise DataMissing(f"no open account of the product {product} at {as_of}")
    brakes = _brakes(platform, portfolio)
    versions = platform.lake.versions()
    lineage = Lineage(
        model_version=champion.version,
        artefact_digest=champion.certificate.artefact_digest,
        certificate_digest=champion.certificate.digest,
        policy_version=file.version,
        policy_digest=file.digest,
        data_versions={name: at for name, at in versions.items() if name not in _NOT_INPUTS},
        code_digest=deciding_code_digest(),
        solver_digest=solver_digest(),
        rulebook_version=rulebook.version,
        rulebook_digest=rulebook.digest,
        brakes=in_force(brakes),
        overlay_version=overlay.version,
        overlay_digest=overlay.digest,
    )
    model = champion.loaded.model
    inputs = DecisionInputs(
        portfolio=portfolio,
        features=model_inputs(scored, portfolio, model),
        model=model,
        policy=policy,
        brakes=lineage.brakes,
        rulebook=rulebook,
        label_window_months=label_window_months(champion.loaded),
    )
    identity = identify(portfolio, inputs.features, lineage)
    key = digest_of({"certificate": lineage.certificate_digest, "decisions": identity.ids})
    return _Cycle(key, champion, brakes, lineage, inputs, identity, overlay)


def _brakes(platform: Platform, portfolio: Portfolio) -> tuple[Brake, ...]:
    """The open brakes that name a product which the portfolio holds."""
    held = {PRODUCTS[place] for place in np.unique(portfolio.product)}
    brakes = open_brakes(platform, portfolio.as_of)
    return tuple(brake for brake in brakes if held & set(brake.order.products))


def _certified_champion(platform: Platform, as_of: date) -> CertifiedChampion:
    """The champion; where there is none that may decide, the refusal goes into the ledger."""
    try:
        return load_champion(platform, _MODEL_NAME)
    except NoCertifiedChampion as refusal:
        payload: dict[str, object] = {
            "as_of": as_of.isoformat(),
            "model_name": _MODEL_NAME,
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


def parsed_limit_policy(file: DatedFile) -> LimitPolicy:
    """The limit policy of a file; :class:`PolicyError` names the file that cannot be used."""
    try:
        return parse_limit_policy(file.content)
    except PolicyError as error:
        raise PolicyError(f"{file.version}: {error}") from error


def _decided_elsewhere(platform: Platform, cycle: _Cycle) -> Flags:
    """Which of the decisions another batch has already made."""
    if not platform.lake.exists("decisions"):
        return np.zeros(len(cycle.identity.ids), dtype=np.bool_)
    with platform.lake.connect(tables=["decisions"]) as connection:
        rows = connection.execute(
            "SELECT decision_id FROM decisions WHERE as_of = ? AND batch_id <> ?",
            [cycle.as_of, cycle.batch_id],
        ).fetchall()
    return np.isin(np.array(cycle.identity.ids), np.array([row[0] for row in rows], dtype=np.str_))


def _without(cycle: _Cycle, decided: Flags) -> _Cycle:
    if not decided.any():
        return cycle
    return replace(
        cycle, inputs=cycle.inputs.where(~decided), identity=cycle.identity.where(~decided)
    )


def _entry_of(platform: Platform, cycle: _Cycle) -> Entry:
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


def _outcome(cycle: _Cycle, batch: DecisionBatch, stored: pa.Table) -> AdjustLimitsOutcome:
    """Root and data versions are those of the rows as the lake has them."""
    portfolio, lineage = cycle.inputs.portfolio, cycle.lineage
    return AdjustLimitsOutcome(
        as_of=portfolio.as_of,
        batch_id=cycle.batch_id,
        decisions=len(portfolio),
        actions=action_counts(batch.action),
        by_product=group_rows(portfolio, batch, portfolio.product, PRODUCTS),
        by_grade=group_rows(portfolio, batch, batch.grade, tuple(Grade)),
        allocation=allocation_row(batch.certificate),
        merkle_root=merkle_root(leaf_digests(stored)),
        policy_version=lineage.policy_version,
        policy_digest=lineage.policy_digest,
        model_name=_MODEL_NAME,
        model_version=lineage.model_version,
        artefact_digest=lineage.artefact_digest,
        certificate_digest=lineage.certificate_digest,
        feature_service=cycle.champion.loaded.feature_service,
        label_window_months=cycle.inputs.label_window_months,
        data_versions=json.loads(stored["data_versions"][0].as_py()),
        brakes=brake_rows(cycle.brakes),
        overlay=cycle.overlay.row(portfolio),
        rule_book=rule_book_row(cycle.inputs.rulebook, batch.rules),
    )

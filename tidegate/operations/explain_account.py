"""Explain: an account's decision in words, and the ways out of a whole batch, counted."""

from dataclasses import asdict
from datetime import date, datetime

import structlog
from pydantic import BaseModel, ConfigDict, Field, model_validator

from credit_limits.domain.account import AccountStatus, Product, Scenario, Segment
from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.domain.errors import DataMissing
from credit_limits.domain.past_due_link import PastDueLink
from credit_limits.explanation.account_text import (
    CapPrice,
    ExplainedDecision,
    StateTold,
    explanation_lines,
)
from credit_limits.explanation.response_text import ResponseTold
from credit_limits.explanation.sentences import Language
from credit_limits.explanation.state_exits import state_exit
from credit_limits.policy.portfolio_caps import Measure
from credit_limits.policy.ratio_rows import AveragedMeasure
from credit_limits.portfolio_problem import rows_over
from tidegate.operations.brakes import Brake
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.past_due_links import LINKS_COLUMN
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import (
    RecordedBatch,
    latest_decision,
    recorded_batch,
)
from tidegate.operations.recourse_search import RecourseCounts, RecourseSearch
from tidegate.operations.remade_inputs import brakes_as_of

_log = structlog.get_logger(__name__)


class ExplainAccountRequest(BaseModel):
    """Whose decision to explain, and in which language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: str | None = Field(None, description="the account")
    as_of: date | None = Field(
        None, description="its latest decision up to this day; the latest of all if empty"
    )
    language: Language = Field(Language.ENGLISH, description="language of the text: en or zh")
    batch: str | None = Field(
        None, description="count the ways out of every decision of this batch, instead of one"
    )

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "ExplainAccountRequest":
        if (self.account_id is None) == (self.batch is None):
            raise ValueError("name an account, or a batch with --batch")
        return self


class ExplainAccountOutcome(BaseModel):
    """A decision explained, or the ways out of a batch counted.

    ``text`` is the whole explanation, a line a place, ``decision`` the same as values. Of a batch
    there are ``counts`` alone, and ``text`` says them.
    """

    model_config = ConfigDict(frozen=True)

    batch_id: str
    text: tuple[str, ...]
    decision: dict[str, object] | None = None
    counts: RecourseCounts | None = None


def explain_account(platform: Platform, request: ExplainAccountRequest) -> ExplainAccountOutcome:
    """Explain from what was recorded; nothing is written.

    Raises:
        DataMissing: the account has no decision, or there is no such batch; of a batch also where
            the inputs it was decided from are not there unchanged.
        LedgerBroken: the ledger, or a recorded row, was altered.
    """
    if request.batch is not None:
        return _counted(platform, request.batch)
    decision_id, batch_id = latest_decision(platform, str(request.account_id), request.as_of)
    batch = recorded_batch(platform, batch_id)
    explained = _explained(platform, batch, batch.row(decision_id)[1])
    return ExplainAccountOutcome(
        batch_id=batch_id,
        text=explanation_lines(explained, request.language),
        decision=asdict(explained),
    )


def _counted(platform: Platform, batch_id: str) -> ExplainAccountOutcome:
    batch = recorded_batch(platform, batch_id)
    _log.info("recourse_search_began", batch_id=batch_id, decisions=batch.rows.num_rows)
    counts = RecourseSearch.of(platform, batch).counts()
    return ExplainAccountOutcome(
        batch_id=batch_id,
        text=(
            f"batch {batch_id}: {counts.decisions:,} decisions, of which {counts.not_raised:,} not "
            "raised, closed or cut",
            f"ways out issued: {counts.issued:,}; decided again with them: {counts.flipped:,} come "
            f"out otherwise ({counts.flipped_share:.0%})",
            *(
                f"  {goal.replace('_', ' ')}: {of.issued:,} issued, {of.flipped:,} come out so"
                for goal, of in counts.goals.items()
            ),
            *(
                f"{state} after it: {of.accounts:,} accounts, {of.issued:,} have a way out"
                for state, of in counts.states.items()
            ),
            "what the ways out ask for:",
            *(f"  {step}: {count:,}" for step, count in sorted(counts.steps.items())),
        ),
        counts=counts,
    )


def _explained(
    platform: Platform, batch: RecordedBatch, row: dict[str, object]
) -> ExplainedDecision:
    product = Product(str(row["product"]))
    search = _search(platform, batch, row)
    closed = row["increases_closed_until"]
    return ExplainedDecision(
        decision_id=str(row["decision_id"]),
        account_id=str(row["account_id"]),
        as_of=batch.outcome.as_of,
        product=product,
        action=Action(str(row["action"])),
        beside=tuple(Action(name) for name in _texts(row["actions"])[1:]),
        from_minor=_whole(row["from_minor"]),
        to_minor=_whole(row["to_minor"]),
        reasons=tuple(ReasonCode(code) for code in _texts(row["reasons"])),
        change_reasons=tuple(ReasonCode(code) for code in _texts(row["change_reasons"])),
        state=_state_told(row, search),
        rules=tuple(_texts(row["rules"])),
        features=tuple(_texts(row["feature_reasons"])),
        contributions=tuple(float(text) for text in _texts(row["feature_contributions"])),
        next_limit_minor=_maybe_whole(row["next_limit_minor"]),
        missed_by_minor=_maybe_whole(row["missed_by_minor"]),
        prices=_prices(batch, search),
        default_probability=float(str(row["default_probability"])),
        model_probability=_model_probability(row),
        overlay_version=str(row.get("overlay_version", "")),
        grade=str(row["grade"]),
        expected_profit_minor=_whole(row["expected_profit_minor"]),
        expected_loss_minor=_whole(row["expected_loss_minor"]),
        exposure_minor=_whole(row["exposure_minor"]),
        closed_until=closed.date() if isinstance(closed, datetime) else None,
        model_name=batch.outcome.model_name,
        model_version=str(row["model_version"]),
        certificate_digest=str(row["certificate_digest"]),
        policy_version=str(row["policy_version"]),
        rulebook_version=str(row["rulebook_version"]),
        brakes=tuple(
            f"{brake.name}: {brake.reason}"
            for brake in brakes_as_of(platform, batch)
            if _holds(brake, product, search)
        ),
        batch_id=batch.outcome.batch_id,
        entry_sequence=batch.entry.sequence,
        merkle_root=batch.outcome.merkle_root,
        recourse=search.found[0] if search is not None else None,
        recourse_known=search is not None,
        segment=Segment(str(row["segment"])) if row.get("segment") else None,
        scenario_limits=_scenario_limits(row),
        response=_response(batch.outcome.limit_response),
    )


def _response(row: LimitResponseRow | None) -> ResponseTold | None:
    if row is None:
        return None
    return ResponseTold(
        row.version,
        row.balance_elasticity,
        row.default_log_odds_per_log_limit,
        row.default_registered,
    )


def _state_told(row: dict[str, object], search: RecourseSearch | None) -> StateTold:
    since, linked = row["state_since"], _maybe_number(row["linked_past_due_count"])
    return StateTold(
        before=AccountStatus(str(row["state_before"])),
        after=AccountStatus(str(row["state"])),
        since=since if isinstance(since, date) else None,
        causes=tuple(ReasonCode(code) for code in _texts(row["state_causes"])),
        linked_past_due=None if linked is None else int(linked),
        exit=None if search is None else state_exit(search.decided.held(0), search.policy),
        links=tuple(PastDueLink.of(text) for text in _texts(row.get(LINKS_COLUMN))),
        extension_months=_whole(row["extension_months"]),
        annual_rate_from=_maybe_number(row["annual_rate_from"]),
        annual_rate_to=_maybe_number(row["annual_rate_to"]),
    )


def _scenario_limits(row: dict[str, object]) -> tuple[tuple[Scenario, int], ...]:
    """The sub-limits of a pay-later line; none for a decision of before there were any."""
    scenarios, amounts = _texts(row.get("scenarios")), _texts(row.get("scenario_limits_minor"))
    return tuple(
        (Scenario(name), int(amount)) for name, amount in zip(scenarios, amounts, strict=True)
    )


def _search(
    platform: Platform, batch: RecordedBatch, row: dict[str, object]
) -> RecourseSearch | None:
    """The search for the account's way out; None where its inputs are not there unchanged."""
    try:
        return RecourseSearch.of(platform, batch, [str(row["account_id"])])
    except DataMissing as error:
        _log.warning("recourse_not_sought", decision_id=row["decision_id"], reason=str(error))
        return None


def _prices(batch: RecordedBatch, search: RecourseSearch | None) -> tuple[CapPrice, ...]:
    """Prices above 0 of the rows that the account is under; of all where the policy is not known.

    The price of a floor keeps no limit down, and is not told. That of a ratio row is for a minor
    unit of the average, of which the account's raise is its part of the reference.
    """
    allocation = batch.outcome.allocation
    under = None if search is None else rows_over(search.portfolio, search.policy)
    told = {
        cap.name: CapPrice(cap.name, Measure(cap.measure), cap.price)
        for cap in allocation.caps
        if cap.measure in tuple(Measure)
    }
    told |= {
        row.name: CapPrice(
            row.name, AveragedMeasure(row.measure), row.price * row.ratio / row.reference_accounts
        )
        for row in allocation.ratio_rows
    }
    return tuple(
        price
        for name, price in told.items()
        if price.price > 0 and (under is None or name in under)
    )


def _holds(brake: Brake, product: Product, search: RecourseSearch | None) -> bool:
    """Whether it holds for the account; of its product where the account is not there unchanged."""
    if search is None:
        return product in brake.order.products
    return bool(brake.order.holds(search.portfolio)[0])


def _model_probability(row: dict[str, object]) -> float:
    """The model's own; that which decided, for a decision of before there were two."""
    return float(str(row.get("model_default_probability", row["default_probability"])))


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else []


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _maybe_number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _maybe_whole(value: object) -> int | None:
    return None if value is None else _whole(value)

"""What an adjustment of limits did, small enough for a ledger entry and a screen."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict

from credit_limits.allocation.certificate import CapUsage
from credit_limits.decisions import DecisionBatch
from credit_limits.explanation.reasons import ACTIONS, NONE
from credit_limits.launch.policy import Step
from credit_limits.policy.portfolio import Integers, Portfolio
from credit_limits.portfolio_problem import RatioHeld
from tidegate.operations.brakes import Brake, OrderedBrake
from tidegate.operations.launches import LaunchServed
from tidegate.operations.limit_response_row import LimitResponseRow
from tidegate.operations.macro_overlay import OverlayRow
from tidegate.operations.outbox_outcome import DueRow
from tidegate.operations.rule_rows import RuleBookRow


def _in_their_order(counts: dict[str, int]) -> dict[str, int]:
    """As actions are listed everywhere; the ledger keeps the keys of an entry sorted."""
    return {action.value: counts[action] for action in ACTIONS if action in counts}


ActionCounts: TypeAlias = Annotated[dict[str, int], AfterValidator(_in_their_order)]


class CapRow(BaseModel):
    """A cap of the portfolio after the allocation.

    Amounts in minor units, a year where the measure has a time, and a count where it is the number
    of changes; ``price`` is the expected profit that one more unit of the cap would bring.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    measure: str
    cap: float
    used: float
    slack: float
    price: float


class RatioRow(BaseModel):
    """A ratio row of the portfolio after the allocation.

    ``average_minor`` of the ``measure`` over the ``accounts`` of the group, in minor units an
    account, is at least ``ratio`` times ``reference_average_minor``; ``slack_minor`` is by how much
    more it is. ``price`` is the expected profit that one more minor unit of slack would cost.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    measure: str
    ratio: float
    accounts: int
    reference_accounts: int
    average_minor: float
    reference_average_minor: float
    slack_minor: float
    price: float


class AllocationRow(BaseModel):
    """The allocation's certificate: expected yearly profit in minor units, and its bound.

    ``gap`` is (bound - value) / |bound|.
    """

    model_config = ConfigDict(frozen=True)

    value: float
    bound: float
    gap: float
    passes: int
    split_accounts: int
    caps: tuple[CapRow, ...]
    ratio_rows: tuple[RatioRow, ...] = ()

    @property
    def prices(self) -> dict[str, float]:
        """The price of every row, by its name."""
        caps = {cap.name: cap.price for cap in self.caps}
        return caps | {row.name: row.price for row in self.ratio_rows}

    @property
    def group_sizes(self) -> dict[str, tuple[int, int]]:
        """The accounts that each ratio row divides by."""
        return {row.name: (row.accounts, row.reference_accounts) for row in self.ratio_rows}


class GroupRow(BaseModel):
    """Decisions of a group of accounts: how many of each action, limits before and after."""

    model_config = ConfigDict(frozen=True)

    name: str
    accounts: int
    actions: ActionCounts
    from_minor: int
    to_minor: int


class BrakeRow(OrderedBrake):
    """A brake under which limits were decided; ``entry_sequence`` is its place in the ledger."""

    since: date
    reason: str
    entry_sequence: int

    @property
    def name(self) -> str:
        """The brake in a few words."""
        return f"{self.order.words} since {self.since}"


class AdjustLimitsOutcome(BaseModel):
    """The batch of decisions, and all that it follows from.

    ``actions`` counts each decision once, by the first of what is done; ``done`` counts it under
    everything that is done to the account, and is empty for a batch from before it was counted.
    ``merkle_root`` is over the digests of its rows, in order of account. ``data_versions`` are
    the Delta versions of the lake's tables when it was decided. ``brakes`` are those that held
    for its accounts, ``overlay`` the macro overlay, ``limit_response`` how balance and default were
    taken to answer to the limit, ``rule_book`` the rules of law and what each did; ``None`` for a
    batch that was decided before there was one. ``launch`` is the cycle that was served to a
    version that launches, beside this batch, and ``due`` are the notices and reminders that the
    outboxes of the day's batches hold; the ledger keeps both in entries of their own.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    batch_id: str
    decisions: int
    actions: ActionCounts
    done: ActionCounts = {}
    by_product: tuple[GroupRow, ...]
    by_grade: tuple[GroupRow, ...]
    allocation: AllocationRow
    merkle_root: str
    policy_version: str
    policy_digest: str
    model_name: str
    model_version: str
    artefact_digest: str
    certificate_digest: str
    feature_service: str
    label_window_months: int
    data_versions: dict[str, int]
    brakes: tuple[BrakeRow, ...] = ()
    overlay: OverlayRow | None = None
    limit_response: LimitResponseRow | None = None
    rule_book: RuleBookRow | None = None
    launch: LaunchServed | None = None
    due: tuple[DueRow, ...] = ()
    recognised: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Accounts under each action that was done to them."""
        return self.done or self.actions

    @property
    def batch_ids(self) -> tuple[str, ...]:
        """The batches whose decisions hold: its own, and that of a canary beside it."""
        canary = self.launch.batch_id if self.launch and self.launch.step is Step.CANARY else ""
        return (canary, self.batch_id) if canary else (self.batch_id,)


def allocation_row(batch: DecisionBatch) -> AllocationRow:
    """The certificate of a batch as a row, its ratio rows with what they come to."""
    certificate = batch.certificate
    ratios = {ratio.rule.name for ratio in batch.ratios}
    held = {cap.name: cap for cap in certificate.caps}
    return AllocationRow(
        value=certificate.value,
        bound=certificate.bound,
        gap=certificate.gap,
        passes=certificate.passes,
        split_accounts=certificate.split_accounts,
        caps=tuple(
            CapRow(
                name=cap.name,
                measure=cap.measure,
                cap=cap.bound,
                used=cap.used,
                slack=cap.slack,
                price=cap.price,
            )
            for cap in certificate.caps
            if cap.name not in ratios
        ),
        ratio_rows=tuple(_ratio_row(ratio, held[ratio.rule.name]) for ratio in batch.ratios),
    )


def _ratio_row(held: RatioHeld, cap: CapUsage) -> RatioRow:
    return RatioRow(
        name=held.rule.name,
        measure=held.rule.measure,
        ratio=held.rule.ratio,
        accounts=held.accounts,
        reference_accounts=held.reference_accounts,
        average_minor=held.average_minor,
        reference_average_minor=held.reference_average_minor,
        slack_minor=cap.slack,
        price=cap.price,
    )


def brake_rows(brakes: Sequence[Brake]) -> tuple[BrakeRow, ...]:
    """The brakes as rows, in their order."""
    return tuple(
        BrakeRow(
            **asdict(brake.order),
            since=brake.since,
            reason=brake.reason,
            entry_sequence=brake.entry_sequence,
        )
        for brake in brakes
    )


def action_counts(actions: Integers) -> dict[str, int]:
    """How often each action is among these places in ``ACTIONS``, also those that never are."""
    there = actions[actions != NONE]
    counts = np.bincount(there, minlength=len(ACTIONS)).tolist()
    return dict(zip((str(name) for name in ACTIONS), counts, strict=True))


def group_rows(
    portfolio: Portfolio, batch: DecisionBatch, places: Integers, names: Sequence[str]
) -> tuple[GroupRow, ...]:
    """A row for each of ``names`` that has accounts; ``places`` says which is whose."""
    return tuple(
        GroupRow(
            name=str(name),
            accounts=int(inside.sum()),
            actions=action_counts(batch.action[inside]),
            from_minor=int(portfolio.limit_minor[inside].sum()),
            to_minor=int(batch.to_minor[inside].sum()),
        )
        for place, name in enumerate(names)
        for inside in (places == place,)
        if inside.any()
    )

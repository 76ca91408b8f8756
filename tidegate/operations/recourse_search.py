"""The ways out of recorded decisions, each held against the policy that decided."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from credit_limits.decisions import decide_at_prices
from credit_limits.domain.account import AccountStatus
from credit_limits.domain.errors import DataMissing, ModelError, PolicyError
from credit_limits.domain.limit_response import LimitResponse
from credit_limits.explanation.recourse import (
    DecideAgain,
    Decided,
    outcome_of,
    recourses,
)
from credit_limits.explanation.ways_out import Goal, Recourse
from credit_limits.policy.account_changes import STATE_CAUSES
from credit_limits.policy.limit_policy import LimitPolicy, parse_limit_policy
from credit_limits.policy.portfolio import STATUSES, Integers, Portfolio
from tidegate.adapters.dated_policies import load_dated
from tidegate.operations.brakes import in_force
from tidegate.operations.certified_response import registered_response
from tidegate.operations.platform import Platform
from tidegate.operations.recorded_decisions import RecordedBatch
from tidegate.operations.remade_inputs import brakes_as_of, portfolio_as_decided
from tidegate.operations.rule_book import rule_book_at

_ENDING = (AccountStatus.FROZEN, AccountStatus.INCREASES_CLOSED)


class GoalCounts(BaseModel):
    """Ways out to one goal: how many were issued, and how many of them reach it."""

    model_config = ConfigDict(frozen=True)

    issued: int
    flipped: int


class StateCounts(BaseModel):
    """Accounts that were left frozen or closed to increases: how many have a way out of that."""

    model_config = ConfigDict(frozen=True)

    accounts: int
    issued: int


class RecourseCounts(BaseModel):
    """Ways out of a batch.

    ``not_raised`` decisions were held, closed or cut; for ``issued`` of them a way out was found,
    and ``flipped`` of these come out otherwise when they are decided again from what the way out
    says. ``steps`` counts what is asked of customers, ``goals`` what comes of it, ``states`` the
    accounts left frozen and those left closed to increases.
    """

    model_config = ConfigDict(frozen=True)

    decisions: int
    not_raised: int
    issued: int
    flipped: int
    flipped_share: float
    steps: dict[str, int]
    goals: dict[str, GoalCounts]
    states: dict[str, StateCounts]


@dataclass(frozen=True, slots=True)
class RecourseSearch:
    """Decisions, the policy that made them, and the ways out that were found, in their order."""

    portfolio: Portfolio
    policy: LimitPolicy
    decided: Decided
    decide_again: DecideAgain
    found: list[Recourse | None]

    @classmethod
    def of(
        cls, platform: Platform, batch: RecordedBatch, account_ids: list[str] | None = None
    ) -> "RecourseSearch":
        """Search for these accounts of a batch, or for all.

        Raises:
            DataMissing: inputs, policy, rule book or limit response of the day are not there
                unchanged.
        """
        portfolio = portfolio_as_decided(platform, batch, account_ids)
        outcome, first = batch.outcome, batch.rows.slice(0, 1).to_pylist()[0]
        try:
            file = load_dated(platform.policies("limits"), outcome.as_of)
            policy, rulebook = (
                file.parsed(parse_limit_policy),
                rule_book_at(platform, outcome.as_of),
            )
        except PolicyError as error:
            raise DataMissing(f"the policy of {outcome.as_of} cannot be used: {error}") from error
        if (file.digest, rulebook.digest) != (outcome.policy_digest, first["rulebook_digest"]):
            raise DataMissing(f"the policy or the rule book of {outcome.as_of} was altered since")
        policy = policy.answering_as(_recorded_response(platform, first))
        decide_again = partial(
            decide_at_prices,
            policy=policy,
            label_window_months=outcome.label_window_months,
            prices=outcome.allocation.prices,
            sizes=outcome.allocation.group_sizes,
            brakes=in_force(brakes_as_of(platform, batch)),
            rulebook=rulebook,
        )
        decided = _decided(portfolio, batch)
        found = recourses(portfolio, decided, policy, decide_again)
        return cls(portfolio, policy, decided, decide_again, found)

    def counts(self) -> RecourseCounts:
        """Every way out that was issued, decided again from its own words."""
        places = [place for place, way in enumerate(self.found) if way is not None]
        ways = [way for way in self.found if way is not None]
        _, holds = outcome_of(self.portfolio, self.decided, ways, places, self.decide_again)
        return RecourseCounts(
            decisions=len(self.portfolio),
            not_raised=int((self.decided.to_minor <= self.portfolio.limit_minor).sum()),
            issued=len(ways),
            flipped=sum(holds),
            flipped_share=sum(holds) / len(holds) if holds else 1.0,
            steps=dict(Counter(str(change.step) for way in ways for change in way.changes)),
            goals={str(goal): self._of_goal(goal, ways, holds) for goal in Goal},
            states={str(state): self._of_state(state) for state in _ENDING},
        )

    def _of_goal(self, goal: Goal, ways: list[Recourse], holds: list[bool]) -> GoalCounts:
        own = [held for way, held in zip(ways, holds, strict=True) if way.goal is goal]
        return GoalCounts(issued=len(own), flipped=sum(own))

    def _of_state(self, state: AccountStatus) -> StateCounts:
        places = np.flatnonzero(self.decided.state == STATUSES.index(state)).tolist()
        issued = sum(self.found[place] is not None for place in places)
        return StateCounts(accounts=len(places), issued=issued)


def _recorded_response(platform: Platform, row: Mapping[str, object]) -> LimitResponse | None:
    """The limit response that a recorded row names; None for one of the policy's own."""
    version = str(row.get("limit_response_version", ""))
    if not version:
        return None
    try:
        found = registered_response(platform, version)
    except ModelError as error:
        raise DataMissing(f"the limit response cannot be used: {error}") from error
    if found.digest != row["limit_response_digest"]:
        raise DataMissing(f"the limit response version {version} was altered since")
    return found


def _decided(portfolio: Portfolio, batch: RecordedBatch) -> Decided:
    """What was decided of the portfolio's accounts; both are in order of account."""
    recorded = batch.rows["account_id"].to_numpy().astype(np.str_)
    rows = batch.rows.filter(np.isin(recorded, portfolio.account_id))
    until = rows["increases_closed_until"].cast("timestamp[us]").to_numpy()
    return Decided(
        to_minor=rows["to_minor"].to_numpy(),
        closed_until=until.astype("datetime64[D]"),
        state=pc.index_in(rows["state"], pa.array([str(s) for s in STATUSES])).to_numpy(),
        state_since=rows["state_since"].to_numpy().astype("datetime64[D]"),
        state_causes=_masks(rows["state_causes"]),
    )


def _masks(causes: pa.ChunkedArray) -> Integers:
    """The mask of each row's causes."""
    listed = causes.combine_chunks()
    rows = pc.list_parent_indices(listed).to_numpy()
    bits = pc.index_in(pc.list_flatten(listed), pa.array([str(cause) for cause in STATE_CAUSES]))
    masks = np.zeros(len(listed), np.int64)
    np.bitwise_or.at(masks, rows, np.left_shift(1, bits.to_numpy().astype(np.int64)))
    return masks

"""What another model's decisions would change: parity, and the swap set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from credit_limits.decision_changes import Change, DecidedAmounts, change_of
from credit_limits.decisions import DecisionBatch
from credit_limits.launch.beside import Parity, SwapGroup
from credit_limits.policy.portfolio import PRODUCTS, Flags, Portfolio
from credit_limits.policy.risk_grades import Grade

EVERYONE = "all accounts"


@dataclass(frozen=True, slots=True)
class Decided:
    """A portfolio with what one model decided for it, and digests of what was read beside features.

    All in order of account.
    """

    portfolio: Portfolio
    batch: DecisionBatch
    state_digests: Sequence[str]


def parity(champion: Decided, launching: Decided) -> Parity:
    """Hold the rows of two models against each other; they may be of different accounts."""
    ours, theirs = _places(champion, launching)
    score = (
        champion.portfolio.default_probability[ours]
        == launching.portfolio.default_probability[theirs]
    )
    limit = champion.batch.to_minor[ours] == launching.batch.to_minor[theirs]
    states = (
        champion.state_digests[one] == launching.state_digests[other]
        for one, other in zip(ours.tolist(), theirs.tolist(), strict=True)
    )
    return Parity(
        accounts=len(ours),
        only_champion=len(champion.portfolio) - len(ours),
        only_launching=len(launching.portfolio) - len(ours),
        same_state=sum(states),
        same_score=int(score.sum()),
        same_score_and_limit=int((score & limit).sum()),
    )


def swap_set(champion: Decided, launching: Decided) -> tuple[SwapGroup, ...]:
    """The swap set of the accounts of both: all, by product, and by the champion's grade."""
    ours, theirs = _places(champion, launching)
    before, after = (
        DecidedAmounts.at(champion.batch, ours),
        DecidedAmounts.at(launching.batch, theirs),
    )
    today = champion.portfolio.limit_minor[ours]
    return tuple(
        _swap_group(change_of(name, today, before, after, inside))
        for name, inside in _groups(champion, ours)
    )


def _swap_group(change: Change) -> SwapGroup:
    """A change from the champion's decisions to those of the launching version."""
    before, after = change.before, change.after
    return SwapGroup(
        name=change.name,
        accounts=before.accounts,
        raised_by_launching=change.raises_new,
        raised_by_champion=change.raises_stopped,
        cut_by_launching=change.cuts_new,
        cut_by_champion=change.cuts_stopped,
        limit_minor=after.limit_minor - before.limit_minor,
        expected_profit_minor=after.expected_profit_minor - before.expected_profit_minor,
        expected_loss_minor=after.expected_loss_minor - before.expected_loss_minor,
        exposure_minor=after.exposure_minor - before.exposure_minor,
    )


def _places(
    champion: Decided, launching: Decided
) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Where the accounts of both stand in each."""
    _, ours, theirs = np.intersect1d(
        champion.portfolio.account_id,
        launching.portfolio.account_id,
        assume_unique=True,
        return_indices=True,
    )
    return ours, theirs


def _groups(
    champion: Decided, ours: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> Iterator[tuple[str, Flags]]:
    """A name and its accounts; a group without accounts is left out."""
    product, grade = champion.portfolio.product[ours], champion.batch.grade[ours]
    yield EVERYONE, np.ones(len(ours), dtype=np.bool_)
    for place, name in enumerate(PRODUCTS):
        if (inside := product == place).any():
            yield f"product {name}", inside
    for place, letter in enumerate(Grade):
        if (inside := grade == place).any():
            yield f"grade {letter}", inside

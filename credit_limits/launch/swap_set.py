"""What another model's decisions would change: parity, and the swap set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from credit_limits.policy.portfolio import PRODUCTS, Flags, Floats, Portfolio
from credit_limits.policy.risk_grades import Grade

if TYPE_CHECKING:  # whoever reads the rows of a launch need not load what decides
    from credit_limits.decisions import DecisionBatch

EVERYONE = "all accounts"


@dataclass(frozen=True, slots=True)
class Decided:
    """A portfolio with what one model decided for it, and digests of what was read beside features.

    All in order of account.
    """

    portfolio: Portfolio
    batch: "DecisionBatch"
    state_digests: Sequence[str]


@dataclass(frozen=True, slots=True)
class Parity:
    """Whether two models decided the same rows: accounts of both, and of one of them alone.

    Of the accounts of both: ``same_state`` were read alike, ``same_score`` scored alike to the
    last bit, ``same_score_and_limit`` given the same limit besides. Where the models are equal,
    all of these are all of the accounts.
    """

    accounts: int
    only_champion: int
    only_launching: int
    same_state: int
    same_score: int
    same_score_and_limit: int


@dataclass(frozen=True, slots=True)
class SwapGroup:
    """The swap set of a group of accounts.

    How many the launching version alone would raise or cut, and how many the champion alone does.
    Differences are launching less champion, minor units, profit and loss a year.
    """

    name: str
    accounts: int
    raised_by_launching: int
    raised_by_champion: int
    cut_by_launching: int
    cut_by_champion: int
    limit_minor: int
    expected_profit_minor: float
    expected_loss_minor: float
    exposure_minor: float


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
    first, second = champion.batch, launching.batch
    before = champion.portfolio.limit_minor[ours]
    moves = [np.sign(first.to_minor[ours] - before), np.sign(second.to_minor[theirs] - before)]
    apart: dict[str, Floats] = {
        name: getattr(second, field)[theirs] - getattr(first, field)[ours]
        for name, field in _AMOUNTS.items()
    }
    return tuple(
        SwapGroup(
            name=name,
            accounts=int(inside.sum()),
            raised_by_launching=int((inside & (moves[1] > 0) & (moves[0] <= 0)).sum()),
            raised_by_champion=int((inside & (moves[0] > 0) & (moves[1] <= 0)).sum()),
            cut_by_launching=int((inside & (moves[1] < 0) & (moves[0] >= 0)).sum()),
            cut_by_champion=int((inside & (moves[0] < 0) & (moves[1] >= 0)).sum()),
            limit_minor=int(apart["limit_minor"][inside].sum()),
            **{field: float(apart[field][inside].sum()) for field in list(_AMOUNTS)[1:]},
        )
        for name, inside in _groups(champion, ours)
    )


_AMOUNTS = {"limit_minor": "to_minor"} | {
    name: name for name in ("expected_profit_minor", "expected_loss_minor", "exposure_minor")
}


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

"""What becomes of a portfolio's decisions when something that decides is changed.

Two batches are held side by side: the decisions as they would be made, and those under the change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from credit_limits.decisions import DecisionBatch
from credit_limits.domain.account import Scenario
from credit_limits.domain.decision import Action
from credit_limits.explanation.reasons import ACTIONS, Codes
from credit_limits.policy.portfolio import PRODUCTS, SEGMENTS, Flags, Floats, Integers, Portfolio
from credit_limits.policy.risk_grades import Grade
from credit_limits.policy.scenario_limits import NO_SUB_LIMIT


@dataclass(frozen=True, slots=True)
class BookSums:
    """What decisions come to over some accounts: counts, and amounts in minor units.

    ``limit_minor`` is the sum of limits after the decisions, ``added_minor`` of what raises add.
    Profit and loss are those expected of a year; the expected loss is over the exposure at
    default, with what is drawn of the undrawn part through the credit conversion factor. The
    provision is what is set aside for losses: of a year, or of a whole life where risk has risen.
    """

    accounts: int
    raised: int
    lowered: int
    limit_minor: int
    added_minor: int
    exposure_minor: float
    expected_loss_minor: float
    provision_minor: float
    expected_profit_minor: float


@dataclass(frozen=True, slots=True)
class DecidedAmounts:
    """What comparisons read of a batch: for each account limit, action and expected figures."""

    to_minor: Integers
    action: Codes
    exposure_minor: Floats
    expected_loss_minor: Floats
    provision_minor: Floats
    expected_profit_minor: Floats

    @classmethod
    def of(cls, batch: DecisionBatch) -> "DecidedAmounts":
        """Of every account, in the batch's order."""
        return cls(*(getattr(batch, each.name) for each in fields(cls)))

    @classmethod
    def at(cls, batch: DecisionBatch, places: Integers) -> "DecidedAmounts":
        """Of the accounts at these places of the batch, in their order."""
        return cls(*(getattr(batch, each.name)[places] for each in fields(cls)))


@dataclass(frozen=True, slots=True)
class Change:
    """Some accounts before and under a change.

    ``moved`` counts those with another action or another limit, ``higher`` and ``lower`` those
    with such a limit, ``raises_stopped`` those that would have been raised and now are not,
    ``raises_new`` the other way round; ``cuts_stopped`` and ``cuts_new`` are of cuts.
    """

    name: str
    moved: int
    higher: int
    lower: int
    raises_stopped: int
    raises_new: int
    cuts_stopped: int
    cuts_new: int
    before: BookSums
    after: BookSums


@dataclass(frozen=True, slots=True)
class ActionPair:
    """How many accounts go from one action to another, and their limits under each."""

    before: Action
    after: Action
    accounts: int
    limit_before_minor: int
    limit_after_minor: int


@dataclass(frozen=True, slots=True)
class ScenarioChange:
    """The sub-limits of one use of the pay-later line, before and under a change.

    ``accounts`` have sub-limits under both; that of this use goes up for ``higher`` of them and
    down for ``lower``, and for ``alone`` of these the limit itself stays. Means are over all of
    ``accounts``, in minor units.
    """

    scenario: Scenario
    accounts: int
    higher: int
    lower: int
    alone: int
    mean_before_minor: float
    mean_after_minor: float

    @property
    def moved(self) -> int:
        """How many accounts get another sub-limit for this use."""
        return self.higher + self.lower


@dataclass(frozen=True, slots=True)
class Comparison:
    """A change over the whole portfolio, by grade of risk before it, by segment and by product.

    ``by_scenario`` is empty where no account has sub-limits. ``sub_limits_moved_alone`` counts the
    accounts that keep their limit and get another sub-limit for some use.
    """

    total: Change
    by_grade: tuple[Change, ...]
    by_segment: tuple[Change, ...]
    by_product: tuple[Change, ...]
    by_scenario: tuple[ScenarioChange, ...]
    sub_limits_moved_alone: int
    swaps: tuple[ActionPair, ...]


def compare(portfolio: Portfolio, before: DecisionBatch, after: DecisionBatch) -> Comparison:
    """Two batches of one portfolio side by side; a group without accounts is left out."""
    first, second, today = (
        DecidedAmounts.of(before),
        DecidedAmounts.of(after),
        portfolio.limit_minor,
    )

    def changes(groups: Mapping[str, Flags]) -> tuple[Change, ...]:
        return tuple(
            change_of(name, today, first, second, inside)
            for name, inside in groups.items()
            if inside.any()
        )

    segments = {str(each): portfolio.segment == place for place, each in enumerate(SEGMENTS)}
    everyone = np.ones(len(portfolio), dtype=np.bool_)
    return Comparison(
        total=change_of("all", today, first, second, everyone),
        by_grade=changes({each: before.grade == place for place, each in enumerate(Grade)}),
        by_segment=changes(segments | {"not known": portfolio.segment < 0}),
        by_product=changes({p: portfolio.product == place for place, p in enumerate(PRODUCTS)}),
        by_scenario=scenario_changes(before, after),
        sub_limits_moved_alone=int(_moved_alone(before, after).any(axis=1).sum()),
        swaps=action_pairs(first, second),
    )


def scenario_changes(before: DecisionBatch, after: DecisionBatch) -> tuple[ScenarioChange, ...]:
    """Every use of the pay-later line in its order; none where no account has sub-limits."""
    held = _have_sub_limits(before, after)
    if not held.any():
        return ()
    first, second = (batch.scenario_limits_minor[held] for batch in (before, after))
    alone = _moved_alone(before, after)[held]
    return tuple(
        ScenarioChange(
            scenario=scenario,
            accounts=int(held.sum()),
            higher=int((second[:, place] > first[:, place]).sum()),
            lower=int((second[:, place] < first[:, place]).sum()),
            alone=int(alone[:, place].sum()),
            mean_before_minor=float(first[:, place].mean()),
            mean_after_minor=float(second[:, place].mean()),
        )
        for place, scenario in enumerate(Scenario)
    )


def _have_sub_limits(before: DecisionBatch, after: DecisionBatch) -> Flags:
    both = np.stack([before.scenario_limits_minor, after.scenario_limits_minor])
    return np.asarray((both != NO_SUB_LIMIT).all(axis=(0, 2)))


def _moved_alone(before: DecisionBatch, after: DecisionBatch) -> Flags:
    """Whose sub-limit for a use moves while the limit stays, shape (N, 9)."""
    same = (before.to_minor == after.to_minor) & _have_sub_limits(before, after)
    moves = before.scenario_limits_minor != after.scenario_limits_minor
    return np.asarray(moves & same[:, None])


def book_sums(today_minor: Integers, batch: DecidedAmounts, inside: Flags) -> BookSums:
    """The sums over the accounts whose flag is set; ``today_minor`` are their limits today."""
    change = (batch.to_minor - today_minor)[inside]
    return BookSums(
        accounts=int(inside.sum()),
        raised=int((change > 0).sum()),
        lowered=int((change < 0).sum()),
        limit_minor=int(batch.to_minor[inside].sum()),
        added_minor=int(change[change > 0].sum()),
        exposure_minor=float(batch.exposure_minor[inside].sum()),
        expected_loss_minor=float(batch.expected_loss_minor[inside].sum()),
        provision_minor=float(batch.provision_minor[inside].sum()),
        expected_profit_minor=float(batch.expected_profit_minor[inside].sum()),
    )


def change_of(
    name: str, today_minor: Integers, before: DecidedAmounts, after: DecidedAmounts, inside: Flags
) -> Change:
    """The accounts whose flag is set, under both; all in the order of one portfolio."""
    rose, rises = (batch.to_minor > today_minor for batch in (before, after))
    fell, falls = (batch.to_minor < today_minor for batch in (before, after))
    return Change(
        name=name,
        moved=int((moved(before, after) & inside).sum()),
        higher=int(((after.to_minor > before.to_minor) & inside).sum()),
        lower=int(((after.to_minor < before.to_minor) & inside).sum()),
        raises_stopped=int((rose & ~rises & inside).sum()),
        raises_new=int((rises & ~rose & inside).sum()),
        cuts_stopped=int((fell & ~falls & inside).sum()),
        cuts_new=int((falls & ~fell & inside).sum()),
        before=book_sums(today_minor, before, inside),
        after=book_sums(today_minor, after, inside),
    )


def moved(before: DecidedAmounts, after: DecidedAmounts) -> Flags:
    """Which accounts get another action or another limit."""
    return np.asarray((before.to_minor != after.to_minor) | (before.action != after.action))


def action_pairs(before: DecidedAmounts, after: DecidedAmounts) -> tuple[ActionPair, ...]:
    """Every pair of actions that an account has, in the order of the actions.

    Accounts raised under both, to other limits, are a pair as well.
    """
    pairs = []
    for first, one in enumerate(ACTIONS):
        for second, other in enumerate(ACTIONS):
            inside = (before.action == first) & (after.action == second)
            if inside.any():
                limits = (int(batch.to_minor[inside].sum()) for batch in (before, after))
                pairs.append(ActionPair(one, other, int(inside.sum()), *limits))
    return tuple(pairs)

"""What a batch of decisions is made from, in hand, and the one way rows are made of it.

A cycle makes its decisions here for the first time, a replay for the second.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from credit_limits.decisions import DecisionBatch, decide
from credit_limits.explanation.reasons import (
    MOST_REASONS,
    NONE,
    driven_by_risk,
    strongest_features,
)
from credit_limits.policy.brakes import Brakes
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import Flags, Floats, Portfolio
from credit_limits.policy.rulebook import RuleBook
from credit_limits.portfolio_problem import DayAccounts
from tidegate.operations.decision_rows import (
    Identity,
    Lineage,
    decision_rows,
    listed,
    listed_numbers,
)
from tidegate.operations.past_due_links import PastDueLinks, link_texts
from training.model import DefaultRiskModel

_CONTRIBUTION_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Undecided:
    """N accounts, scored, and what decides about them.

    ``label_window_months`` is the window of the default probability that ``portfolio`` holds.
    ``day`` says of a portfolio that is a part of its day's how many accounts share a count of
    changes; the counts of others are theirs alone.
    """

    portfolio: Portfolio
    policy: LimitPolicy
    brakes: Brakes
    rulebook: RuleBook
    label_window_months: int
    day: DayAccounts = field(default_factory=dict, kw_only=True)

    def decided(self) -> DecisionBatch:
        """The decisions, in the portfolio's order; nothing is written.

        Raises:
            AllocationInfeasible: the caps of the policy cannot be met.
            PolicyError: the policy does not know the model's label window.
        """
        return decide(
            self.portfolio,
            self.policy,
            self.label_window_months,
            self.brakes,
            self.rulebook,
            day=self.day,
        )


@dataclass(frozen=True, slots=True)
class DecisionInputs(Undecided):
    """N accounts and what decides about them, with what their model read.

    ``features``, shape (N, F), are the inputs of ``model`` in its order; ``portfolio`` holds the
    score that it gave them. ``links`` are those that its linked risk counts.
    """

    features: Floats
    links: PastDueLinks
    model: DefaultRiskModel

    def where(self, flags: Flags) -> "DecisionInputs":
        """The accounts whose flag is set, in the same order."""
        return replace(self, portfolio=self.portfolio.where(flags), features=self.features[flags])


def model_inputs(scored: pd.DataFrame, portfolio: Portfolio, model: DefaultRiskModel) -> Floats:
    """The model's inputs of the portfolio's accounts, in its order, shape (N, F)."""
    order = pd.Index(scored["account_id"]).get_indexer(portfolio.account_id.tolist())
    names = model.feature_names
    features = np.empty((len(portfolio), len(names)))
    for place, name in enumerate(names):
        features[:, place] = scored[name].to_numpy(np.float64, na_value=np.nan)[order]
    return features


def make_decisions(
    inputs: DecisionInputs, lineage: Lineage, identity: Identity, *, threads: int
) -> tuple[DecisionBatch, pa.Table]:
    """Decide, and write the decisions as rows of the lake, in the portfolio's order.

    Raises:
        AllocationInfeasible: the caps of the policy cannot be met.
        PolicyError: the policy does not know the model's label window.
    """
    batch = inputs.decided()
    names, contributions = feature_reasons(inputs, batch, threads)
    rows = decision_rows(
        inputs.portfolio,
        batch,
        lineage,
        identity=identity,
        feature_reasons=names,
        feature_contributions=contributions,
        past_due_links=link_texts(inputs.portfolio, inputs.links),
    )
    return batch, rows


def feature_reasons(
    inputs: DecisionInputs, batch: DecisionBatch, threads: int
) -> tuple[pa.Array, pa.Array]:
    """Inputs that raise the risk most, where a reason rests on the risk, and by how much each."""
    places = np.full((len(inputs.portfolio), MOST_REASONS), NONE, dtype=np.int64)
    raised_by = np.zeros(places.shape)
    needed = driven_by_risk(batch.reasons)
    if needed.any():
        contributions = inputs.model.contributions(inputs.features[needed], threads=threads)
        strongest = strongest_features(contributions)
        places[needed] = strongest
        picked = np.take_along_axis(contributions, np.maximum(strongest, 0), axis=1)
        raised_by[needed] = picked.round(_CONTRIBUTION_DIGITS)
    ranks = np.where(places == NONE, NONE, np.arange(MOST_REASONS))
    return listed(places, inputs.model.feature_names), listed_numbers(ranks, raised_by)

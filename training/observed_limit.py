"""What mere observation says of default at a higher limit: a warning, and no estimate of an effect.

Two slopes of default by the logarithm of the limit, on the rows that a model of default learnt
from. The naive one compares accounts as they stand. The learned one is double machine learning:
default and log limit are each predicted from everything else that is known, by boosted trees that
did not see the row, and what is left of the one is regressed on what is left of the other
(Chernozhukov et al., Double/debiased machine learning for treatment and structural parameters,
2018, the partially linear model). Limits were set by more than is known, so both may have the sign
of the selection. Neither is ever used by a gate or a decision.
"""

from dataclasses import asdict, dataclass

import lightgbm
import numpy as np

from credit_limits.gates.measured import Interval
from training.response_fit import NORMAL_95
from training.response_policy import ObservationPolicy
from training.rows import Floats, Indices, LabelledRows

LIMIT = "limit_minor"
_OF_THE_LIMIT = ("utilization_ratio", "balance_trend")


@dataclass(frozen=True, slots=True)
class ObservedLimit:
    """Slopes of the chance of default, 0 to 1, per log of the limit; of ``rows`` rows.

    ``per_log_odds``: mean of p (1 - p) over the rows, by which a slope of the log odds becomes one
    of the chance. At a default rate of 0.02, a policy's 0.25 log odds per log become
    0.25 x 0.0196 = 0.0049.
    """

    rows: int
    naive: Interval
    learned: Interval
    per_log_odds: float

    def as_plain(self) -> dict[str, object]:
        """Everything by name, JSON-able."""
        return asdict(self)


def observe_limit(
    rows: LabelledRows, policy: ObservationPolicy, *, seed: int, threads: int
) -> ObservedLimit | None:
    """Both slopes; None where rows are too few, or the limit is no feature or one for all.

    Args:
        rows: labelled rows with the features of a service.
        policy: how many rows are read at least and at most, how many folds and trees.
        seed: of the customers that are drawn, and of their folds.
        threads: bound on CPU use; no result depends on it.
    """
    if LIMIT not in rows.feature_names:
        return None
    limit = rows.frame[LIMIT].to_numpy(np.float64)
    known = np.flatnonzero(limit > 0.0)
    random = np.random.default_rng(seed)
    kept = known[_drawn(rows.customers[known], policy.rows_ceiling, random)]
    if len(kept) < policy.rows_floor or np.ptp(limit[kept]) == 0.0:
        return None
    drawn = rows.take(kept.astype(np.intp))
    dose, label = np.log(limit[kept]), drawn.labels.astype(np.float64)
    fold = random.integers(0, policy.folds, drawn.customers.max() + 1)[drawn.customers]
    known_beside = _controls(drawn)
    predicted = [
        _out_of_fold(known_beside, target, fold, policy, threads) for target in (dose, label)
    ]
    chance = np.clip(predicted[1], 0.0, 1.0)
    return ObservedLimit(
        rows=len(kept),
        naive=_slope(dose - dose.mean(), label - label.mean(), drawn.customers),
        learned=_slope(dose - predicted[0], label - predicted[1], drawn.customers),
        per_log_odds=float((chance * (1.0 - chance)).mean()),
    )


def _drawn(customers: Indices, ceiling: int, random: np.random.Generator) -> Indices:
    """Places of whole customers, in their order, together no more than the ceiling."""
    order = random.permutation(int(customers.max(initial=-1)) + 1)
    counts = np.bincount(customers, minlength=len(order))[order]
    kept = order[np.cumsum(counts) <= ceiling]
    return np.flatnonzero(np.isin(customers, kept))


def _controls(rows: LabelledRows) -> Floats:
    """The features that are neither the limit nor a ratio to it."""
    names = [
        name for name in rows.feature_names if name != LIMIT and not name.startswith(_OF_THE_LIMIT)
    ]
    return rows.frame[names].to_numpy(np.float64)


def _out_of_fold(
    inputs: Floats, target: Floats, fold: Indices, policy: ObservationPolicy, threads: int
) -> Floats:
    """The target as trees predict it that did not see the row's fold."""
    found = np.empty(len(target))
    for place in range(policy.folds):
        inside = fold == place
        booster = lightgbm.train(
            {
                "objective": "regression",
                "learning_rate": 0.1,
                "num_leaves": 15,
                "min_data_in_leaf": 60,
                "max_bin": 63,
                "deterministic": True,
                "force_row_wise": True,
                "num_threads": threads,
                "verbosity": -1,
            },
            lightgbm.Dataset(inputs[~inside], target[~inside]),
            num_boost_round=policy.trees,
        )
        found[inside] = booster.predict(inputs[inside], num_threads=threads)
    return found


def _slope(dose: Floats, outcome: Floats, customer: Indices) -> Interval:
    """Least squares through 0, with the rows of a customer taken together in its error."""
    spread = float(dose @ dose)
    value = float(dose @ outcome) / spread
    score = np.bincount(customer, weights=dose * (outcome - value * dose))
    error = float(np.sqrt(score @ score)) / spread
    return Interval(value, value - NORMAL_95 * error, value + NORMAL_95 * error)


def observed_section(found: ObservedLimit) -> str:
    """The section of a model card, in Markdown."""

    def points(interval: Interval) -> str:
        value, low, high = (100.0 * end for end in (interval.value, interval.low, interval.high))
        return f"{value:+.2f} | {low:+.2f} | {high:+.2f}"

    return f"""## What observation says of the limit

Points of default, in 100, per log of the limit, on {found.rows:,} rows:

| | slope | from | to |
| --- | --- | --- | --- |
| accounts as they stand | {points(found.naive)} |
| everything else that is known taken out (double machine learning) | {points(found.learned)} |

A slope below 0 says that high limits were given to those who pay, not that a raise makes safer. No
check and no decision uses these figures; what a limit does is known from limits drawn at random
alone (model `limit_response`)."""

"""How decisions treat the groups of a protected attribute, and how far inputs stand in for it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from credit_limits.gates.decision_evidence import AttributeTreated, FairnessEvidence, GroupTreated

_RIDGE = 1.0
_MOST_PROXY_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class DecidedCustomers:
    """N customers with what would be decided for them.

    ``added_minor``: by how much all their limits together would rise, 0 where none is raised.
    ``good``: their latest known label is no default; false also where no label is known.
    ``score`` (N) and ``inputs`` (N, F, NaN where not known) are what the model decides from.
    ``ValueError`` where lengths differ.
    """

    added_minor: npt.NDArray[np.float64]
    good: npt.NDArray[np.bool_]
    score: npt.NDArray[np.float64]
    inputs: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        columns = (self.good, self.score, self.inputs)
        if any(len(column) != len(self.added_minor) for column in columns):
            raise ValueError("every column of decided customers has one place a customer")

    def __len__(self) -> int:
        return len(self.added_minor)


def measure_fairness(
    customers: DecidedCustomers, attributes: Mapping[str, npt.NDArray[np.object_]]
) -> FairnessEvidence:
    """Treatment of every group of every attribute that the lender knows.

    Args:
        customers: with what would be decided.
        attributes: by name, for each customer the group as a text, or None where not known; an
            attribute that is known of nobody is left out.
    """
    proxies = _Proxies.of(customers)
    known = {name: groups for name, groups in sorted(attributes.items()) if _groups(groups)}
    return FairnessEvidence(
        len(customers),
        tuple(
            AttributeTreated(
                name,
                tuple(_treated(customers, groups, group, proxies) for group in _groups(groups)),
            )
            for name, groups in known.items()
        ),
    )


def _groups(groups: npt.NDArray[np.object_]) -> list[str]:
    return sorted({group for group in groups.tolist() if group is not None})


def _treated(
    customers: DecidedCustomers,
    groups: npt.NDArray[np.object_],
    group: str,
    proxies: "_Proxies",
) -> GroupTreated:
    inside = np.asarray(groups == group, dtype=np.bool_)
    known = np.array([value is not None for value in groups.tolist()], dtype=np.bool_)
    added = customers.added_minor[inside]
    raised, good = added > 0, customers.good[inside]
    by_score, by_inputs = proxies.separations(inside, known)
    return GroupTreated(
        group=group,
        customers=int(inside.sum()),
        raised=int(raised.sum()),
        good=int(good.sum()),
        good_raised=int((good & raised).sum()),
        added_mean_minor=float(added[raised].mean()) if raised.any() else 0.0,
        added_deviation_minor=float(added[raised].std(ddof=1)) if raised.sum() > 1 else 0.0,
        score_auc=by_score,
        inputs_auc=by_inputs,
    )


def separation(member: npt.NDArray[np.bool_], value: npt.NDArray[np.float64]) -> float:
    """How well a value tells members from others: the AUC, turned so that it is at least 0.5.

    0.5 where there are only members or only others: nobody can be told from nobody.

    >>> member = np.array([True, True, False, False])
    >>> separation(member, np.array([1.0, 2.0, 3.0, 2.0]))
    0.875
    """
    members, others = int(member.sum()), int((~member).sum())
    if not members or not others:
        return 0.5
    ranks = float(rankdata(value)[member].sum())
    auc = (ranks - members * (members + 1) / 2) / (members * others)
    return max(auc, 1.0 - auc)


@dataclass(frozen=True, slots=True)
class _Proxies:
    """What a group could be told by: at most 10,000 customers' scores and ranked inputs.

    ``halves`` holds the ranked inputs of every other of the drawn customers and of the rest,
    ``fitted`` for each half the matrix that turns a target on its rows into a linear fit.
    """

    drawn: slice
    score: npt.NDArray[np.float64]
    halves: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    fitted: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]

    @classmethod
    def of(cls, customers: DecidedCustomers) -> "_Proxies":
        drawn = slice(None, None, max(1, -(-len(customers) // _MOST_PROXY_ROWS)))
        ranked = _ranked(customers.inputs[drawn])
        halves = (np.ascontiguousarray(ranked[::2]), np.ascontiguousarray(ranked[1::2]))
        return cls(drawn, customers.score[drawn], halves, (_fit(halves[0]), _fit(halves[1])))

    def separations(
        self, inside: npt.NDArray[np.bool_], known: npt.NDArray[np.bool_]
    ) -> tuple[float, float]:
        """AUC of the score and of the inputs for members among those whose group is known.

        Membership is fitted to the ranks of the inputs, which is Fisher's discriminant; each half
        of the customers is predicted by the fit on the other, so that chance is not knowledge.
        """
        member, known = inside[self.drawn], known[self.drawn]
        target = np.where(known, member - (member[known].mean() if known.any() else 0.0), 0.0)
        predicted = np.empty(len(member))
        predicted[::2] = self.halves[0] @ (self.fitted[1] @ target[1::2])
        predicted[1::2] = self.halves[1] @ (self.fitted[0] @ target[::2])
        by_score = separation(member[known], self.score[known])
        return by_score, _rising(member[known], predicted[known])


def _fit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    gram = rows.T @ rows + _RIDGE * np.eye(rows.shape[1])
    return np.asarray(np.linalg.solve(gram, rows.T))


def _rising(member: npt.NDArray[np.bool_], predicted: npt.NDArray[np.float64]) -> float:
    """Separation, 0.5 where members are predicted lower: such a fit knows nothing."""
    if not member.any() or member.all():
        return 0.5
    rises = rankdata(predicted)[member].mean() > (len(member) + 1) / 2
    return separation(member, predicted) if rises else 0.5


def _ranked(inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each input as its rank, -0.5 to 0.5, 0 where not known, and beside it whether it is known."""
    known = ~np.isnan(inputs)
    ranks = np.zeros_like(inputs)
    for place, column in enumerate(inputs.T):
        seen = known[:, place]
        if seen.any():
            ranks[seen, place] = rankdata(column[seen]) / (seen.sum() + 1) - 0.5
    unknown = (~known).astype(np.float64)
    return np.hstack([ranks, unknown - unknown.mean(axis=0)]) if len(inputs) else ranks

"""Decisions as rows of the lake: their ids, the digests they are proven by, their columns."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from credit_limits.decisions import DecisionBatch
from credit_limits.domain.digest import canonical_json, digest_of
from credit_limits.domain.periods import add_months, end_of_day
from credit_limits.explanation.reasons import ACTIONS, REASONS
from credit_limits.policy.brakes import NO_BRAKES, Brakes
from credit_limits.policy.portfolio import FEATURES_READ, PRODUCTS, Floats, Integers, Portfolio
from credit_limits.policy.risk_grades import Grade

_ID_DIGITS = 20
_DAY = np.timedelta64(1, "D")
_INSTANT = pa.timestamp("us", tz="UTC")
_STATE = (
    "product",
    "status",
    "limit_minor",
    "balance_minor",
    "annual_rate",
    "human_review_only",
    "declines_increases",
    "months_since_limit_change",
    "customer_total_minor",
    "customer_account_count",
)


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a batch follows from: model, certificate, policy, brakes, and versions of the tables."""

    model_version: str
    artefact_digest: str
    certificate_digest: str
    policy_version: str
    policy_digest: str
    data_versions: Mapping[str, int]
    brakes: Brakes = NO_BRAKES


def feature_row_digests(portfolio: Portfolio, features: Floats) -> list[str]:
    """SHA-256, an account, of all that its decision reads: model inputs and the account's state.

    ``features``, shape (N, F), are the model's inputs in the order of its service. Every kind of
    "not known" is one and the same, and so are 0 and -0.
    """
    state = [np.asarray(getattr(portfolio, name), np.float64) for name in _STATE]
    state += [getattr(portfolio.features, name) for name in FEATURES_READ]
    until = portfolio.increases_closed_until
    state.append(np.where(np.isnat(until), np.nan, until.astype("datetime64[D]").astype(float)))
    matrix = np.column_stack([features, *state]) + 0.0
    matrix[np.isnan(matrix)] = np.nan
    data, width = matrix.astype("<f8").tobytes(), matrix.shape[1] * 8
    return [
        hashlib.sha256(data[place : place + width]).hexdigest()
        for place in range(0, len(data), width)
    ]


def decision_ids(portfolio: Portfolio, row_digests: Sequence[str], lineage: Lineage) -> list[str]:
    """An id for each decision, derived from all that it follows from: 20 hexadecimal digits.

    A brake is part of the ids of the products that it holds for, and of no others.
    """
    shared = [portfolio.as_of, lineage.artefact_digest, lineage.policy_digest]
    stopped = [lineage.brakes.measures(product) for product in PRODUCTS]
    return [
        digest_of([account, *shared, row, *stopped[product]])[:_ID_DIGITS]
        for account, product, row in zip(
            portfolio.account_id.tolist(), portfolio.product.tolist(), row_digests, strict=True
        )
    ]


def decision_rows(
    portfolio: Portfolio,
    batch: DecisionBatch,
    lineage: Lineage,
    *,
    ids: Sequence[str],
    row_digests: Sequence[str],
    feature_reasons: pa.Array,
) -> pa.Table:
    """The rows of the table ``decisions``, in the portfolio's order; amounts in minor units."""
    count = len(portfolio)
    instant = pa.repeat(pa.scalar(end_of_day(portfolio.as_of), _INSTANT), count)
    return pa.table(
        {
            "decision_id": pa.array(ids, pa.string()),
            "account_id": pa.array(portfolio.account_id, pa.string()),
            "customer_id": pa.array(portfolio.customer_id, pa.string()),
            "product": named(portfolio.product, PRODUCTS),
            "from_minor": pa.array(portfolio.limit_minor),
            "to_minor": pa.array(batch.to_minor),
            "action": named(batch.action, ACTIONS),
            "reasons": listed(batch.reasons, REASONS),
            "feature_reasons": feature_reasons,
            "increases_closed_until": _closed_until(portfolio, batch.close_months),
            "default_probability": pa.array(portfolio.default_probability),
            "grade": named(batch.grade, tuple(Grade)),
            "expected_profit_minor": _whole(batch.expected_profit_minor),
            "expected_loss_minor": _whole(batch.expected_loss_minor),
            "exposure_minor": _whole(batch.exposure_minor),
            "model_version": _same(lineage.model_version, count),
            "policy_version": _same(lineage.policy_version, count),
            "certificate_digest": _same(lineage.certificate_digest, count),
            "feature_row_digest": pa.array(row_digests, pa.string()),
            "data_versions": _same(canonical_json(dict(lineage.data_versions)).decode(), count),
            "as_of": pa.repeat(pa.scalar(portfolio.as_of, pa.date32()), count),
            "event_timestamp": instant,
            "created_timestamp": instant,
        }
    )


def leaf_digests(rows: pa.Table) -> list[str]:
    """The digest of each decision row, in order of account: what the Merkle root is made of.

    ``rows`` as the lake holds them; their ``batch_id`` is part of the digest.
    """
    return [digest_of(row) for row in rows.sort_by("account_id").to_pylist()]


def named(places: Integers, names: Sequence[str]) -> pa.Array:
    """Texts for places in ``names``."""
    return pa.array([str(name) for name in names], pa.string()).take(pa.array(places))


def listed(places: npt.NDArray[np.int64], names: Sequence[str]) -> pa.Array:
    """A list of texts a row for places of shape (N, most); negative places are left out."""
    there = places >= 0
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()), named(places[there], names), type=pa.list_(pa.string())
    )


def _closed_until(portfolio: Portfolio, close_months: Integers) -> pa.Array:
    """The last day on which raises are closed: by this decision or by an earlier one."""
    never = np.datetime64("NaT", "D")
    months, place = np.unique(close_months, return_inverse=True)
    ends = [add_months(portfolio.as_of, length) if length else never for length in months.tolist()]
    own = np.array(ends, "datetime64[D]")[place]
    earlier = portfolio.increases_closed_until
    lasting = np.where(earlier >= np.datetime64(portfolio.as_of), earlier, never)
    last = np.fmax(own, lasting).astype("datetime64[us]") + _DAY - np.timedelta64(1, "us")
    return pa.array(last).cast(_INSTANT)


def _same(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _whole(amounts: Floats) -> pa.Array:
    return pa.array(np.rint(amounts).astype(np.int64))

"""Decisions as rows of the lake: their ids, the digests they are proven by, their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit_limits.decisions import DecisionBatch
from credit_limits.domain.account import Scenario
from credit_limits.domain.digest import canonical_json, digest_bytes
from credit_limits.domain.periods import add_months, end_of_day
from credit_limits.explanation.reasons import ACTIONS, NONE, REASONS
from credit_limits.ledger.row_texts import row_digests
from credit_limits.policy.brakes import NO_BRAKES, Brakes
from credit_limits.policy.portfolio import (
    FEATURES_READ,
    PRODUCTS,
    SEGMENTS,
    STATUSES,
    Flags,
    Floats,
    Integers,
    Portfolio,
)
from credit_limits.policy.risk_grades import Grade
from tidegate.operations.past_due_links import LINKS_COLUMN
from tidegate.operations.rule_rows import rule_texts

_CHUNK_ROWS = 65_536
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
    "state_causes",
    "state_conflict",
    "months_since_limit_change",
    "months_since_extension",
    "months_since_rate_change",
    "income_lost_ratio",
    "customer_total_minor",
    "customer_account_count",
    "segment",
)
_SEGMENT_NAMES = (*SEGMENTS, "")  # one that is not known has place -1, the last
_STATE_DAYS = ("state_since", "increases_closed_until")


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a batch follows from, from the model to the overlay and the brakes.

    ``limit_response_version`` and ``limit_response_digest`` are of the registered limit response,
    empty where the policy's own assumptions decided.

    ``data_versions`` are the Delta versions of the tables; ``code_digest`` and ``solver_digest``
    are those of :mod:`tidegate.operations.source_digests`.
    """

    model_version: str
    artefact_digest: str
    certificate_digest: str
    policy_version: str
    policy_digest: str
    data_versions: Mapping[str, int]
    code_digest: str
    solver_digest: str
    rulebook_version: str
    rulebook_digest: str
    overlay_version: str
    overlay_digest: str
    limit_response_version: str
    limit_response_digest: str
    brakes: Brakes = NO_BRAKES


@dataclass(frozen=True, slots=True)
class Identity:
    """What N decisions are known and compared by, in the portfolio's order.

    ``row_digests`` are over all that a decision reads, ``state_digests`` over the part of it that
    is no feature.
    """

    ids: Sequence[str]
    row_digests: Sequence[str]
    state_digests: Sequence[str]

    def where(self, flags: Flags) -> "Identity":
        """Those whose flag is set, in the same order."""
        kept = np.flatnonzero(flags).tolist()
        columns = (self.ids, self.row_digests, self.state_digests)
        return Identity(*([column[place] for place in kept] for column in columns))


def identify(portfolio: Portfolio, features: Floats, lineage: Lineage) -> Identity:
    """Ids and digests; ``features`` as in :func:`feature_row_digests`."""
    row_digests = feature_row_digests(portfolio, features)
    ids = decision_ids(portfolio, row_digests, lineage)
    return Identity(ids, row_digests, state_digests(portfolio))


def feature_row_digests(portfolio: Portfolio, features: Floats) -> list[str]:
    """SHA-256, an account, of all that its decision reads: model inputs and the account's state.

    ``features``, shape (N, F), are the model's inputs in the order of its service. Every kind of
    "not known" is one and the same, and so are 0 and -0.
    """
    state = _state(portfolio)
    read = [getattr(portfolio.features, name) for name in FEATURES_READ]
    columns = [*state, *read]
    return _matrix_digests([features, *columns])


def state_digests(portfolio: Portfolio) -> list[str]:
    """SHA-256 of each account's state alone: product, limit, balance, wishes, earlier changes."""
    return _matrix_digests(_state(portfolio))


def decision_ids(portfolio: Portfolio, row_digests: Sequence[str], lineage: Lineage) -> list[str]:
    """An id for each decision, derived from all that it follows from: 20 hexadecimal digits.

    The digest of the list of account, date, model, policy, rule book, row and brakes. A brake is
    part of the ids of the accounts that it holds for, and of no others; so is the overlay of those
    whose probability it moves. A limit response is part of every id, where there is one.
    """
    digests = [lineage.artefact_digest, lineage.policy_digest, lineage.rulebook_digest]
    if response := lineage.limit_response_digest:
        digests.append(f"limit response {response}")
    shared = canonical_json([portfolio.as_of, *digests])
    combinations, place = lineage.brakes.combinations(portfolio)
    overlay = (f"overlay {lineage.overlay_digest}",)
    held = [(*orders, *moved) for orders in combinations for moved in ((), overlay)]
    place = place * 2 + (portfolio.default_probability != portfolio.model_probability)
    texts = [canonical_json(list(parts)) for parts in held]
    middle = b"," + shared[1:-1] + b',"'
    ends = [b'",' + parts[1:] if len(parts) > 2 else b'"]' for parts in texts]
    return [
        digest_bytes(b"[" + canonical_json(account) + middle + row.encode() + ends[held_by])[
            :_ID_DIGITS
        ]
        for account, held_by, row in zip(
            portfolio.account_id.tolist(), place.tolist(), row_digests, strict=True
        )
    ]


def decision_rows(
    portfolio: Portfolio,
    batch: DecisionBatch,
    lineage: Lineage,
    *,
    identity: Identity,
    feature_reasons: pa.Array,
    feature_contributions: pa.Array,
    past_due_links: pa.Array,
) -> pa.Table:
    """The rows of the table ``decisions``, in the portfolio's order; amounts in minor units."""
    count = len(portfolio)
    instant = pa.repeat(pa.scalar(end_of_day(portfolio.as_of), _INSTANT), count)
    higher, highest = batch.next_higher, batch.next_higher.limit_minor == 0
    uses = np.where(batch.scenario_limits_minor < 0, NONE, np.arange(len(Scenario)))
    return pa.table(
        {
            "decision_id": pa.array(identity.ids, pa.string()),
            "account_id": pa.array(portfolio.account_id, pa.string()),
            "customer_id": pa.array(portfolio.customer_id, pa.string()),
            "product": named(portfolio.product, PRODUCTS),
            "segment": named(portfolio.segment % len(_SEGMENT_NAMES), _SEGMENT_NAMES),
            "from_minor": pa.array(portfolio.limit_minor),
            "to_minor": pa.array(batch.to_minor),
            "scenarios": listed(uses, tuple(Scenario)),
            "scenario_limits_minor": listed_numbers(uses, batch.scenario_limits_minor),
            "action": named(batch.action, ACTIONS),
            "actions": listed(batch.actions, ACTIONS),
            "reasons": listed(batch.reasons, REASONS),
            "change_reasons": listed(batch.change_reasons, REASONS),
            "rules": rule_texts(batch.rules, count),
            "feature_reasons": feature_reasons,
            "feature_contributions": feature_contributions,
            "increases_closed_until": _closed_until(portfolio, batch.close_months),
            "state_before": named(portfolio.status, STATUSES),
            "state": named(batch.changes.state, STATUSES),
            "state_since": pa.array(batch.changes.since.astype("datetime64[D]"), pa.date32()),
            "state_causes": listed(batch.state_causes, REASONS),
            "linked_past_due_count": _known(portfolio.features.linked_past_due_count),
            LINKS_COLUMN: past_due_links,
            "extension_months": pa.array(batch.changes.extension_months),
            "annual_rate_from": _known(portfolio.annual_rate),
            "annual_rate_to": _known(batch.changes.annual_rate),
            "default_probability": pa.array(portfolio.default_probability),
            "model_default_probability": pa.array(portfolio.model_probability),
            "grade": named(batch.grade, tuple(Grade)),
            "expected_profit_minor": pa.array(_whole(batch.expected_profit_minor)),
            "expected_loss_minor": pa.array(_whole(batch.expected_loss_minor)),
            "exposure_minor": pa.array(_whole(batch.exposure_minor)),
            "provision_minor": pa.array(_whole(batch.provision_minor)),
            "next_limit_minor": pa.array(higher.limit_minor, mask=highest),
            "missed_by_minor": pa.array(_whole(higher.missed_by_minor), mask=highest),
            "model_version": _same(lineage.model_version, count),
            "artefact_digest": _same(lineage.artefact_digest, count),
            "policy_version": _same(lineage.policy_version, count),
            "policy_digest": _same(lineage.policy_digest, count),
            "rulebook_version": _same(lineage.rulebook_version, count),
            "rulebook_digest": _same(lineage.rulebook_digest, count),
            "overlay_version": _same(lineage.overlay_version, count),
            "overlay_digest": _same(lineage.overlay_digest, count),
            "limit_response_version": _same(lineage.limit_response_version, count),
            "limit_response_digest": _same(lineage.limit_response_digest, count),
            "certificate_digest": _same(lineage.certificate_digest, count),
            "code_digest": _same(lineage.code_digest, count),
            "solver_digest": _same(lineage.solver_digest, count),
            "feature_row_digest": pa.array(identity.row_digests, pa.string()),
            "state_digest": pa.array(identity.state_digests, pa.string()),
            "data_versions": _same(canonical_json(dict(lineage.data_versions)).decode(), count),
            "as_of": pa.repeat(pa.scalar(portfolio.as_of, pa.date32()), count),
            "event_timestamp": instant,
            "created_timestamp": instant,
        }
    )


def leaf_digests(rows: pa.Table) -> list[str]:
    """The digest of each decision row, in order of account: what the Merkle root is made of.

    ``rows`` as the lake holds them; their ``batch_id`` is part of the digest. It is the SHA-256
    of the row's canonical JSON, every column by its name.
    """
    order = pc.sort_indices(rows["account_id"]).to_numpy()
    # they are written in that order; a million sorted all the same would be a second gigabyte
    ordered = np.array_equal(order, np.arange(len(order)))
    return row_digests(rows if ordered else rows.take(order))


def named(places: Integers, names: Sequence[str]) -> pa.Array:
    """Texts for places in ``names``."""
    return pa.array([str(name) for name in names], pa.string()).take(pa.array(places))


def listed(places: npt.NDArray[np.int64], names: Sequence[str]) -> pa.Array:
    """A list of texts a row for places of shape (N, most); negative places are left out."""
    there = places >= 0
    return _lists(there, named(places[there], names))


def listed_numbers(places: npt.NDArray[np.int64], numbers: Floats | Integers) -> pa.Array:
    """A list of numbers a row, out of the row of ``numbers`` (N, F), as :func:`listed` does."""
    there = places >= 0
    picked = np.take_along_axis(numbers, np.where(there, places, 0), axis=1)
    return _lists(there, pa.array(picked[there]))


def _lists(there: Flags, values: pa.Array) -> pa.Array:
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), values, type=pa.list_(values.type))


def _state(portfolio: Portfolio) -> list[Floats]:
    """What a decision reads of an account beside its features, as numbers."""
    numbers = [np.asarray(getattr(portfolio, name), np.float64) for name in _STATE]
    days = [getattr(portfolio, name).astype("datetime64[D]") for name in _STATE_DAYS]
    return [*numbers, *(np.where(np.isnat(day), np.nan, day.astype(float)) for day in days)]


def _matrix_digests(columns: Sequence[Floats]) -> list[str]:
    """SHA-256 of each row of the columns side by side, as little-endian doubles."""
    found: list[str] = []
    for start in range(0, len(columns[0]), _CHUNK_ROWS):
        chunk = [column[start : start + _CHUNK_ROWS] for column in columns]
        matrix = np.column_stack(chunk) + 0.0
        matrix[np.isnan(matrix)] = np.nan
        data, width = matrix.astype("<f8").tobytes(), matrix.shape[1] * 8
        found += [digest_bytes(data[at : at + width]) for at in range(0, len(data), width)]
    return found


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


def _known(numbers: Floats) -> pa.Array:
    """Numbers with null for what is not known, or does not change."""
    return pa.array(numbers, mask=np.isnan(numbers))


def _same(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _whole(amounts: Floats) -> Integers:
    return np.asarray(np.rint(amounts), np.int64)

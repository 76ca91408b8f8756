"""The vectorized PSI against a plain twin that sorts one row at a time into its bin."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.drift import drift_verdict
from monitoring.reference import ColumnKind, ColumnReference, build_reference
from tests.gate_samples import drift_thresholds


def plain_bin(reference: ColumnReference, value: float) -> str:
    if not math.isfinite(value):
        return "null"
    if reference.kind is ColumnKind.DISCRETE:
        return str(value) if value in reference.cuts else "unseen"
    return str(sum(value > cut for cut in reference.cuts))


def plain_psi(reference: ColumnReference, then: list[float], now: list[float]) -> float:
    tallies = []
    for rows in (then, now):
        tally: dict[str, int] = {}
        for value in rows:
            name = plain_bin(reference, value)
            tally[name] = tally.get(name, 0) + 1
        tallies.append(tally)
    nulls = [tally.get("null", 0) for tally in tallies]
    if nulls[1] / len(now) < nulls[0] / len(then) and nulls[0] < len(then):
        for tally in tallies:
            tally.pop("null", None)
    rows_then, rows_now = sum(tallies[0].values()), sum(tallies[1].values())
    total = 0.0
    for name in set(tallies[0]) | set(tallies[1]):
        share_then = max(tallies[0].get(name, 0), 0.5) / rows_then
        share_now = max(tallies[1].get(name, 0), 0.5) / rows_now
        total += (share_now - share_then) * math.log(share_now / share_then)
    return total


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    levels=st.sampled_from([2, 5, 12, 13, 1000]),
    null_share=st.tuples(*[st.sampled_from([0.0, 0.1, 0.3, 1.0])] * 2),
)
def test_psi_is_that_of_the_plain_twin(seed, rows, levels, null_share):
    random = np.random.default_rng(seed)

    def drawn(count: int, shift: int, null_share: float) -> np.ndarray:
        values = random.integers(0, levels, count) + shift
        return np.where(random.random(count) < null_share, np.nan, values.astype(float))

    then = drawn(rows[0], 0, null_share[0])
    now = drawn(rows[1], levels // 4, null_share[1])
    reference = build_reference(pd.DataFrame({"x": then}), ["x"])
    (column,) = drift_verdict(reference, pd.DataFrame({"x": now}), drift_thresholds()).columns
    expected = plain_psi(reference.columns[0], then.tolist(), now.tolist())
    assert column.psi == pytest.approx(expected, abs=1e-12)

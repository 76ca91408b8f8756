"""What must hold of any reference and of any drift measured against it."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from monitoring.drift import drift_verdict
from monitoring.psi import population_stability_index
from monitoring.reference import build_reference, from_json
from tests.gate_samples import drift_thresholds

values = st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0, 30.0, np.nan, np.inf, -np.inf])
columns = arrays.arrays(np.float64, st.integers(1, 80), elements=values)
counts = arrays.arrays(np.int64, 6, elements=st.integers(0, 1000)).filter(lambda drawn: drawn.any())


@given(then=columns, now=columns)
def test_every_row_is_counted_in_exactly_one_bin(then, now):
    (column,) = build_reference(pd.DataFrame({"x": then}), ["x"])
    assert column.rows == len(then)
    assert column.count(now).sum() == len(now)
    assert column.count(now)[-1] == (~np.isfinite(now)).sum()
    assert tuple(column.count(then)) == column.counts


@given(then=columns)
def test_a_reference_survives_json_to_the_bit(then):
    reference = build_reference(pd.DataFrame({"x": then, "y": then[::-1]}), ["y", "x"])
    assert from_json(reference.to_json()) == reference


@given(then=columns, now=columns, seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(then, now, seed):
    mixed = np.random.default_rng(seed).permutation(now)
    reference = build_reference(pd.DataFrame({"x": then}), ["x"])
    first, second = (
        drift_verdict(reference, pd.DataFrame({"x": rows}), drift_thresholds())
        for rows in (now, mixed)
    )
    assert first == second


@given(then=counts, now=counts)
def test_psi_is_never_negative_and_does_not_care_which_came_first(then, now):
    there, back = population_stability_index(then, now), population_stability_index(now, then)
    assert there >= -1e-12
    assert np.isclose(there, back)
    assert population_stability_index(then, then) == 0.0


@given(then=columns)
def test_a_frame_held_against_itself_does_not_move(then):
    reference = build_reference(pd.DataFrame({"x": then}), ["x"])
    (column,) = drift_verdict(reference, pd.DataFrame({"x": then}), drift_thresholds()).columns
    assert (column.psi, column.unseen_share) == (0.0, 0.0)
    assert column.null_share_now == column.null_share_reference

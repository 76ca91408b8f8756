"""Whatever a frame looks like there is a verdict: findings, never a crash."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from monitoring.drift import Histogram, drift_verdict, histogram_verdict
from monitoring.reference import build_reference
from monitoring.shift_test import holm, shift_p_value
from monitoring.thresholds import DriftLevel
from tests.gate_samples import drift_thresholds

RANDOM = np.random.default_rng(2)
LEARNT = pd.DataFrame(
    {
        "score": RANDOM.beta(1, 20, 1_000),
        "days": RANDOM.choice([0.0, 30.0], 1_000),
        "unemployment_rate": np.full(1_000, 0.05),
    }
)
REFERENCE = build_reference(LEARNT, list(LEARNT))
number = st.floats(width=64) | st.sampled_from([0.0, 30.0, 90.0, np.nan, np.inf, -np.inf])
column = st.one_of(
    st.none(),
    st.just("text"),
    st.lists(number, min_size=1, max_size=5),
)
counts = arrays.arrays(np.int64, 5, elements=st.integers(0, 300)).filter(lambda drawn: drawn.any())


@settings(max_examples=60)
@given(
    rows=st.sampled_from([0, 1, 2, 199, 200, 1_000]),
    columns=st.fixed_dictionaries(dict.fromkeys(LEARNT, column)),
)
def test_any_frame_has_a_verdict(rows, columns):
    frame = pd.DataFrame(index=range(rows))
    for name, values in columns.items():
        if values is not None:
            frame[name] = (
                values if isinstance(values, str) else np.resize(values, rows).astype(float)
            )
    verdict = drift_verdict(REFERENCE, frame, drift_thresholds())
    assert verdict.rows == rows
    assert [each.name for each in verdict.columns] == list(LEARNT)
    for found in verdict.columns:
        assert (found.finding == "") is (found.level is DriftLevel.NONE)
        assert 0.0 <= found.null_share_now <= 1.0
        if found.psi is None:
            assert found.broken
            assert found.level is DriftLevel.ALARM
        else:
            assert 0.0 <= found.p_value <= found.p_corrected <= 1.0
    if rows < drift_thresholds().rows_floor:
        assert verdict.level is DriftLevel.ALARM


def test_what_is_infinite_is_said_however_little_it_is():
    frame = LEARNT.assign(score=LEARNT["score"].where(LEARNT.index > 0, np.inf))
    verdict = drift_verdict(REFERENCE, frame, drift_thresholds())
    assert verdict.level is DriftLevel.NOTICE
    assert verdict.columns[0].finding == "0.10% infinite, counted as null"


def test_a_column_that_could_not_be_counted_says_why_and_the_others_are_judged():
    histograms = {each.name: Histogram(each.counts) for each in REFERENCE}
    verdict = histogram_verdict(
        REFERENCE, histograms | {"days": "no file came"}, 1_000, drift_thresholds()
    )
    assert [each.level.word for each in verdict.columns] == ["none", "alarm", "none"]
    assert verdict.columns[1].finding == "no file came"


@given(then=counts, now=counts)
def test_a_p_value_is_one_whichever_side_came_first(then, now):
    found = shift_p_value(then, now)
    assert 0.0 <= found <= 1.0
    assert np.isclose(found, shift_p_value(now, then))


@given(then=counts, now=counts, order=st.permutations(range(5)))
def test_the_order_of_bins_does_not_matter(then, now, order):
    assert np.isclose(shift_p_value(then, now), shift_p_value(then[order], now[order]))


@settings(max_examples=50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_a_corrected_p_value_is_never_less_and_keeps_the_order(p_values):
    corrected = np.array(holm(p_values))
    assert (corrected >= np.array(p_values)).all()
    assert (corrected <= 1.0).all()
    assert (np.diff(corrected[np.argsort(p_values, kind="stable")]) >= 0.0).all()

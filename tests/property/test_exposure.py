"""Exposure and expected loss keep their bounds, and grow with what they grow with."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.exposure import expected_loss_minor, exposure_at_default_minor

amounts = st.integers(-10_000, 30_000_000).map(float)
limits = st.integers(0, 30_000_000).map(float)
shares = st.floats(0.0, 1.0)


def exposure(balance, limit, factor):
    found = exposure_at_default_minor(np.array([balance]), np.array([limit]), factor)
    return float(found[0])


@given(amounts, limits, shares, shares)
@settings(max_examples=60)
def test_an_exposure_lies_between_what_is_drawn_and_the_whole_line(balance, limit, one, other):
    drawn = max(balance, 0.0)
    low, high = (exposure(balance, limit, factor) for factor in sorted((one, other)))
    assert drawn <= low <= high <= max(limit, drawn)
    assert exposure(balance, limit, 0.0) == drawn
    assert exposure(balance, limit, 1.0) == max(limit, drawn)


@given(amounts, limits, limits, shares)
@settings(max_examples=40)
def test_a_higher_limit_never_lowers_the_exposure(balance, one, other, factor):
    low, high = sorted((one, other))
    assert exposure(balance, low, factor) <= exposure(balance, high, factor)


@given(shares, shares, limits)
@settings(max_examples=40)
def test_an_expected_loss_is_a_part_of_the_exposure(probability, severity, owed):
    exposed = np.array([owed])
    loss = float(expected_loss_minor(np.array([probability]), severity, exposed)[0])
    assert 0.0 <= loss <= owed
    assert loss == probability * severity * owed

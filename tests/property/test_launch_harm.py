"""The canary's test: its level holds however often one looks, harm is found, and its e-value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_limits.launch.canary import in_canary
from credit_limits.launch.harm_test import Block, harm_evidence, judge_harm, log_e_value

LEVEL, RATIO, LAUNCHES, LOOKS = 0.1, 1.25, 400, 12
RATES = st.floats(0.01, 0.9)


def course(random: np.random.Generator, canary_rate, control_rate, canary=200, control=800):
    """Months of one launch: whoever misses a payment leaves, the others are looked at again."""
    blocks = []
    for _ in range(LOOKS):
        bad = random.binomial(canary, canary_rate), random.binomial(control, control_rate)
        blocks.append(Block(canary, bad[0], control, bad[1]))
        canary, control = canary - bad[0], control - bad[1]
    return blocks


def stopped(canary_rate, control_rate, launches=LAUNCHES, seed=3) -> float:
    """The share of launches in which some look, of all of them, found harm."""
    random = np.random.default_rng(seed)
    courses = [course(random, canary_rate, control_rate) for _ in range(launches)]
    return np.mean([harm_evidence(each, RATIO).max() >= 1 / LEVEL for each in courses])


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3])
def test_a_launch_without_harm_is_seldom_stopped_under_continuous_looking(rate):
    noise = 3 * np.sqrt(LEVEL * (1 - LEVEL) / LAUNCHES)
    assert stopped(rate, rate) <= LEVEL + noise


def test_a_better_canary_is_hardly_ever_stopped():
    assert stopped(0.03, 0.05) <= 0.01


def test_real_harm_stops_the_launch():
    assert stopped(0.10, 0.05, launches=150) > 0.95
    assert stopped(0.04, 0.01, launches=150) > 0.95


@given(RATES, RATES, RATES, st.integers(0, 3), st.integers(0, 3))
def test_the_expectation_of_an_e_value_is_at_most_one_at_any_common_rate(
    canary_rate, control_rate, rate, canary, control
):
    """Over every outcome of a small block, weighed by its chance where both rates are one."""
    total = 0.0
    for bad in range(canary + 1):
        for other in range(control + 1):
            chance = np.prod(
                [
                    _binomial(canary, bad, rate),
                    _binomial(control, other, rate),
                ]
            )
            pair = np.array([canary_rate]), np.array([control_rate])
            total += chance * np.exp(log_e_value(Block(canary, bad, control, other), *pair))[0]
    assert total <= 1.0 + 1e-9


def _binomial(count: int, bad: int, rate: float) -> float:
    ways = {(2, 1): 2, (3, 1): 3, (3, 2): 3}.get((count, bad), 1)
    return ways * rate**bad * (1 - rate) ** (count - bad)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 400))
def test_more_bad_ends_in_the_canary_are_more_evidence(fewer, more, control_bad):
    fewer, more = sorted((fewer, more))
    evidence = [
        harm_evidence([Block(100, bad, 400, control_bad)], RATIO)[0] for bad in (fewer, more)
    ]
    assert evidence[0] <= evidence[1] * (1 + 1e-12)


def test_nothing_seen_is_no_evidence():
    assert judge_harm([[], []], RATIO, LEVEL).evidence == 1.0
    assert harm_evidence([Block(0, 0, 0, 0)], RATIO)[0] == pytest.approx(1.0)
    assert harm_evidence([Block(0, 0, 500, 20)], RATIO)[0] == pytest.approx(1.0)
    assert not judge_harm([[Block(200, 10, 800, 40)]], RATIO, LEVEL).harmed
    assert judge_harm([[Block(200, 80, 800, 40)], []], RATIO, LEVEL).harmed


def test_a_block_cannot_have_more_bad_ends_than_accounts():
    with pytest.raises(ValueError, match="more accounts ended badly"):
        Block(1, 2, 1, 0)


@given(st.sampled_from(["one", "two", "three"]), st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_a_greater_share_holds_all_of_a_lesser_one(launch, one, other):
    accounts = [f"A{number}" for number in range(20)]
    small, large = (in_canary(accounts, launch, share) for share in sorted((one, other)))
    assert not (small & ~large).any()
    assert (in_canary(accounts[::-1], launch, one)[::-1] == in_canary(accounts, launch, one)).all()


def test_the_share_is_kept_and_drawn_anew_for_each_launch():
    accounts = [f"A{number:05d}" for number in range(20_000)]
    first, second = (in_canary(accounts, launch, 0.1) for launch in ("one", "two"))
    assert first.mean() == pytest.approx(0.1, abs=0.01)
    assert (first & second).mean() == pytest.approx(0.01, abs=0.004)

"""First misses: what always holds, how often an alarm is false, how soon a true one comes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.scenarios import ScenarioName
from monitoring.early_delinquency import early_verdict, rate_test
from monitoring.thresholds import DriftLevel, Steps
from tests.monitoring_samples import (
    alarms,
    drawn_years,
    early_thresholds,
    lived,
    months_of,
)

COURSES = st.lists(st.integers(0, 100), min_size=7, max_size=25)
SHOCK = 18


@given(COURSES, st.integers(0, 40))
def test_more_misses_never_lower_the_level(rolled, more):
    now = early_verdict(months_of(rolled), early_thresholds())
    worse = early_verdict(months_of([*rolled[:-1], rolled[-1] + more]), early_thresholds())
    assert worse.level >= now.level
    if len(worse.months) == len(now.months):  # the two looks have references of their own
        assert worse.test.p_value <= now.test.p_value


@given(COURSES, st.randoms())
def test_the_order_of_the_reference_does_not_matter(rolled, random):
    months = months_of(rolled)
    mixed = months[:-1]
    random.shuffle(mixed)
    one, other = rate_test(months[-1], months[:-1]), rate_test(months[-1], mixed)
    assert one.p_value == pytest.approx(other.p_value)
    assert one.dispersion == pytest.approx(other.dispersion)


@given(COURSES)
def test_figures_are_within_their_ranges(rolled):
    found = early_verdict(months_of(rolled), early_thresholds()).test
    assert 0.0 <= found.p_value <= 1.0
    assert found.dispersion >= 1.0
    assert found.ratio >= 0.0


def share_at_or_below(level: float, years: np.ndarray, current: int) -> float:
    """How often the p-value of the last month is at or below a level."""
    below = [
        rate_test(months[-1], months[:-1]).p_value <= level
        for rolled in years[:, -13:].tolist()
        for months in (months_of(rolled, current),)
    ]
    return float(np.mean(below))


@pytest.mark.parametrize(("spread", "most"), [(0.0, 1.5), (0.15, 1.6), (0.25, 2.2)])
@pytest.mark.parametrize(("current", "rate"), [(1_500, 0.01), (1_500, 0.02), (25_000, 0.02)])
@pytest.mark.parametrize("stated", ["alarm", "notice"])
def test_the_p_value_is_what_it_says_whatever_months_have_in_common(
    stated, current, rate, spread, most
):
    """Within what 3,000 draws can tell; far out, luck that months share is skew, and t is not."""
    level = getattr(early_thresholds().false_alarms, stated)
    years = drawn_years(11, 3_000, current=current, rate=rate, spread=spread)
    assert share_at_or_below(level, years, current) <= level * most


def test_a_binomial_test_would_cry_wolf():
    """Proof that the dispersion is needed: without it one month in six or so is an alarm."""
    years = drawn_years(12, 400, current=25_000, rate=0.02, spread=0.15)
    crying = 0
    for rolled in years[:, -13:].tolist():
        months = months_of(rolled, 25_000)
        found = rate_test(months[-1], months[:-1])
        even = months_of([round(np.mean(rolled[:-1]))] * 12 + [rolled[-1]], 25_000)
        plain = rate_test(even[-1], even[:-1])
        assert plain.dispersion == 1.0
        assert plain.p_value <= found.p_value or found.p_value > 0.4
        crying += plain.p_value <= early_thresholds().false_alarms.alarm
    assert crying > 400 / 10


@pytest.mark.parametrize("current", [1_500, 6_000, 25_000])
def test_in_the_two_looks_together_false_alarms_are_rarer_than_stated(current):
    stated = 2 * early_thresholds().false_alarms.alarm
    years = drawn_years(13, 400, current=current, rate=0.01, months=15, spread=0.1)
    verdicts = [
        early_verdict(months_of(rolled, current), early_thresholds()) for rolled in years.tolist()
    ]
    alarmed = np.mean([verdict.level is DriftLevel.ALARM for verdict in verdicts])
    # the rise that an alarm asks for as well makes it rarer still where there are many accounts
    assert alarmed <= stated * (1.0 if current < 20_000 else 0.25)


@pytest.mark.parametrize(("customers", "seeds"), [(1_500, 10), (5_000, 4), (20_000, 1)])
def test_in_calm_no_year_has_two_alarms(customers, seeds):
    """Portfolios of about 2,000 to 27,000 accounts, two years of verdicts each."""
    for seed in range(seeds):
        places = alarms(lived(WorldParameters(customers=customers, months=31, seed=seed)))
        assert all(later - earlier >= 12 for earlier, later in pairwise(places)), (seed, places)


@pytest.mark.parametrize(("customers", "seeds"), [(5_000, 5), (20_000, 1)])
def test_a_shock_is_an_alarm_within_two_months(customers, seeds):
    for seed in range(seeds):
        world = WorldParameters(
            customers=customers,
            months=SHOCK + 2,
            seed=seed,
            scenario=ScenarioName.SHOCK_2020,
            shock_month=SHOCK,
        )
        # the first roll month is that of the world's second month
        found = [place + 1 for place in alarms(lived(world))]
        assert {SHOCK, SHOCK + 1} & set(found), f"seed {seed}: {found}"


@given(st.integers(0, 50))
@settings(max_examples=20)
def test_without_the_floor_of_the_effect_a_large_portfolio_would_alarm_on_little(seed):
    """Proof that the floor is needed: a rise of a fifth over millions of accounts is certain."""
    random = np.random.default_rng(seed)
    rolled = random.binomial(2_000_000, [0.02] * 12 + [0.024]).tolist()
    months, limits = months_of(rolled, 2_000_000), early_thresholds()
    assert early_verdict(months, limits).level is not DriftLevel.ALARM
    floorless = replace(limits, rise=Steps(0.01, 0.01))
    assert early_verdict(months, floorless).level is DriftLevel.ALARM

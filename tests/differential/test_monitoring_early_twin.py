"""The test of first misses against a plain twin: one formula a line, no arrays, another tail."""

from fractions import Fraction
from math import gamma, inf, isclose, pi, sqrt

from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.early_delinquency import RollMonth, early_verdict, rate_test
from monitoring.thresholds import DriftLevel
from tests.monitoring_samples import LAST, early_thresholds, months_of

MONTHS = st.lists(
    st.integers(300, 5_000).flatmap(
        lambda current: st.tuples(st.just(current), st.integers(0, min(current, 200)))
    ),
    min_size=3,
    max_size=14,
)


def tail(degrees: int, value: float) -> float:
    """The chance that Student's t exceeds ``value``: Simpson's rule over its density."""
    if value < 0:
        return 1.0 - tail(degrees, -value)
    scale = gamma((degrees + 1) / 2) / (sqrt(degrees * pi) * gamma(degrees / 2))
    steps, total = 4_000, 0.0
    for step in range(steps + 1):
        point = value * step / steps
        weight = 1 if step in (0, steps) else 4 if step % 2 else 2
        total += weight * scale * (1 + point**2 / degrees) ** (-(degrees + 1) / 2)
    return 0.5 - total * value / steps / 3


def plain(now: tuple[int, int], before: list[tuple[int, int]]) -> tuple[float, float, float]:
    """Ratio, dispersion and p-value, in exact fractions as far as the root."""
    accounts, misses = sum(n for n, _ in before), sum(x for _, x in before)
    rate, share = Fraction(misses, accounts), Fraction(now[1], now[0])
    dispersion = Fraction(1)
    if 0 < rate < 1:
        squares = sum((x - n * rate) ** 2 / (n * rate * (1 - rate)) for n, x in before)
        dispersion = max(Fraction(1), squares / (len(before) - 1))
    pooled = Fraction(misses + now[1], accounts + now[0])
    weight = Fraction(1, now[0]) + Fraction(1, accounts)
    variance = dispersion * pooled * (1 - pooled) * weight
    ratio = float(share / rate) if rate else inf if share else 1.0
    if not variance:
        return ratio, float(dispersion), 1.0
    value = float(share - rate - weight / 2) / sqrt(variance)
    return ratio, float(dispersion), tail(len(before) - 1, value)


@given(MONTHS)
@settings(max_examples=150, deadline=None)
def test_both_find_the_same(drawn):
    months = [
        RollMonth(place.month_end, current, rolled)
        for place, (current, rolled) in zip(months_of([0] * len(drawn)), drawn, strict=True)
    ]
    found = rate_test(months[-1], months[:-1])
    ratio, dispersion, p_value = plain(drawn[-1], drawn[:-1])
    assert isclose(found.ratio, ratio, rel_tol=1e-9)
    assert isclose(found.dispersion, dispersion, rel_tol=1e-9)
    assert isclose(found.p_value, p_value, rel_tol=1e-6, abs_tol=1e-7)


def plain_levels(rolled: list[int], current: int) -> list[DriftLevel]:
    """The rule as it is told: months in alarm are left out of what comes after them."""
    limits, levels, alarmed = early_thresholds(), [], set()
    for place in range(len(rolled)):
        worst, seen = DriftLevel.NONE, {place}
        for look in ([place], [place - 1, place]):
            year = range(max(0, look[0] - limits.reference_months), look[0])
            usual = [rolled[each] for each in year if each not in alarmed]
            if len(usual) < limits.months_floor or look[0] in alarmed:
                continue
            now = (current * len(look), sum(rolled[each] for each in look))
            ratio, _, p_value = plain(now, [(current, each) for each in usual])
            level = DriftLevel.NONE
            if ratio >= 1 + limits.rise.alarm and p_value <= limits.false_alarms.alarm:
                level = DriftLevel.ALARM
            elif ratio >= 1 + limits.rise.notice and p_value <= limits.false_alarms.notice:
                level = DriftLevel.NOTICE
            if level > worst:
                worst, seen = level, set(look)
        if worst is DriftLevel.ALARM:
            alarmed |= seen
        levels.append(worst)
    return levels


@given(
    st.lists(st.integers(5, 60), min_size=1, max_size=20),
    st.integers(0, 6),
    st.integers(20, 90),
)
@settings(max_examples=60, deadline=None)
def test_both_judge_a_course_of_months_alike(calm, shock, height):
    rolled = [*calm, *[height] * shock, *calm[:3]]
    found = early_verdict(months_of(rolled), early_thresholds())
    assert found.level is plain_levels(rolled, 1_000)[-1]
    assert found.months[-1].month_end == LAST

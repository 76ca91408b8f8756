"""First missed payments: what is quiet, what is a notice, an alarm, and what says nothing."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.domain.errors import PolicyError
from monitoring.early_delinquency import RollMonth, early_verdict, rate_test
from monitoring.thresholds import DriftLevel, FalseAlarms, parse_early_thresholds
from tests.changed_content import changed
from tests.gate_samples import POLICIES
from tests.monitoring_samples import LAST, alarms, each_verdict, early_thresholds, months_of
from tidegate.adapters.dated_policies import load_dated

THRESHOLDS = early_thresholds()
CONTENT = load_dated(POLICIES / "monitoring", LAST).content
CALM = [20, 18, 22, 20, 17, 23, 20, 19, 21, 20, 18, 22]


def verdict(rolled, current=1_000):
    return early_verdict(months_of(rolled, current), THRESHOLDS)


def test_a_month_like_the_others_is_quiet():
    found = verdict([*CALM, 23])
    assert (found.level, found.finding) == (DriftLevel.NONE, "")
    assert len(found.reference) == 12
    assert found.test.reference_share == pytest.approx(0.02)
    assert found.test.ratio == pytest.approx(1.15)


def test_a_rate_that_doubles_is_an_alarm_that_says_so():
    found = verdict([*CALM, 42])
    assert found.level is DriftLevel.ALARM
    assert found.finding == (
        "4.20% of accounts current a month before are past due; 2.00% in the 12 months before"
    )
    assert [month.month_end for month in found.months] == [LAST]


def test_between_the_two_is_a_notice():
    assert verdict([*CALM, 29]).level is DriftLevel.NOTICE


def test_a_fall_is_no_finding_however_great():
    assert verdict([*CALM, 0]).level is DriftLevel.NONE


def test_what_is_certain_and_small_is_no_alarm():
    # a rise of a tenth over 2,000,000 accounts is certain beyond any doubt
    found = verdict([2_000 * count for count in [*[20] * 12, 22]], 2_000_000)
    assert found.test.p_value < 1e-6
    assert found.level is DriftLevel.NONE


def test_what_is_great_and_uncertain_is_no_alarm():
    found = verdict([*[2, 1, 0, 3, 1, 2] * 2, 3], 300)
    assert found.test.ratio == pytest.approx(2.0)
    assert found.level is DriftLevel.NONE


def test_months_that_vary_widely_need_a_greater_rise():
    assert verdict([*[20] * 12, 38]).level is DriftLevel.ALARM
    restless = verdict([*[8, 32] * 6, 38])
    assert restless.test.dispersion > 5
    assert restless.level is DriftLevel.NONE


def test_a_rate_that_was_never_seen_before_is_infinitely_greater():
    found = verdict([*[0] * 12, 12])
    assert found.test.ratio == float("inf")
    assert found.test.dispersion == 1.0
    assert found.level is DriftLevel.ALARM


@pytest.mark.parametrize("count", [0, 1000])
def test_where_nobody_or_everybody_misses_nothing_has_changed(count):
    found = verdict([count] * 13)
    assert (found.level, found.test.p_value, found.test.ratio) == (DriftLevel.NONE, 1.0, 1.0)


@pytest.mark.parametrize("months", [1, 5, 6])
def test_too_few_months_say_nothing_and_are_no_alarm(months):
    found = verdict([10] * (months - 1) + [500])
    assert (found.level, found.test) == (DriftLevel.NONE, None)
    assert found.finding == (
        f"not enough months: {months - 1} of the 6 months needed before this one"
    )


def test_no_month_at_all_says_nothing():
    found = early_verdict([], THRESHOLDS)
    assert (found.level, found.months, found.test) == (DriftLevel.NONE, (), None)
    assert "no month" in found.finding


def test_too_few_accounts_say_nothing():
    months = [*months_of(CALM), RollMonth(date(2024, 3, 31), 299, 299)]
    found = early_verdict(months, THRESHOLDS)
    assert (found.level, found.test) == (DriftLevel.NONE, None)
    assert found.finding == "not enough accounts: 299 of the 300 needed were current before"


def test_too_few_accounts_are_enough_with_those_of_the_month_before():
    months = [*months_of([*CALM, 20]), RollMonth(date(2024, 2, 29), 299, 150)]
    found = early_verdict(months, THRESHOLDS)
    assert (found.level, len(found.months)) == (DriftLevel.ALARM, 2)


def test_small_months_are_no_reference():
    small = [replace(month, current=200, rolled=0) for month in months_of([0] * 7)]
    assert "not enough months: 0 of" in early_verdict(small, THRESHOLDS).finding


def test_the_reference_is_a_year_and_no_more():
    found = verdict([500] * 12 + CALM + [20])
    assert [month.rolled for month in found.reference] == CALM
    assert found.test.reference_share == pytest.approx(0.02)


def test_a_gap_in_the_months_shortens_the_reference():
    months = months_of([*CALM, 20])
    del months[3:6]
    assert len(early_verdict(months, THRESHOLDS).reference) == 9


def test_two_months_together_tell_what_neither_tells_alone():
    alone = [verdict([10] * 12 + [count]) for count in (18, 19)]
    assert [each.level for each in alone] == [DriftLevel.NOTICE, DriftLevel.NOTICE]
    found = verdict([*[10] * 12, 18, 19])
    assert found.level is DriftLevel.ALARM
    assert [month.rolled for month in found.months] == [18, 19]
    assert "over two months" in found.finding
    assert found.test.share == pytest.approx(37 / 2_000)


def test_two_months_are_not_taken_together_over_a_gap():
    months = months_of([*[10] * 13, 18, 19])
    del months[-3]
    assert early_verdict(months, THRESHOLDS).level is DriftLevel.ALARM
    months = months_of([*[10] * 12, 18, 18, 19])
    del months[-2]
    assert early_verdict(months, THRESHOLDS).level is DriftLevel.NOTICE


def test_both_months_of_such_an_alarm_are_no_reference():
    found = verdict([*[10] * 12, 18, 19, 10])
    assert [month.rolled for month in found.reference] == [10] * 10


def test_months_in_alarm_are_no_measure_of_the_next():
    """A shock that lasts half a year is an alarm for half a year, and quiet when it is over."""
    shock = [60, 70, 65, 60, 58, 62]
    assert alarms(months_of([*CALM, *CALM, *shock, 20, 21])) == list(range(24, 30))


def test_were_they_a_measure_the_shock_would_be_over_while_it_lasts():
    months = months_of([*CALM, 60, 70, 65, 60, 58, 62])
    taken_in = rate_test(months[-1], months[-13:-1])
    assert taken_in.p_value > THRESHOLDS.false_alarms.alarm


def test_after_a_year_what_has_become_usual_is_usual():
    months = months_of([*CALM, *CALM, *[60] * 30])
    assert alarms(months)[0] == 24
    assert alarms(months)[-1] < 24 + 12
    assert each_verdict(months)[-1].test.ratio == pytest.approx(1.0)


def test_months_out_of_order_are_refused():
    months = months_of(CALM)
    for wrong in (months[::-1], [*months, months[-1]]):
        with pytest.raises(ValueError, match="not in order"):
            early_verdict(wrong, THRESHOLDS)


@pytest.mark.parametrize(("current", "rolled"), [(10, 11), (10, -1)])
def test_a_month_cannot_have_more_misses_than_accounts(current, rolled):
    with pytest.raises(ValueError, match="accounts rolled"):
        RollMonth(LAST, current, rolled)


def test_a_month_of_nobody_has_no_rate():
    assert RollMonth(LAST, 0, 0).share == 0.0


def test_levels_of_a_p_value():
    steps = FalseAlarms(0.1, 0.02)
    found = [steps.level(value).word for value in (0.5, 0.1, 0.05, 0.02, 0.0, float("nan"))]
    assert found == ["none", "notice", "notice", "alarm", "alarm", "alarm"]


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        ((), None, "early_delinquency is absent"),
        (("rise",), None, "absent: rise"),
        (("rises",), {}, "unknown: rises"),
        (("rise", "alarm"), 0.1, "must rise"),
        (("false_alarms", "alarm"), 0.2, "must rise"),
        (("false_alarms", "alarm"), 0.0, "must rise"),
        (("false_alarms", "alarm"), "1 %", "not a number"),
        (("false_alarms", "reason"), "", "its unit and its reason"),
        (("months_floor", "value"), 1, "below 2"),
        (("months_floor", "value"), 13, "above reference_months"),
        (("accounts_floor", "value"), 0, "at least one"),
    ],
)
def test_thresholds_that_do_not_hold_together_are_refused(path, to, said):
    with pytest.raises(PolicyError, match=said):
        parse_early_thresholds("v", changed(CONTENT, ("early_delinquency", *path), to))

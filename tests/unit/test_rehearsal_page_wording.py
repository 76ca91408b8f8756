"""What the rehearsal's page says, sentence by sentence."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.rehearsal.result import CapUse, Event, EventKind, Score, Spread
from credit_limits.rehearsal.scores import worse_models
from tests.golden.rehearsal_samples import (
    calm_result,
    empty_result,
    full_result,
    lone_result,
    month_ends,
    poor_result,
)
from tidegate.adapters import rehearsal_wording as told

SHOCK = month_ends(7)[6]


def with_platform(result, **figures):
    """The result with other figures of the platform."""
    policies = tuple(
        replace(policy, **figures) if policy.name == "platform" else policy
        for policy in result.policies
    )
    return replace(result, policies=policies)


def with_alarms(*month_ends: date):
    alarms = tuple(Event(end, EventKind.ALARM, "An alarm.") for end in month_ends)
    return replace(full_result(), events=alarms)


def score(value: float | None, unit: str = "months", *, passed: bool | None = True) -> Score:
    return Score("first_alarm", value, unit, "at most 2", passed, "Told.")


class TestAnswer:
    def test_names_the_gain_over_both_rivals(self):
        assert told.answer(full_result()).startswith("Over 24 months the platform earned 6.7")

    def test_says_less_where_it_is_less(self):
        assert told.answer(poor_result()).count(" less than ") == 2

    def test_says_as_much_where_there_is_no_difference(self):
        held = full_result().policy_named("hold").profit
        words = told.answer(with_platform(full_result(), profit=held))
        assert "earned as much as holding every limit and " in words

    def test_compares_with_nobody_where_nobody_is(self):
        assert told.answer(lone_result()) == "Over 1 month the platform earned 1.7 million yuan."

    @pytest.mark.parametrize(
        "result", [empty_result(), with_platform(full_result(), name="another")]
    )
    def test_says_that_the_platform_took_no_part(self, result):
        assert told.answer(result) == "The platform was not rehearsed."
        assert told.certainty(result) == told.bad_debt_sentence(result) == ""


class TestCertainty:
    def test_an_interval_across_zero_may_be_nothing(self):
        gain = Spread(1_000_00, -500_00, 2_500_00)
        assert told.certainty(with_platform(full_result(), profit_over_hold=gain)) == (
            "Against holding, the 95% interval across seeds is \N{MINUS SIGN}500 yuan to "
            "2,500 yuan, so it may be nothing."
        )

    def test_one_seed_gives_an_interval_across_customers(self):
        assert "across customers" in told.certainty(calm_result())


class TestBadDebt:
    @pytest.mark.parametrize(
        ("other", "words"),
        [
            (2_000_00, "50.0% less than under holding"),
            (800_00, "25.0% more than under holding"),
            (1_000_00, "about as much as under holding"),
            (0, "none under holding"),
        ],
    )
    def test_is_held_against_holding(self, other, words):
        whole = with_platform(full_result(), bad_debt=Spread(1_000_00, 0, 2_000_00))
        hold = replace(whole.policy_named("hold"), bad_debt=Spread(other, other, other))
        words_told = told.bad_debt_sentence(
            replace(whole, policies=(hold, whole.policy_named("platform")))
        )
        assert words_told == f"Its bad debt was 1,000 yuan, {words}."


class TestCaps:
    def test_are_not_said_to_be_kept_where_none_is_known(self):
        assert told.caps_sentence(lone_result()) == "No use of a portfolio cap was recorded."

    def test_name_the_worst(self):
        use = (
            CapUse(SHOCK, "exposure", 100.0, 101.0, 0.0),
            CapUse(SHOCK, "expected_loss", 100.0, 110.0, 0.0),
        )
        assert told.caps_sentence(replace(full_result(), cap_use=use)) == (
            "A portfolio cap was exceeded in 1 month; at worst expected loss in Jul 2024, "
            "by 10.00%."
        )

    def test_a_cap_of_nothing_is_used_up_by_anything(self):
        assert told.used(CapUse(SHOCK, "exposure", 0.0, 0.0, 0.0)) == 0
        assert told.used(CapUse(SHOCK, "exposure", 0.0, 1.0, 0.0)) == float("inf")

    def test_say_how_often_they_bind(self):
        uses = [CapUse(end, "exposure", 10.0, 9.0, price) for end, price in
                zip(month_ends(3), (0.0, 0.5, 0.2), strict=True)]  # fmt: skip
        assert told.cap_note(uses) == "90.00%, binds in 2"
        assert told.cap_note(uses[:1]) == "90.00%"


class TestAlarms:
    def test_none_follow_the_shock(self):
        assert told.alarm_sentence(with_alarms()) == "No alarm followed the shock."

    def test_those_before_the_shock_are_counted_apart(self):
        ends = month_ends(10)
        assert told.alarm_sentence(with_alarms(ends[1], ends[3], ends[7])) == (
            "The first alarm came 1 month after the shock. 2 alarms came before it."
        )

    def test_the_month_of_the_shock_is_early_enough(self):
        assert told.alarm_sentence(with_alarms(SHOCK)) == (
            "The first alarm came in the month of the shock."
        )


class TestScores:
    def test_only_judged_ones_are_counted(self):
        scores = (score(1.0), score(None, passed=None), score(9.0, passed=False))
        result = replace(full_result(), scores=scores)
        assert told.scored(result) == "1 of 2 targets met"
        assert told.missed(result) == scores[2:]

    @pytest.mark.parametrize(
        ("value", "unit", "shown", "of"),
        [
            (None, "months", "not measured", ""),
            (2.0, "months", "2", "months"),
            (0.496, "share of the gain", "49.6%", "of the gain"),
            (-1_234_567.4, "yuan", "\N{MINUS SIGN}1,234,567", "yuan"),
        ],
    )
    def test_a_value_is_shown_in_its_unit(self, value, unit, shown, of):
        assert told.score_value(score(value, unit)) == shown
        assert told.score_unit(score(value, unit)) == of

    def test_the_score_that_the_head_quotes_exists(self):
        assert worse_models(()).name == told.WORSE_MODELS

    def test_without_that_score_the_head_says_nothing_of_it(self):
        assert told.models_sentence(lone_result()) == "0 promotions, 0 refusals."


def test_every_kind_of_event_has_a_name():
    assert {told.event_name(kind) for kind in EventKind} == set(told.EVENT_NAMES.values())
    assert len(set(told.EVENT_NAMES.values())) == len(EventKind)


@pytest.mark.parametrize(
    ("amount_minor", "shown"),
    [(0, "0"), (500_00, "500"), (25_000_00, "25k"), (-1_200_000_000_00, "\N{MINUS SIGN}1,200 m")],
)
def test_a_scale_is_worded_shortly(amount_minor, shown):
    assert told.axis_yuan(amount_minor) == shown


def test_bounds_are_worded_in_thousands_and_percent():
    assert told.spread_thousands(Spread(2e8, 1.234567e8, 3e8)) == "1,235 to 3,000"
    assert told.signed_thousands(-5_000_00) == "\N{MINUS SIGN}5"
    assert told.spread_percent(Spread(0.02, 0.011, 0.03)) == "1.10% to 3.00%"

"""The platform's scores: what each measures, when it passes, and what it says."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.domain.periods import add_months
from credit_limits.rehearsal.judging import ModelTrial
from credit_limits.rehearsal.result import CapUse, Event, EventKind
from credit_limits.rehearsal.scores import (
    Rehearsed,
    bad_debt_over_rule,
    caps_exceeded,
    false_alarms,
    first_alarm,
    increases_under_brake,
    months_between,
    profit_over,
    regret,
    scores,
    worse_models,
)
from tests.rehearsal_core_samples import FIRST, policy_result

YEAR = tuple(add_months(FIRST, month) for month in range(12))
YUAN = 100.0


def event(month, kind=EventKind.ALARM):
    return Event(add_months(FIRST, month), kind, "It happened.")


def calm(*events, **changes):
    lived = Rehearsed(YEAR, None, False, events, (), (), (), (0,) * 12)
    return replace(lived, **changes)


def shocked(*events, month=4, **changes):
    return replace(
        calm(*events), shock_month_end=add_months(FIRST, month), alarm_due=True, **changes
    )


def earning(**profits):
    """Policies by name with their profit in yuan."""
    return tuple(policy_result(name, profit=yuan * YUAN) for name, yuan in profits.items())


def owing(**debts):
    return tuple(policy_result(name, bad_debt=yuan * YUAN) for name, yuan in debts.items())


@pytest.mark.parametrize(
    ("later", "months"),
    [
        (date(2024, 1, 1), 0),
        (date(2024, 2, 1), 1),
        (date(2025, 1, 31), 12),
        (date(2023, 12, 31), -1),
    ],
)
def test_months_are_counted_by_the_calendar(later, months):
    assert months_between(FIRST, later) == months


def test_a_rehearsal_of_no_month_has_no_scores():
    with pytest.raises(ValueError, match="no month"):
        calm(month_ends=())


def test_every_month_lived_says_what_was_raised_in_it():
    with pytest.raises(ValueError, match="11 months of increases"):
        calm(increases=(0,) * 11)


def test_an_alarm_cannot_be_due_without_a_shock():
    with pytest.raises(ValueError, match="only after a shock"):
        calm(alarm_due=True)


class TestFirstAlarm:
    @pytest.mark.parametrize(
        ("month", "waited", "passed", "text"),
        [
            (4, 0.0, True, "The first alarm came in the month of the shock."),
            (5, 1.0, True, "The first alarm came 1 month after the shock."),
            (6, 2.0, True, "The first alarm came 2 months after the shock."),
            (9, 5.0, False, "The first alarm came 5 months after the shock, 3 months late."),
        ],
    )
    def test_counts_from_the_shock(self, month, waited, passed, text):
        score = first_alarm(shocked(event(month), event(11)))
        assert (score.value, score.passed, score.text) == (waited, passed, text)

    def test_an_alarm_before_the_shock_does_not_count(self):
        assert first_alarm(shocked(event(1), event(5))).value == 1.0

    def test_no_alarm_fails_with_the_months_that_it_had(self):
        score = first_alarm(shocked(event(5, EventKind.NOTICE)))
        assert (score.value, score.passed) == (None, False)
        assert score.text == "No alarm in the 7 months after the shock."

    def test_is_not_asked_of_a_scenario_without_bad_news(self):
        for lived in (calm(event(3)), replace(shocked(), alarm_due=False)):
            assert first_alarm(lived).passed is None


class TestFalseAlarms:
    @pytest.mark.parametrize(
        ("months", "yearly", "passed"),
        [((), 0.0, True), ((3,), 1.0, True), ((3, 8), 2.0, False), ((3, 3), 1.0, True)],
    )
    def test_counts_months_with_an_alarm_in_calm(self, months, yearly, passed):
        score = false_alarms(calm(*map(event, months)))
        assert (score.value, score.passed) == (yearly, passed)

    def test_before_a_shock_the_year_is_shorter(self):
        score = false_alarms(shocked(event(1), event(6), month=4))
        assert score.value == 12.0 / 4.0
        assert score.text == "1 alarm in 4 calm months: 3.0 a year, 2.0 too many."

    def test_a_shock_at_once_leaves_nothing_to_measure(self):
        assert false_alarms(shocked(event(0), month=0)).passed is None


class TestIncreasesUnderBrake:
    def lived(self, *events, increases):
        return calm(*events, increases=tuple(increases))

    def test_the_brake_holds_from_the_month_after_it_was_applied(self):
        increases = [9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        score = increases_under_brake(self.lived(event(2, EventKind.BRAKE_ON), increases=increases))
        assert (score.value, score.passed) == (0.0, True)
        assert score.text == "0 increases in 9 months decided under a brake."

    def test_increases_that_got_through_are_counted(self):
        increases = [9, 9, 9, 2, 1, 0, 0, 0, 0, 0, 0, 0]
        score = increases_under_brake(self.lived(event(2, EventKind.BRAKE_ON), increases=increases))
        assert (score.value, score.passed) == (3.0, False)

    def test_a_released_brake_holds_nothing_any_more(self):
        events = event(2, EventKind.BRAKE_ON), event(4, EventKind.BRAKE_OFF)
        increases = [9, 9, 9, 0, 0, 9, 9, 9, 9, 9, 9, 9]
        assert increases_under_brake(self.lived(*events, increases=increases)).value == 0.0

    def test_a_brake_released_and_applied_on_one_day_is_on(self):
        events = (
            event(2, EventKind.BRAKE_ON),
            event(4, EventKind.BRAKE_ON),
            event(4, EventKind.BRAKE_OFF),
        )
        score = increases_under_brake(self.lived(*events, increases=[0] * 12))
        assert score.text == "0 increases in 9 months decided under a brake."

    def test_a_brake_of_the_hand_over_holds_the_first_month(self):
        score = increases_under_brake(
            self.lived(event(-1, EventKind.BRAKE_ON), increases=[1] + [0] * 11)
        )
        assert score.value == 1.0

    def test_without_a_brake_there_is_nothing_to_measure(self):
        assert increases_under_brake(self.lived(event(2), increases=[1] * 12)).passed is None


class TestWorseModels:
    def trial(self, version, loss, old=("1", 0.1)):
        return ModelTrial(FIRST, version, loss, *old)

    def test_promotions_that_do_no_harm_pass(self):
        score = worse_models([self.trial("2", 0.09), self.trial("3", 0.1005)])
        assert (score.value, score.passed) == (0.0, True)
        assert score.text == "0 of 2 promotions put a worse model in charge."

    def test_the_worst_is_named_with_its_distance(self):
        trials = [self.trial("2", 0.103), self.trial("3", 0.11), self.trial("4", 0.09)]
        score = worse_models(trials)
        assert (score.value, score.passed) == (2.0, False)
        assert score.text == (
            "2 of 3 promotions put a worse model in charge; version 3 has a true loss 0.0100 above "
            "version 1, the margin is 0.002."
        )

    def test_without_a_promotion_there_is_nothing_to_measure(self):
        assert worse_models([]).passed is None


class TestCapsExceeded:
    def test_caps_used_up_are_not_exceeded(self):
        score = caps_exceeded([CapUse(FIRST, "exposure", 10.0, 10.0, 0.1)])
        assert (score.value, score.passed) == (0.0, True)

    def test_the_most_exceeded_is_named(self):
        use = [
            CapUse(FIRST, "exposure", 10.0, 11.0, 0.1),
            CapUse(FIRST, "expected_loss", 5_000.0, 7_500.0, 0.1),
            CapUse(FIRST, "cash_loan_exposure", 5.0, 4.0, 0.1),
        ]
        score = caps_exceeded(use)
        assert (score.value, score.passed) == (2.0, False)
        assert score.text == (
            "2 of 3 caps of the months' batches exceeded; most expected_loss in 2024-01, by "
            "2,500.00 over 5,000.00."
        )

    def test_without_batches_there_is_nothing_to_measure(self):
        assert caps_exceeded([]).passed is None


class TestComparisons:
    def test_more_profit_passes(self):
        lived = calm(policies=earning(hold=100.0, platform=350.0))
        score = profit_over(lived, "hold", "hold")
        assert (score.name, score.value, score.passed) == ("profit_over_hold", 250.0, True)
        assert score.text == "The platform earned 250 yuan more than hold."

    def test_less_profit_says_by_how_much(self):
        lived = calm(policies=earning(rule_of_thumb=1_500_000.0, platform=0.0))
        score = profit_over(lived, "rule_of_thumb", "the rule of thumb")
        assert score.passed is False
        assert score.text == "The platform earned 1,500,000 yuan less than the rule of thumb."

    def test_bad_debt_may_equal_that_of_the_rule_of_thumb(self):
        lived = calm(policies=owing(rule_of_thumb=100.0, platform=100.0))
        assert bad_debt_over_rule(lived).passed is True

    def test_more_bad_debt_says_by_how_much(self):
        score = bad_debt_over_rule(calm(policies=owing(rule_of_thumb=100.0, platform=130.0)))
        assert (score.value, score.passed) == (30.0, False)
        assert score.text == "The platform wrote off 30 yuan more than the rule of thumb."

    def test_regret_is_the_share_of_the_oracles_gain_that_was_left(self):
        score = regret(calm(policies=earning(hold=100.0, platform=180.0, oracle=200.0)))
        assert score.value == pytest.approx(0.2)
        assert score.passed is None
        assert score.text == (
            "Of the 100 yuan that the oracle earned over hold, the platform left 20 yuan, 20%."
        )

    def test_where_the_oracle_gains_nothing_there_is_no_regret(self):
        score = regret(calm(policies=earning(hold=100.0, platform=180.0, oracle=100.0)))
        assert (score.value, score.passed) == (None, None)

    def test_without_the_other_policy_nothing_is_compared(self):
        lived = calm(policies=earning(platform=1.0))
        for score in (
            profit_over(lived, "hold", "hold"),
            bad_debt_over_rule(lived),
            regret(lived),
        ):
            assert (score.value, score.passed) == (None, None)
            assert score.text == "The policies to compare did not all take part."


def test_every_score_is_given_once_and_tells_a_sentence():
    names = ("hold", "rule_of_thumb", "platform", "oracle")
    lived = shocked(event(5), policies=tuple(map(policy_result, names)))
    every = scores(lived)
    assert len({score.name for score in every}) == len(every) == 9
    assert all(score.text.endswith(".") and score.target and score.unit for score in every)

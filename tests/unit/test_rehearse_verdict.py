"""Scores over several worlds: the worst is told, and which it was."""

from datetime import date

import pytest

from credit_limits.rehearsal.result import Event, EventKind, Score
from credit_limits.simulation.scenarios import scenario_named
from tests.rehearsal_core_samples import month_figures, policy_result
from tidegate.operations.rehearsal_verdict import SeedStory, _worst, verdict

MONTHS = (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30))


def score(value, passed):
    return Score("first_alarm", value, "months", "at most 2", passed, f"after {value}")


@pytest.mark.parametrize(
    ("scores", "worst"),
    [
        ([score(1.0, True), score(2.0, True)], 1),
        ([score(9.0, True), score(3.0, False)], 1),
        ([score(3.0, False), score(None, False), score(7.0, False)], 1),
        ([score(None, None), score(0.0, True)], 1),
    ],
)
def test_the_worst_is_a_failure_before_all_and_of_failures_that_which_never_came(scores, worst):
    found = _worst(scores, [7, 8, 9][: len(scores)])
    failed = sum(each.passed is False for each in scores)
    assert (found.value, found.passed) == (scores[worst].value, scores[worst].passed)
    assert found.text.startswith(f"{failed} of {len(scores)} worlds fall short; worst, seed 8: ")


def test_worlds_that_agree_say_it_once():
    assert _worst([score(1.0, True), score(1.0, True)], [7, 8]) == score(1.0, True)


def story(seed, *alarms, events=(), increases=(0, 0, 0, 0)):
    told = tuple(Event(day, EventKind.ALARM, "moved") for day in alarms)
    return SeedStory(
        seed=seed,
        month_ends=MONTHS,
        increases=increases,
        events=(*told, *events),
        trials=(),
        cap_use=(),
        actions=(),
    )


def scores_of(scenario, shock, *stories, policies=()):
    events, scores = verdict(stories, policies, scenario_named(scenario), shock)
    return events, {each.name: each for each in scores}


def test_after_a_shock_an_alarm_is_due_and_the_time_line_begins_with_it():
    events, scores = scores_of("2020", MONTHS[1], story(7, MONTHS[1], MONTHS[2]))
    assert [event.kind for event in events] == [EventKind.SHOCK, EventKind.ALARM, EventKind.ALARM]
    assert (scores["first_alarm"].value, scores["first_alarm"].passed) == (0.0, True)


def test_no_alarm_is_due_in_a_boom_or_in_calm():
    for name, shock in (("boom", MONTHS[1]), ("calm", None)):
        _, scores = scores_of(name, shock, story(7))
        assert scores["first_alarm"].passed is None


def test_of_several_worlds_the_first_has_the_time_line_and_the_worst_the_scores():
    events, scores = scores_of("calm", None, story(7), story(8, *MONTHS))
    assert events == ()
    assert scores["false_alarms"].passed is False
    assert scores["false_alarms"].value == 12.0
    assert "1 of 2 worlds" in scores["false_alarms"].text
    assert "seed 8" in scores["false_alarms"].text


def test_what_a_world_raised_is_nothing_to_the_brake_of_another():
    """The figures of the policies are means over the worlds: seed 7 raised where 8 was stopped."""
    brake = (Event(MONTHS[1], EventKind.BRAKE_ON, "stop"),)
    free, braked = story(7, increases=(8, 8, 8, 8)), story(8, events=brake, increases=(6, 6, 0, 0))
    means = [month_figures(month, increases=increases) for month, increases in enumerate((7, 7, 4))]
    told = policy_result("platform", months=means)
    score = scores_of("calm", None, free, braked, policies=(told,))[1]["increases_under_brake"]
    assert (score.value, score.passed) == (0.0, True)
    through = story(8, events=brake, increases=(6, 6, 0, 5))
    score = scores_of("calm", None, free, through, policies=(told,))[1]["increases_under_brake"]
    assert (score.value, score.passed) == (5.0, False)

"""A rehearsal's result: values that cannot be in a bad state, kept as JSON and read back."""

import json
from dataclasses import replace
from datetime import date

import pytest

from credit_limits.rehearsal.plain import built, plain_of
from credit_limits.rehearsal.result import (
    CapUse,
    Event,
    EventKind,
    RehearsalResult,
    Score,
    Spread,
)
from tests.rehearsal_core_samples import month_figures, policy_result, rehearsal_result


def test_a_result_survives_being_written_as_json_and_read():
    result = rehearsal_result()
    text = json.dumps(result.to_plain(), allow_nan=False)
    assert RehearsalResult.from_plain(json.loads(text)) == result


def test_a_result_without_a_shock_survives_too():
    calm = replace(rehearsal_result(), shock_month_end=None, events=(), cap_use=())
    assert RehearsalResult.from_plain(json.loads(json.dumps(calm.to_plain()))) == calm


def test_plain_values_are_what_people_would_write():
    plain = plain_of(Event(date(2024, 1, 31), EventKind.BRAKE_ON, "No increases."))
    assert plain == {"month_end": "2024-01-31", "kind": "brake_on", "text": "No increases."}


def test_read_values_have_their_types():
    event = built(Event, {"month_end": "2024-01-31", "kind": "alarm", "text": "Late payers."})
    assert event == Event(date(2024, 1, 31), EventKind.ALARM, "Late payers.")
    assert event.kind is EventKind.ALARM


def test_a_whole_number_in_json_may_stand_for_a_float():
    spread = built(Spread, {"value": 1, "low": 0, "high": 2})
    assert spread == Spread(1.0, 0.0, 2.0)
    assert isinstance(spread.value, float)


def test_an_absent_figure_stays_absent():
    score = Score("regret", None, "share", "small", None, "Nothing to gain.")
    assert built(Score, plain_of(score)) == score


@pytest.mark.parametrize(("change", "named"), [({"low": None}, "low"), ({"middle": 1.0}, "middle")])
def test_fields_absent_or_strange_are_named(change, named):
    plain = {"value": 1.0, "low": 0.0, "high": 2.0} | change
    plain = {name: value for name, value in plain.items() if value is not None}
    with pytest.raises(ValueError, match=f"Spread: fields absent or unknown: {named}"):
        built(Spread, plain)


def test_a_kind_of_event_that_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="flood"):
        built(Event, {"month_end": "2024-01-31", "kind": "flood", "text": ""})


def test_bounds_are_in_order():
    with pytest.raises(ValueError, match=r"bounds 2\.0 to 1\.0 are not in order"):
        Spread(1.5, 2.0, 1.0)


def test_bounds_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="not in order"):
        Spread(1.5, float("nan"), 1.0)


def test_profit_is_the_sum_of_its_parts():
    assert month_figures().profit_minor == 565_00
    with pytest.raises(ValueError, match="profit of 2024-01-31 is 56501, its parts make 56500"):
        replace(month_figures(), profit_minor=565_01)


@pytest.mark.parametrize(("used", "exceeded"), [(9.0, False), (10.0, False), (10.01, True)])
def test_a_cap_is_exceeded_above_it_not_at_it(used, exceeded):
    assert CapUse(date(2024, 1, 31), "exposure", 10.0, used, 0.0).exceeded is exceeded


def test_a_policy_is_found_by_its_name():
    result = rehearsal_result()
    assert result.policy_named("platform") == policy_result("platform", profit=5.0)
    with pytest.raises(ValueError, match=r"no policy named oracle .* it has hold, platform"):
        result.policy_named("oracle")

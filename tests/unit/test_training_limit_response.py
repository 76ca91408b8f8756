"""An estimate from limits drawn at random finds the answer that was planted, or says why not."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from credit_limits.domain.errors import ModelError, NotEnoughOutcomes
from credit_limits.domain.limit_response import read_limit_response
from credit_limits.gates.measured import Interval
from tests.response_samples import response_lineage, response_policy, trial
from training.limit_response import ResponseEstimate, differing, estimate_response
from training.response_rows import ResponseRows

MANY = response_policy(defaults=100)


@pytest.fixture(scope="module")
def estimate() -> ResponseEstimate:
    """Of a balance that answers with 0.4, and too few defaults."""
    return estimate_response(trial(2000, elasticity=0.4), response_policy())


def with_frame(rows: ResponseRows, **columns: object) -> ResponseRows:
    return replace(rows, frame=rows.frame.assign(**columns))


def test_the_planted_answer_of_the_balance_lies_in_a_narrow_interval(estimate):
    assert estimate.balance.low < 0.4 < estimate.balance.high
    assert estimate.balance.high - estimate.balance.low < 0.2
    assert (estimate.rows, estimate.drawn, estimate.waiting) == (2000, 2030, 20)
    assert 1300 < estimate.customers < 2000
    assert estimate.dose_violations == 0


def test_too_few_defaults_leave_the_balance_alone(estimate):
    assert estimate.default is None
    assert f"{estimate.defaults} of 2,000 limits drawn at random" in estimate.default_absent
    assert "asks for 800: draw more" in estimate.default_absent
    assert all(step.default_log_odds is None for step in estimate.steps)


def test_with_defaults_enough_their_answer_is_told_too():
    rows = trial(6000, log_odds=1.0, default_rate=0.2)
    found = estimate_response(rows, MANY)
    assert found.default is not None
    assert found.default.low < 1.0 < found.default.high
    assert found.default.low > 0.5
    assert found.default_absent == ""
    risks = [step.default_log_odds.value for step in found.steps]
    assert risks == sorted(risks)


def test_each_step_lies_on_the_line_where_the_answer_is_a_line(estimate):
    """Over no change: 0.4 x log 0.8 = -0.09, 0.4 x log 1.25 = 0.09, 0.4 x log 1.6 = 0.19."""
    assert [step.log_limit_ratio for step in estimate.steps] == pytest.approx(
        np.log([0.8, 1.25, 1.6])
    )
    for step in estimate.steps:
        assert step.balance_log.low < 0.4 * step.log_limit_ratio < step.balance_log.high
    assert sum(step.rows for step in estimate.steps) == 2000


def test_a_step_over_which_the_balance_falls_is_counted():
    rows = trial(3000)
    top = rows.dose > 0.4
    after = rows.frame["balance_after_minor"] * np.where(top, 0.7, 1.0)
    found = estimate_response(with_frame(rows, balance_after_minor=after), response_policy())
    assert found.dose_violations == 1


def test_a_step_over_which_the_risk_falls_is_counted():
    rows = trial(6000, default_rate=0.2)
    safe = rows.defaulted & ~((rows.dose > 0.4) & (np.arange(6000) % 2 == 0))
    found = estimate_response(with_frame(rows, defaulted=safe), MANY)
    assert found.dose_violations == 1


def test_a_step_of_a_handful_of_changes_is_shown_to_nobody():
    rows = trial(2000)
    dose = rows.dose.copy()
    dose[:20] = np.log(3.0)
    found = estimate_response(with_frame(rows, log_limit_ratio=dose), response_policy())
    assert len(found.steps) == 3


def test_fewer_rows_than_the_floor_are_told_with_their_figures():
    with pytest.raises(NotEnoughOutcomes) as told:
        estimate_response(trial(999), response_policy())
    for figure in ("999 limits", "1,029 were drawn", "20 wait", "asks for 1,000", "6 months"):
        assert figure in str(told.value)


def test_one_size_of_raise_tells_no_response():
    one = trial(1500, ratios=np.array([1.25]), propensities=np.array([1.0]))
    with pytest.raises(NotEnoughOutcomes, match="fill 1 step"):
        estimate_response(one, response_policy())


def test_balances_that_are_all_0_tell_no_response():
    with pytest.raises(ModelError):
        estimate_response(with_frame(trial(1200), balance_after_minor=0.0), response_policy())


def test_defaults_that_one_arm_alone_has_are_no_estimate_and_no_error():
    rows = trial(3000)
    some = (rows.dose > 0.4) & (np.arange(3000) % 3 == 0)
    found = estimate_response(with_frame(rows, defaulted=some), MANY)
    assert found.default is None
    assert found.default_absent.startswith("the default response could not be estimated: ")


def test_propensities_that_go_with_the_answer_are_weighed_out():
    """Cash loans answer with 0.8 and are given the large raise more often; others with 0.2.

    As if drawn alike, a third of each product is in each arm: the answer lies between the two
    and, by the shares of the products' balances, near half way; unweighted arms would mix the
    level of cash loans, twice as much owed, into the answer.
    """
    random = np.random.default_rng(3)
    cash = random.random(9000) < 0.5
    arm = np.where(
        cash, random.choice(3, 9000, p=[0.1, 0.2, 0.7]), random.choice(3, 9000, p=[0.7, 0.2, 0.1])
    )
    drawn = np.where(cash, np.array([0.1, 0.2, 0.7])[arm], np.array([0.7, 0.2, 0.1])[arm])
    rows = trial(9000)
    dose = np.log(np.array([0.8, 1.25, 1.6]))[arm]
    limit = rows.frame["from_minor"].to_numpy()
    after = limit * np.where(cash, 0.4 * np.exp(0.8 * dose), 0.2 * np.exp(0.2 * dose))
    hidden = with_frame(
        rows,
        product="pay_later",
        log_limit_ratio=dose,
        propensity=drawn,
        balance_before_minor=0.3 * limit,
        balance_after_minor=after,
    )
    found = estimate_response(hidden, response_policy())
    blind = estimate_response(with_frame(hidden, propensity=1 / 3), response_policy())
    assert found.balance.value == pytest.approx(0.62, abs=0.05)
    assert blind.balance.value > 1.0


def test_the_registered_file_says_what_decisions_read(estimate):
    found = read_limit_response(estimate.content, "4")
    assert found.balance_elasticity == pytest.approx(estimate.balance.value, abs=1e-9)
    assert found.default_log_odds_per_log_limit is None
    stated = json.loads(estimate.content)
    assert (stated["rows"], stated["months_before"], stated["balance_months"]) == (2000, 3, 6)
    assert stated["policy_version"] == "limit_response/2005-01-01"
    assert len(stated["steps"]) == 3
    both = estimate_response(trial(6000, log_odds=1.0, default_rate=0.2), MANY)
    told = read_limit_response(both.content, "4").default_log_odds_per_log_limit
    assert told == pytest.approx(both.default.value, abs=1e-9)


def test_what_is_registered_is_what_measuring_again_finds(estimate):
    registered = json.loads(estimate.content)
    again = estimate_response(trial(2000, elasticity=0.4), response_policy())
    assert differing(registered, again) == ()
    assert again.content == estimate.content


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda said: said["balance_log_per_log_limit"].update(value=0.9), "balance_log"),
        (lambda said: said["balance_log_per_log_limit"].update(low=0.3), "balance_log"),
        (lambda said: said.update(rows=2001), "rows"),
        (lambda said: said.update(rows=True), "rows"),
        (lambda said: said["steps"].pop(), "steps"),
        (lambda said: said["steps"][0].update(rows=1), "steps"),
        (lambda said: said.update(default_log_odds_per_log_limit={"value": 0.0}), "default_log"),
        (lambda said: said.update(policy_digest="other"), "policy_digest"),
        (lambda said: said.update(more=1), "more"),
        (lambda said: said.pop("dose_violations"), "dose_violations"),
        (lambda said: said.update(balance_log_per_log_limit=None), "balance_log"),
    ],
)
def test_a_registered_figure_that_measuring_again_contradicts_is_named(estimate, spoil, named):
    registered = json.loads(estimate.content)
    spoil(registered)
    (found,) = differing(registered, estimate)
    assert found.startswith(named)


def test_another_machine_s_last_digit_contradicts_nothing(estimate):
    registered = json.loads(estimate.content)
    registered["balance_log_per_log_limit"]["value"] += 1e-9
    assert differing(registered, estimate) == ()


def test_an_estimate_says_why_there_is_no_default_response_or_has_one(estimate):
    for changed in ({"default_absent": ""}, {"default": Interval(0.1, 0.0, 0.2)}):
        with pytest.raises(ValueError, match="or why there is none"):
            replace(estimate, **changed)


@pytest.mark.parametrize(
    "changed",
    [
        *({"as_of": date(2024, 11, 30)}, {"data_versions": {"accounts": 1}}),
        *({"policy_version": "limit_response/2006-01-01"}, {"policy_digest": "other"}),
        {"code_digest": "other"},
    ],
)
def test_all_that_an_estimate_follows_from_makes_its_key(changed):
    assert response_lineage(**changed).run_key != response_lineage().run_key
    assert response_lineage().run_key == response_lineage().run_key

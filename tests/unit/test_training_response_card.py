"""The card and the picture of a limit response show its figures and nothing else."""

import io
import math

import numpy as np
import pytest

from tests.response_samples import response_lineage, response_policy, trial
from tidegate.adapters.plots import dose_response
from tidegate.adapters.registered_model import form_of
from training.limit_response import ResponseEstimate, ResponseRun, estimate_response
from training.response_card import response_card

LINEAGE = response_lineage()


@pytest.fixture(scope="module")
def balance_alone() -> ResponseEstimate:
    return estimate_response(trial(2000), response_policy())


@pytest.fixture(scope="module")
def both() -> ResponseEstimate:
    rows = trial(6000, log_odds=1.0, default_rate=0.2)
    return estimate_response(rows, response_policy(defaults=100))


def card(estimate: ResponseEstimate) -> str:
    return response_card(ResponseRun(estimate, LINEAGE))


def test_a_card_says_what_was_estimated_from_what(balance_alone):
    text, found = card(balance_alone), balance_alone
    ends = (found.balance.value, found.balance.low, found.balance.high)
    assert (
        f"| balance, log per log of the limit | {' | '.join(f'{end:.3f}' for end in ends)} |"
        in text
    )
    assert "default, log odds" not in text
    assert f"Of default: {found.default_absent}." in text
    assert "2,030 limits drawn at random, of which\n20 wait" in text
    assert f"{found.customers:,} customers" in text
    assert "accounts 0, limit_changes 2, statements 1" in text
    assert f"{math.exp(found.balance.value * math.log(1.1)) - 1.0:+.1%}" in text


def test_a_card_shows_each_step_over_no_change(balance_alone):
    text = card(balance_alone)
    for step in balance_alone.steps:
        times = math.exp(step.log_limit_ratio)
        moved = math.exp(step.balance_log.value)
        assert f"| {times:.2f} | {step.rows:,} | {moved:.3f} |" in text
    assert "between 0.80 and 1.60 times the old one" in text


def test_a_card_shows_a_default_response_where_there_is_one(both):
    assert f"| default, log odds per log of the limit | {both.default.value:.3f} |" in card(both)
    assert "Of default:" not in card(both)


def test_the_picture_has_the_steps_the_line_and_what_the_policy_assumes(balance_alone):
    figure = dose_response(balance_alone, 0.5)
    sink = io.BytesIO()
    figure.savefig(sink, format="png")
    assert sink.getvalue().startswith(b"\x89PNG")
    axes = figure.axes[0]
    fitted, assumed = (line.get_data() for line in axes.lines[:2])
    assert np.log(fitted[1]) == pytest.approx(balance_alone.balance.value * np.log(fitted[0]))
    assert np.log(assumed[1]) == pytest.approx(0.5 * np.log(assumed[0]))
    points = axes.containers[0].lines[0].get_data()
    assert points[0] == pytest.approx([0.8, 1.25, 1.6])
    assert np.log(points[1]) == pytest.approx(
        [step.balance_log.value for step in balance_alone.steps]
    )
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "the limit policy assumes 0.50" in words
    counts = [text.get_text() for text in axes.texts]
    assert counts == [f"{step.rows:,} changes" for step in balance_alone.steps]


def test_mlflow_is_told_the_figures_with_their_ends(balance_alone, both):
    form = form_of(ResponseRun(balance_alone, LINEAGE))
    assert form.metrics["balance_response"] == balance_alone.balance.value
    assert form.metrics["balance_response_low"] == balance_alone.balance.low
    assert form.metrics["rows"] == 2000.0
    assert "default_response" not in form.metrics
    assert form.parameters["rows"] == 1000
    assert form.parameters["step_width"] == 0.25
    assert form.inputs == ("log_limit_ratio",)
    assert form.files == {"limit_response.json": balance_alone.content}
    told = form_of(ResponseRun(both, LINEAGE)).metrics
    assert told["default_response_high"] == both.default.high

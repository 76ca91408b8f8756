"""Plots of a run: they show its numbers and leave no state behind."""

import io
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.training_samples import trained
from tidegate.adapters.plots import calibration, importance, roc, score_distribution, training_plots
from training.evaluate import auc

RUN = trained()
LABEL, SCORE = RUN.sample["label"].to_numpy(), RUN.sample["score"].to_numpy()


def test_each_plot_is_a_picture():
    plots = training_plots(LABEL, SCORE, RUN.importances)
    assert set(plots) == {"roc.png", "calibration.png", "score_distribution.png", "importance.png"}
    for figure in plots.values():
        sink = io.BytesIO()
        figure.savefig(sink, format="png")
        assert sink.getvalue().startswith(b"\x89PNG")


@pytest.mark.parametrize("digits", [12, 2, 1])
def test_the_area_under_the_curve_is_the_auc(digits):
    score = np.round(SCORE, digits)
    axes = roc(LABEL, score).axes[0]
    refused, caught = axes.lines[0].get_data()
    assert np.trapezoid(caught, refused) == pytest.approx(auc(LABEL, score), abs=1e-12)
    assert axes.get_legend().get_texts()[0].get_text() == f"AUC {auc(LABEL, score):.4f}"


def test_ten_bins_hold_every_row():
    points = calibration(LABEL, SCORE).axes[0].containers[0].lines[0]
    predicted, observed = points.get_data()
    assert len(predicted) == 10
    assert np.mean(predicted) == pytest.approx(SCORE.mean(), rel=0.01)
    assert np.mean(observed) == pytest.approx(LABEL.mean(), rel=0.02)


def test_both_distributions_add_up_to_one():
    bars = score_distribution(LABEL, SCORE).axes[0].containers
    for group in bars:
        assert sum(bar.get_height() for bar in group) == pytest.approx(1.0)


def test_the_most_important_input_is_on_top():
    labels = [tick.get_text() for tick in importance(RUN.importances).axes[0].get_yticklabels()]
    assert labels[-1] == next(iter(RUN.importances))
    assert len(labels) == 20


def test_pyplot_and_its_global_state_are_not_touched():
    script = "import sys, tidegate.adapters.plots; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0

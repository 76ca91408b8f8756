"""Figures of a run for the registry, as matplotlib objects without global state."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from training.limit_response import ResponseEstimate

_BINS = 10
_SHOWN = 20
_GOOD, _BAD, _LINE = "#4477aa", "#cc6677", "#222222"

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def training_plots(
    label: Flags, score: Floats, importances: Mapping[str, float]
) -> dict[str, Figure]:
    """ROC, calibration, score distribution and importance, by file name.

    Args:
        label: true for a default.
        score: predicted probability, same length.
        importances: mean absolute contribution to the log-odds of each input, largest first.
    """
    return {
        "roc.png": roc(label, score),
        "calibration.png": calibration(label, score),
        "score_distribution.png": score_distribution(label, score),
        "importance.png": importance(importances),
    }


def roc(label: Flags, score: Floats) -> Figure:
    """Share of defaults caught against share of good accounts refused, at every cut-off."""
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    defaults = np.cumsum(label[order])[last_of_tie]
    goods = last_of_tie + 1 - defaults
    caught = np.append(0.0, defaults / defaults[-1])
    refused = np.append(0.0, goods / goods[-1])
    figure, axes = _canvas("Ranking of the test rows")
    axes.plot(refused, caught, color=_GOOD, label=f"AUC {np.trapezoid(caught, refused):.4f}")
    axes.plot([0, 1], [0, 1], color=_LINE, linestyle=":", linewidth=1)
    axes.set(xlabel="share of good accounts refused", ylabel="share of defaults caught")
    axes.legend(loc="lower right")
    return figure


def calibration(label: Flags, score: Floats) -> Figure:
    """Observed against predicted default rate in ten bins of equal numbers of rows."""
    groups = np.array_split(np.argsort(score, kind="stable"), _BINS)
    groups = [group for group in groups if len(group)]
    predicted = np.array([score[group].mean() for group in groups])
    observed = np.array([label[group].mean() for group in groups])
    sizes = np.array([len(group) for group in groups])
    error = np.sqrt(predicted * (1.0 - predicted) / sizes)
    figure, axes = _canvas("Predicted and observed default rate")
    axes.errorbar(predicted, observed, yerr=1.96 * error, fmt="o", color=_GOOD, label="ten bins")
    top = float(max(predicted.max(), observed.max())) * 1.05
    axes.plot([0, top], [0, top], color=_LINE, linestyle=":", linewidth=1, label="right")
    axes.set(xlabel="predicted", ylabel="observed")
    axes.legend(loc="upper left")
    return figure


def score_distribution(label: Flags, score: Floats) -> Figure:
    """Shares of good accounts and of defaults by score."""
    bins = np.linspace(0.0, max(float(np.quantile(score, 0.995)), 1e-6), 41)
    figure, axes = _canvas("Scores of good accounts and of defaults")
    for members, colour, name in ((~label, _GOOD, "good"), (label, _BAD, "defaults")):
        weights = np.full(int(members.sum()), 1.0 / max(1, int(members.sum())))
        shown = np.minimum(score[members], bins[-1])
        axes.hist(shown, bins=bins.tolist(), weights=weights, color=colour, alpha=0.6, label=name)
    axes.set(xlabel="score (the last bar holds all above)", ylabel="share")
    axes.legend(loc="upper right")
    return figure


def importance(importances: Mapping[str, float]) -> Figure:
    """The twenty inputs that move the log-odds most."""
    names = list(importances)[:_SHOWN][::-1]
    figure, axes = _canvas("Inputs by mean absolute contribution", height=6.0)
    axes.barh(names, [importances[name] for name in names], color=_GOOD)
    axes.set_xlabel("log-odds")
    return figure


def dose_response(estimate: "ResponseEstimate", assumed_elasticity: float) -> Figure:
    """Balance over that at no change, by step of the dose, with the line and what was assumed.

    Args:
        estimate: of the limit response.
        assumed_elasticity: what the limit policy states, log per log.
    """
    at = [math.exp(step.log_limit_ratio) for step in estimate.steps]
    found = np.exp(
        [[s.balance_log.value, s.balance_log.low, s.balance_log.high] for s in estimate.steps]
    )
    reach = np.geomspace(min([1.0, *at]) / 1.1, max([1.0, *at]) * 1.1, 60)
    value, low, high = (
        reach**elasticity
        for elasticity in (estimate.balance.value, estimate.balance.low, estimate.balance.high)
    )
    figure, axes = _canvas("Balance at another limit, from limits drawn at random")
    axes.fill_between(reach, low, high, color=_GOOD, alpha=0.2, linewidth=0)
    axes.plot(reach, value, color=_GOOD, label=f"fitted: {estimate.balance.value:.2f} log per log")
    axes.plot(
        reach,
        reach**assumed_elasticity,
        color=_BAD,
        linestyle="--",
        label=f"the limit policy assumes {assumed_elasticity:.2f}",
    )
    error = np.abs(found[:, 1:] - found[:, :1]).T
    axes.errorbar(
        at, found[:, 0], yerr=error, fmt="o", color=_LINE, capsize=3, label="by step, 95 %"
    )
    axes.axhline(1.0, color=_LINE, linewidth=0.5)
    axes.axvline(1.0, color=_LINE, linewidth=0.5)
    for place, step in zip(at, estimate.steps, strict=True):
        note = f"{step.rows:,} changes"
        axes.annotate(note, (place, 1.0), (0, -12), textcoords="offset points", ha="center")
    axes.set(
        xlabel="new limit over the old",
        ylabel="balance over that at no change",
    )
    axes.legend(loc="upper left")
    return figure


def _canvas(title: str, height: float = 4.5) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes

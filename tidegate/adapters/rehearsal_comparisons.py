"""The plots that compare policies over a whole rehearsal: gain, cohorts, groups of customers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from credit_limits.rehearsal.result import (
    GroupFigures,
    PolicyResult,
    RehearsalResult,
)
from credit_limits.rehearsal.rivals import HOLD
from tidegate.adapters import rehearsal_wording as told
from tidegate.adapters import report_wording as wording
from tidegate.adapters.month_charts import (
    MonthLine,
    line_legend,
    month_lines,
    round_steps,
)
from tidegate.adapters.rehearsal_plots import MonthPlot, axis_of, month_rows, styles
from tidegate.adapters.report_plots import Plot
from tidegate.adapters.svg_canvas import Caption
from tidegate.adapters.svg_charts import IntervalRow, interval_rows, legend

_Groups = dict[str, list[tuple[PolicyResult, GroupFigures]]]
_SHORT_PLOT = 110


@dataclass(frozen=True, slots=True)
class GroupPlot:
    """The groups of one grouping, each with its figures under each policy."""

    name: str
    legend: Markup
    limits: Plot
    welfare: Plot
    rows: tuple[tuple[str, tuple[tuple[str, GroupFigures], ...]], ...]


def beside_hold(result: RehearsalResult) -> bool:
    """Whether there is a policy that can be compared with holding."""
    return told.found(result, HOLD.name) is not None and len(result.policies) > 1


def profit_rows(result: RehearsalResult) -> Plot:
    """Profit over holding of each policy with its interval, all on one scale."""
    others = [policy for policy in result.policies if policy.name != HOLD.name]
    bounds = [policy.profit_over_hold for policy in others]
    scale = _scale([point for each in bounds for point in (each.low, each.high)])
    colours = styles(result)
    rows = [
        IntervalRow(
            policy.title,
            f"{wording.signed_yuan(policy.profit_over_hold.value)} yuan",
            scale,
            ((each.low, each.value, each.high, colours[policy.name]),),
        )
        for policy, each in zip(others, bounds, strict=True)
    ]
    title = "Profit over holding, with its interval"
    caption = Caption("over-hold-plot", title, "; ".join(f"{r.label}: {r.note}" for r in rows))
    return Plot(title, Markup(), interval_rows(caption, rows, told.axis_yuan))


def cohorts(result: RehearsalResult) -> tuple[MonthPlot, ...]:
    """Defaults of each cohort as observed and as the world knew them, a plot for each policy."""
    policies = [policy for policy in result.policies if policy.cohorts]
    rates = [
        rate
        for policy in policies
        for cohort in policy.cohorts
        for rate in (cohort.default_rate_6m, cohort.true_probability_6m)
    ]
    return tuple(
        _cohort_plot(result, policy, (0.0, max(rates)), index)
        for index, policy in enumerate(policies)
    )


def groups(result: RehearsalResult) -> tuple[GroupPlot, ...]:
    """Limits and welfare by each grouping, a dot for each policy."""
    groupings = dict.fromkeys(
        group.grouping for policy in result.policies for group in policy.groups
    )
    return tuple(_group_plot(result, grouping, index) for index, grouping in enumerate(groupings))


def welfare_each(group: GroupFigures) -> float:
    """What a group's customers gain, minor units for each account."""
    return group.welfare_minor / max(group.accounts, 1)


def _cohort_plot(
    result: RehearsalResult, policy: PolicyResult, scale: tuple[float, float], index: int
) -> MonthPlot:
    ends = {cohort.month_end: month for month, cohort in enumerate(policy.cohorts)}
    lines = [
        MonthLine(
            f"{styles(result)[policy.name]} seen",
            "Observed",
            tuple(cohort.default_rate_6m for cohort in policy.cohorts),
        ),
        MonthLine(
            "truth",
            "True probability",
            tuple(cohort.true_probability_6m for cohort in policy.cohorts),
        ),
    ]
    caption = Caption(
        f"cohorts-plot-{index}",
        f"{policy.title}: defaults within six months, by cohort",
        "The observed rate and the mean true probability of each cohort; the table has both.",
    )
    axis = axis_of(ends, result.shock_month_end)
    chart = month_lines(
        caption, axis, lines, told.axis_share, holding=scale, height=_SHORT_PLOT, named=False
    )
    return MonthPlot(
        "defaults",
        Plot(policy.title, line_legend([(line.css, line.label) for line in lines]), chart),
        tuple(line.label for line in lines),
        month_rows(ends, lines, lambda share: wording.percent(share, 2)),
    )


def _group_plot(result: RehearsalResult, grouping: str, index: int) -> GroupPlot:
    named: _Groups = {}
    for policy in result.policies:
        for group in policy.groups:
            if group.grouping == grouping:
                named.setdefault(group.name, []).append((policy, group))
    compared = {policy.name: policy.title for figures in named.values() for policy, _ in figures}
    colours = styles(result)
    return GroupPlot(
        told.GROUPING_NAMES.get(grouping, wording.words(grouping)),
        legend([(colours[name], title) for name, title in compared.items()]),
        _dots(colours, named, f"limits-plot-{index}", "Mean limit, in yuan", _mean_limit),
        _dots(
            colours,
            named,
            f"welfare-plot-{index}",
            "Welfare for each account, in yuan",
            welfare_each,
        ),
        tuple(
            (name, tuple((policy.title, group) for policy, group in figures))
            for name, figures in named.items()
        ),
    )


def _dots(
    colours: Mapping[str, str],
    named: _Groups,
    name: str,
    title: str,
    value: Callable[[GroupFigures], float],
) -> Plot:
    """A row for each group with a dot for each policy, all on one scale."""
    scale = _scale(value(group) for figures in named.values() for _, group in figures)
    rows = [
        IntervalRow(
            wording.words(group),
            "",
            scale,
            tuple((at := value(each), at, at, colours[policy.name]) for policy, each in figures),
        )
        for group, figures in named.items()
    ]
    caption = Caption(name, title, "A dot for each policy; the table has the figures.")
    return Plot(title, Markup(), interval_rows(caption, rows, told.axis_yuan))


def _scale(values: Iterable[float]) -> tuple[float, float]:
    """A round scale over the values and zero."""
    held = [0.0, *values]
    steps = round_steps(min(held), max(held))
    return steps[0], steps[-1]


def _mean_limit(group: GroupFigures) -> float:
    return group.mean_limit_minor

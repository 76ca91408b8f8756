"""The plots of the cycle's page, each with what its table needs: values in, SVG and rows out."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from credit_limits.domain.money import MINOR_PER_YUAN
from tidegate.adapters import report_wording as wording
from tidegate.adapters.cycle_report import DAYS_PAST_DUE_BUCKETS, ProductStanding
from tidegate.adapters.cycle_report_decisions import (
    FIRST_TOLD,
    Allocation,
    DecisionGroup,
    Decisions,
    LimitBand,
)
from tidegate.adapters.cycle_report_model import FigureRow, ModelComparison
from tidegate.adapters.cycle_report_watch import NOT_JUDGED, Drift
from tidegate.adapters.svg_canvas import Caption
from tidegate.adapters.svg_charts import (
    IntervalRow,
    LevelBar,
    StackedBar,
    interval_rows,
    legend,
    level_bars,
    paired_columns,
    stacked_bars,
)

Columns = list[tuple[str, str]]
_SCALES = {
    "auc": (0.5, 1.0),
    "ks": (0.0, 1.0),
    "ece": (0.0, 0.05),
    "brier": (0.0, 0.25),
    "slope": (0.5, 1.5),
    "intercept": (-0.5, 0.5),
    "predicted_over_observed": (0.5, 1.5),
}
_DUE_CLASSES = tuple(f"dpd{index}" for index in range(len(DAYS_PAST_DUE_BUCKETS)))


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with its caption and legend."""

    caption: str
    legend: Markup
    chart: Markup


@dataclass(frozen=True, slots=True)
class GroupPlot:
    """Decisions by product or by grade."""

    plot: Plot
    key: str
    rows: tuple[DecisionGroup, ...]


@dataclass(frozen=True, slots=True)
class PastDuePlot:
    """Days past due by product; a row for each bucket holds a share for each product."""

    plot: Plot
    columns: Columns
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


def decision_groups(decisions: Decisions) -> tuple[GroupPlot, ...]:
    """By product, with a bar for all where there are several, and by grade."""
    everyone = (decisions.total,) if len(decisions.by_product) > 1 else ()
    return (
        _group_plot("product", "Product", (*everyone, *decisions.by_product), decisions),
        _group_plot("grade", "Grade of risk", decisions.by_grade, decisions),
    )


def told_actions(decisions: Decisions) -> tuple[tuple[str, str], ...]:
    """Style and name of what the page counts: actions of the limit, and all others as one."""
    first = tuple((str(action), wording.ACTION_NAMES[action]) for action in FIRST_TOLD)
    return (*first, ("otherwise", "Otherwise changed")) if decisions.total.otherwise else first


def told_counts(group: DecisionGroup, decisions: Decisions) -> tuple[int, ...]:
    """Accounts of a group by :func:`told_actions`."""
    first = tuple(group.count(action) for action in FIRST_TOLD)
    return (*first, group.otherwise) if decisions.total.otherwise else first


def limit_bands(bands: Sequence[LimitBand]) -> Plot:
    """Accounts in each band of limits before and after the decisions."""
    last = bands[-1].high_minor
    edges = [_short_yuan(band.low_minor) for band in bands]
    caption = Caption(
        "bands",
        "Accounts by limit",
        "Number of accounts in each band of limits, before and after the decisions; "
        "the table beside it has the figures.",
    )
    chart = paired_columns(
        caption,
        [*edges, "" if last is None else _short_yuan(last)],
        [band.before for band in bands],
        [band.after for band in bands],
    )
    colours = legend([("before", "Before"), ("after", "After")])
    return Plot("Accounts by limit, in yuan", colours, chart)


def band_name(band: LimitBand) -> str:
    """The range of a band of limits, in yuan."""
    if band.high_minor is None:
        return f"{wording.yuan(band.low_minor)} and more"
    return f"{wording.yuan(band.low_minor)} to below {wording.yuan(band.high_minor)}"


def caps(allocation: Allocation, name: str) -> Plot:
    """How much of each cap is used; ``name`` tells the plots of several batches apart."""
    bars = [
        LevelBar(
            wording.words(cap.name),
            f"{wording.percent(share := used_share(cap.used, cap.cap), 2)} used",
            share,
            "full" if share > 1 else "use",
        )
        for cap in allocation.caps
    ]
    title = "Share of each cap that is used"
    caption = Caption(name, title, "; ".join(f"{bar.label}: {bar.note}" for bar in bars))
    return Plot(title, Markup(), level_bars(caption, bars))


def used_share(used: float, cap: float) -> float:
    """Used over allowed; a cap of nothing is used up by anything.

    A floor is a cap below nothing, and its share is what it asks for of what is there: 80 of 90 of
    a floor of 80, above 1 where the floor is missed.
    """
    if cap == 0:
        return 0.0 if used <= 0 else float("inf")
    if cap < 0:
        return cap / used if used < 0 else float("inf")
    return used / cap


def past_due(portfolio: Sequence[ProductStanding]) -> PastDuePlot:
    """Accounts by days past due, a bar for each product."""
    bars = [
        StackedBar(
            wording.words(row.product),
            wording.plural(row.with_statement, "account"),
            tuple(map(float, row.past_due)),
        )
        for row in portfolio
    ]
    caption = Caption(
        "due-plot",
        "Accounts by days past due",
        "One bar for each product, cut by days past due; the table beside it has the shares.",
    )
    return PastDuePlot(
        Plot(
            "Accounts by days past due on the latest statement",
            legend(list(zip(_DUE_CLASSES, DAYS_PAST_DUE_BUCKETS, strict=True))),
            stacked_bars(caption, bars, _DUE_CLASSES),
        ),
        [(bar.label, "num") for bar in bars],
        tuple(
            (
                name,
                tuple(
                    row.past_due[index] / row.with_statement if row.with_statement else None
                    for row in portfolio
                ),
            )
            for index, name in enumerate(DAYS_PAST_DUE_BUCKETS)
        ),
    )


def comparison(models: ModelComparison) -> Plot:
    """Each figure of the challenger with its interval, the champion's below it."""
    caption = Caption(
        "figures-plot",
        "Figures with their intervals",
        "For each figure a dot with its interval; the table beside it has the numbers.",
    )
    colours = [("challenger", f"Version {models.challenger}")]
    if models.champion:
        colours.append(("champion", f"Version {models.champion}, the champion before it"))
    rows = [_interval_row(row) for row in models.figures]
    return Plot("Figures with their intervals", legend(colours), interval_rows(caption, rows))


def index_scale(verdict: Drift) -> float:
    """Where the scale of the stability index ends: 0.3, or the greatest judged index beyond it."""
    judged = (column for column in verdict.worst if column.level != NOT_JUDGED)
    return max([0.3, *(column.psi for column in judged if column.psi is not None)])


def _group_plot(
    name: str, key: str, groups: tuple[DecisionGroup, ...], decisions: Decisions
) -> GroupPlot:
    shown = told_actions(decisions)
    bars = [
        StackedBar(
            wording.words(group.name),
            wording.plural(group.accounts, "account"),
            tuple(map(float, told_counts(group, decisions))),
        )
        for group in groups
    ]
    title = f"Decisions by {key.lower()}"
    told = f"One bar for each {key.lower()}, cut by action; the table beside it has the numbers."
    caption = Caption(f"{name}-plot", title, told)
    chart = stacked_bars(caption, bars, [style for style, _ in shown])
    colours = legend(list(shown))
    rows = tuple(group for group in groups if group is not decisions.total)
    return GroupPlot(Plot(title, colours, chart), key, rows)


def _interval_row(row: FigureRow) -> IntervalRow:
    named = [("challenger", row.challenger), ("champion", row.champion)]
    return IntervalRow(
        wording.figure_name(row.figure),
        wording.figure_direction(row.figure),
        _SCALES.get(row.figure, (0.0, 1.0)),
        tuple((each.low, each.value, each.high, css) for css, each in named if each),
    )


def _short_yuan(amount_minor: int) -> str:
    amount = amount_minor // MINOR_PER_YUAN
    return f"{amount // 1000}k" if amount >= 1000 else str(amount)

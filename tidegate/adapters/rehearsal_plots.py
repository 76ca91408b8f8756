"""The plots of the rehearsal's months, with what their tables need: values in, SVG and rows out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from markupsafe import Markup

from credit_limits.rehearsal.result import (
    CapUse,
    Event,
    EventKind,
    MonthFigures,
    PolicyResult,
    RehearsalResult,
)
from credit_limits.rehearsal.rivals import HOLD, OBSERVATIONAL, ORACLE, RULE_OF_THUMB
from credit_limits.rehearsal.scores import PLATFORM
from tidegate.adapters import rehearsal_wording as told
from tidegate.adapters import report_wording as wording
from tidegate.adapters.month_charts import (
    MonthAxis,
    MonthCell,
    MonthLane,
    MonthLine,
    line_legend,
    month_lanes,
    month_lines,
)
from tidegate.adapters.report_plots import Plot
from tidegate.adapters.svg_canvas import Caption
from tidegate.adapters.svg_charts import legend

_STYLES = {
    PLATFORM: "of-platform",
    HOLD.name: "of-hold",
    RULE_OF_THUMB.name: "of-rule",
    OBSERVATIONAL.name: "of-observational",
    ORACLE.name: "of-oracle",
}
_CAP_COLOURS = (("hold", "Used"), ("binding", "Used, and binding"), ("full", "Exceeded"))


@dataclass(frozen=True, slots=True)
class Measure:
    """Something of every month that policies are compared by."""

    name: str
    title: str
    value: Callable[[MonthFigures], float]
    tick: Callable[[float], str]
    words: Callable[[float], str]
    over_hold: bool = False
    cumulated: bool = False
    from_zero: bool = False


MEASURES = (
    Measure(
        "profit",
        "Profit over holding, cumulated, in yuan",
        lambda month: month.profit_minor,
        told.axis_yuan,
        wording.yuan,
        over_hold=True,
        cumulated=True,
        from_zero=True,
    ),
    Measure(
        "bad-debt",
        "Bad debt, cumulated, in yuan",
        lambda month: month.bad_debt_minor,
        told.axis_yuan,
        wording.yuan,
        cumulated=True,
        from_zero=True,
    ),
    Measure(
        "limits",
        "Exposure: limits open, in yuan",
        lambda month: month.limit_minor,
        told.axis_yuan,
        wording.yuan,
    ),
    Measure(
        "balances",
        "Exposure: balances owed, in yuan",
        lambda month: month.balance_minor,
        told.axis_yuan,
        wording.yuan,
    ),
    Measure(
        "d30",
        "Share of balances 30 or more days past due",
        lambda month: month.d30_share,
        told.axis_share,
        lambda share: wording.percent(share, 2),
        from_zero=True,
    ),
)


@dataclass(frozen=True, slots=True)
class MonthPlot:
    """A plot over months; a row for each month holds a value, in words, for each line."""

    measure: str
    plot: Plot
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class CapRow:
    """A cap over all months: where it was tightest, how often it bound or was exceeded."""

    name: str
    tightest: CapUse
    binding: int
    exceeded: int
    highest_price: float


def styles(result: RehearsalResult) -> dict[str, str]:
    """The CSS class of each policy, by its name."""
    return {policy.name: _STYLES.get(policy.name, "of-other") for policy in result.policies}


def by_month(result: RehearsalResult) -> tuple[MonthPlot, ...]:
    """A plot for each measure that the rehearsal has, a line for each policy."""
    if not any(policy.months for policy in result.policies):
        return ()
    compared = [each for each in MEASURES if not each.over_hold or told.found(result, HOLD.name)]
    return tuple(_month_plot(result, measure) for measure in compared)


def numbers(names: Iterable[str]) -> list[tuple[str, str]]:
    """Columns of numbers for a table of the page."""
    return [(name, "num") for name in names]


def time_line(result: RehearsalResult) -> Plot:
    """What happened in which month, a lane for each kind of event."""
    months = months_of(result)
    axis = axis_of(months, result.shock_month_end)
    lanes = [
        _event_lane(result, months, "Alarms", "alarm", EventKind.ALARM),
        _event_lane(result, months, "Notices", "notice", EventKind.NOTICE),
        _brake_lane(result, months),
        _event_lane(result, months, "Models trained", "hold", EventKind.RETRAINING),
        _event_lane(result, months, "Models promoted", "promotion", EventKind.PROMOTION),
        _event_lane(result, months, "Refusals", "refusal", EventKind.REFUSAL),
    ]
    if_any = (
        ("Steps of launches", "hold", EventKind.LAUNCH),
        ("Faults put in", "close_increases", EventKind.FAULT),
        ("Batches refused", "refusal", EventKind.BATCH_REFUSED),
        ("Rows in quarantine", "notice", EventKind.QUARANTINE),
    )
    for label, css, kind in if_any:
        if told.count_of(result, kind):
            lanes.append(_event_lane(result, months, label, css, kind))
    title = "What happened, and when"
    text = "; ".join(f"{lane.label}: {lane.note}" for lane in lanes)
    caption = Caption("events-plot", title, f"{text}. The table below it tells each event.")
    return Plot(title, Markup(), month_lanes(caption, axis, lanes))


def caps(result: RehearsalResult) -> Plot:
    """How much of each cap was used, month by month."""
    months = months_of(result)
    lanes = [
        MonthLane(
            wording.words(name),
            told.cap_note(uses),
            tuple(MonthCell(months[use.month_end], _cap_css(use), told.used(use)) for use in uses),
        )
        for name, uses in _uses_by_cap(result).items()
    ]
    title = "Share of each cap that was used"
    text = "; ".join(f"{lane.label}: {lane.note}" for lane in lanes)
    chart = month_lanes(
        Caption("caps-plot", title, text), axis_of(months, result.shock_month_end), lanes
    )
    return Plot(title, legend(_CAP_COLOURS), chart)


def cap_rows(result: RehearsalResult) -> tuple[CapRow, ...]:
    """Every cap, in the order of its first use."""
    return tuple(
        CapRow(
            name,
            max(uses, key=told.used),
            sum(use.price > 0 for use in uses),
            sum(use.exceeded for use in uses),
            max(use.price for use in uses),
        )
        for name, uses in _uses_by_cap(result).items()
    )


def axis_of(ends: Iterable[date], shock: date | None) -> MonthAxis:
    """An axis of those months, with the shock where it lies among them."""
    months = tuple(ends)
    marks = ((months.index(shock), "shock"),) if shock in months else ()
    return MonthAxis(tuple(told.month(end) for end in months), marks)


def month_rows(
    ends: Iterable[date], lines: Sequence[MonthLine], words: Callable[[float], str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A row for each month, a worded value for each line."""
    return tuple(
        (
            told.month(end),
            tuple("" if (value := line.values[index]) is None else words(value) for line in lines),
        )
        for index, end in enumerate(ends)
    )


def months_of(result: RehearsalResult) -> dict[date, int]:
    """The month ends that anything is known of, with their place on the axis.

    The platform may act at the hand-over already, the month end before the first that was lived.
    """
    lived = {month.month_end for policy in result.policies for month in policy.months}
    told_of = {event.month_end for event in result.events}
    capped = {use.month_end for use in result.cap_use}
    return {end: index for index, end in enumerate(sorted(lived | told_of | capped))}


def _month_plot(result: RehearsalResult, measure: Measure) -> MonthPlot:
    months, colours = months_of(result), styles(result)
    lines = [
        MonthLine(colours[policy.name], policy.title, _course(result, policy, measure, months))
        for policy in result.policies
    ]
    caption = Caption(
        f"{measure.name}-plot",
        measure.title,
        f"A line for each of {wording.plural(len(lines), 'policy', 'policies')} over "
        f"{wording.plural(len(months), 'month')}; the table below it has the figures.",
    )
    chart = month_lines(
        caption,
        axis_of(months, result.shock_month_end),
        sorted(lines, key=lambda line: line.css == _STYLES[PLATFORM]),
        measure.tick,
        holding=(0.0,) if measure.from_zero else (),
    )
    return MonthPlot(
        measure.name,
        Plot(measure.title, line_legend([(line.css, line.label) for line in lines]), chart),
        tuple(line.label for line in lines),
        month_rows(months, lines, measure.words),
    )


def _course(
    result: RehearsalResult, policy: PolicyResult, measure: Measure, ends: Iterable[date]
) -> tuple[float | None, ...]:
    """The measure in each month; none where the policy did not live it."""
    own = {month.month_end: measure.value(month) for month in policy.months}
    if measure.over_hold:
        hold = {
            month.month_end: measure.value(month) for month in result.policy_named(HOLD.name).months
        }
        own = {end: value - hold[end] for end, value in own.items() if end in hold}
    if measure.cumulated:
        own = dict(zip(own, accumulate(own.values()), strict=True))
    return tuple(own.get(end) for end in ends)


def _event_lane(
    result: RehearsalResult, months: dict[date, int], label: str, css: str, kind: EventKind
) -> MonthLane:
    when = [event.month_end for event in result.events if event.kind is kind]
    cells = tuple(MonthCell(months[end], css) for end in sorted({*when}))
    return MonthLane(label, wording.count(len(when)) if when else "none", cells)


def _brake_lane(result: RehearsalResult, months: dict[date, int]) -> MonthLane:
    """The months in which a brake was applied or at whose end one was on."""
    braked, on = [], 0
    for end, index in months.items():
        applied = _count(result.events, end, EventKind.BRAKE_ON)
        on = max(on + applied - _count(result.events, end, EventKind.BRAKE_OFF), 0)
        if applied or on:
            braked.append(MonthCell(index, "brake"))
    note = f"on in {wording.plural(len(braked), 'month')}" if braked else "none"
    return MonthLane("Brakes", note, tuple(braked))


def _count(events: Iterable[Event], end: date, kind: EventKind) -> int:
    return sum(event.kind is kind and event.month_end == end for event in events)


def _uses_by_cap(result: RehearsalResult) -> dict[str, list[CapUse]]:
    named: dict[str, list[CapUse]] = {}
    for use in result.cap_use:
        named.setdefault(use.name, []).append(use)
    return named


def _cap_css(use: CapUse) -> str:
    if use.exceeded:
        return "full"
    return "binding" if use.price > 0 else "hold"

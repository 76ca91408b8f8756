"""Plots over months, as inline SVG: lines, and lanes of events, over one axis of months."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from tidegate.adapters.svg_canvas import Canvas, Caption, share

_MONTHS_NAMED = 6
_BETWEEN_ENDS = 16
_LANE, _LABEL = 48, 13


@dataclass(frozen=True, slots=True)
class MonthAxis:
    """The months that plots share, by name, and those that are marked, by index."""

    names: tuple[str, ...]
    marks: tuple[tuple[int, str], ...] = ()

    def start(self, month: int) -> float:
        """Where the month begins, percent of the width."""
        return 100 * month / max(len(self.names), 1)

    def middle(self, month: int) -> float:
        """Where the month's value stands, percent of the width."""
        return self.start(month) + self.start(1) / 2


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A line with a value, or none, for each month; ``css`` gives its colour and dashes."""

    css: str
    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class MonthCell:
    """A month of a lane: ``height`` is a share of the lane's; above 1 it fills the lane."""

    month: int
    css: str
    height: float = 1.0


@dataclass(frozen=True, slots=True)
class MonthLane:
    """Months in which something was so, in a row of their own."""

    label: str
    note: str
    cells: tuple[MonthCell, ...]


def month_lines(
    caption: Caption,
    axis: MonthAxis,
    lines: Sequence[MonthLine],
    tick: Callable[[float], str],
    *,
    holding: Sequence[float] = (),
    height: float = 190,
    named: bool = True,
) -> Markup:
    """A line over the months for each of ``lines``, a later one over an earlier one.

    ``tick`` words a value of the scale, which runs in round steps over every value of the lines
    and of ``holding``. Where ``named``, each line has its name beside its end.
    """
    for line in lines:
        if len(line.values) != len(axis.names):
            raise ValueError(
                f"plot {caption.name}: {len(line.values)} values of {line.label} for "
                f"{len(axis.names)} months"
            )
    top = 34.0 if axis.marks else 18.0
    known = [value for line in lines for value in line.values if value is not None]
    steps = round_steps(min((*known, *holding), default=0.0), max((*known, *holding), default=0.0))
    canvas, floor = Canvas(), top + height

    def down(value: float) -> float:
        return floor - height * share(value, steps[0], steps[-1]) / 100

    for step in steps:
        canvas.line(0, down(step), 100, down(step), "scale" if step else "zero")
    for month, name in axis.marks:
        canvas.line(axis.start(month), 18, axis.start(month), floor, "mark")
        canvas.text(axis.start(month), 12, name, "tick marked", _side(axis, month))
    canvas.lines([(line.css, run) for line in lines for run in _runs(axis, line, down)])
    for step in steps:
        canvas.text(0, down(step) - 4, tick(step), "tick over value")
    _draw_months(canvas, axis, floor)
    if named:
        canvas.ends(_ends(lines, down))
    return canvas.svg(caption, floor + 22, "chart ends" if named else "chart")


def month_lanes(
    caption: Caption, axis: MonthAxis, lanes: Sequence[MonthLane], *, named: bool = True
) -> Markup:
    """A lane of months for each of ``lanes``, all over one axis of months.

    ``named`` leaves the same room at the right as :func:`month_lines` does, so that the months
    of both stand one above the other.
    """
    canvas, head = Canvas(), 16 if axis.marks else 0
    for month, name in axis.marks:
        canvas.text(axis.start(month), 10, name, "tick marked", _side(axis, month))
    for index, lane in enumerate(lanes):
        top = head + index * _LANE
        canvas.heading(top + _LABEL, lane.label, lane.note)
        canvas.rect(0, top + 19, 100, 20, "track")
        for cell in lane.cells:
            height = 20 * min(max(cell.height, 0.0), 1.0)
            width = axis.start(1)
            canvas.rect(
                axis.start(cell.month) + 0.08 * width,
                top + 39 - height,
                0.84 * width,
                height,
                cell.css,
            )
        for month, _ in axis.marks:
            canvas.line(axis.start(month), top + 17, axis.start(month), top + 41, "mark")
    floor = head + len(lanes) * _LANE
    _draw_months(canvas, axis, floor)
    return canvas.svg(caption, floor + 22, "chart ends" if named else "chart")


def round_steps(low: float, high: float) -> tuple[float, ...]:
    """The scale from ``low`` to ``high`` in three to six round steps, both ends within it.

    >>> round_steps(0, 0.037)
    (0.0, 0.02, 0.04)
    """
    if high <= low:
        high = low + (abs(low) or 1.0)
    power = 10.0 ** math.floor(math.log10((high - low) / 2))
    step = next(s * power for s in (10, 5, 2, 1) if s * power <= (high - low) / 1.5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(float(f"{number * step:.12g}") for number in range(first, last + 1))


def line_legend(entries: Sequence[tuple[str, str]]) -> Markup:
    """A list of ``(css, name)`` that tells the lines of a plot."""
    items = Markup("").join(
        Markup(
            '<li><svg class="key" aria-hidden="true" width="34" height="10">'
            '<line class="line {}" x1="0" y1="5" x2="34" y2="5"/></svg>{}</li>'
        ).format(css, name)
        for css, name in entries
    )
    return Markup('<ul class="legend of-lines">{}</ul>').format(items)


def _draw_months(canvas: Canvas, axis: MonthAxis, y: float) -> None:
    """The axis of months at ``y``; where they are many, a part of them is named."""
    canvas.line(0, y, 100, y, "axis")
    step = next(
        (step for step in (1, 2, 3, 6, 12) if len(axis.names) <= step * _MONTHS_NAMED),
        math.ceil(len(axis.names) / _MONTHS_NAMED),
    )
    for index in range(0, len(axis.names), step):
        canvas.line(axis.start(index), y, axis.start(index), y + 4, "axis")
        css = "tick spare" if len(axis.names) > 2 and index // step % 2 else "tick"
        canvas.text(axis.start(index), y + 17, axis.names[index], css)


def _side(axis: MonthAxis, month: int) -> str:
    """Which end of its text stands at the mark, so that the text stays on the plot."""
    return "end" if 2 * month > len(axis.names) else "start"


def _runs(
    axis: MonthAxis, line: MonthLine, down: Callable[[float], float]
) -> list[list[tuple[float, float]]]:
    """The line's points, cut where a month has no value."""
    points = [
        None if value is None else (axis.middle(month), down(value))
        for month, value in enumerate(line.values)
    ]
    runs = groupby(points, key=lambda point: point is None)
    return [[point for point in run if point] for absent, run in runs if not absent]


def _ends(
    lines: Sequence[MonthLine], down: Callable[[float], float]
) -> list[tuple[str, str, float, float]]:
    """Where each line ends and where its name stands, from the top, no two names too close."""
    last = [
        (down([value for value in line.values if value is not None][-1]), line)
        for line in lines
        if any(value is not None for value in line.values)
    ]
    last.sort(key=lambda end: end[0])
    names = apart([at for at, _ in last], _BETWEEN_ENDS)
    return [(line.css, line.label, at, y) for (at, line), y in zip(last, names, strict=True)]


def apart(places: Sequence[float], distance: float) -> list[float]:
    """The ascending places moved as little as keeps each ``distance`` from the one before.

    Places that would touch are spread around their middle.

    >>> apart([10.0, 12.0, 60.0], 16)
    [3.0, 19.0, 60.0]
    """
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while len(groups) > 1 and _first(groups[-1], distance) < (
            _first(groups[-2], distance) + len(groups[-2]) * distance
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
    return [
        _first(group, distance) + index * distance
        for group in groups
        for index in range(len(group))
    ]


def _first(group: Sequence[float], distance: float) -> float:
    return sum(group) / len(group) - (len(group) - 1) * distance / 2

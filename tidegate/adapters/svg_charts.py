"""The plots of the pages, as inline SVG: bars, columns, and estimates with their bounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tidegate.adapters.svg_canvas import Canvas, Caption, share

_LABEL, _BAR, _ROW = 13, 14, 46
_EDGES_WITHOUT_CROWDING = 8
_SHORT_ROW, _SHORT_BAR, _SHORT_FROM, _SHORT_WIDTH = 19, 10, 10, 54


@dataclass(frozen=True, slots=True)
class StackedBar:
    """A bar of parts, one part for each CSS class handed to :func:`stacked_bars`."""

    label: str
    note: str
    parts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LevelBar:
    """A bar of ``value``, a share of 1; ``css`` colours it."""

    label: str
    note: str
    value: float
    css: str


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """Estimates with their bounds, ``(low, value, high, css)``.

    ``scale`` is where the row's scale begins and ends; it is widened to hold every estimate.
    """

    label: str
    note: str
    scale: tuple[float, float]
    estimates: tuple[tuple[float, float, float, str], ...]


def stacked_bars(caption: Caption, bars: Sequence[StackedBar], classes: Sequence[str]) -> Markup:
    """One full-width bar a row, cut into its parts' shares of their sum.

    An empty bar is drawn as an empty track. ``classes`` colours the parts, in their order.
    """
    canvas = Canvas()
    for index, bar in enumerate(bars):
        top = index * _ROW
        canvas.heading(top + _LABEL, bar.label, bar.note)
        canvas.rect(0, top + 20, 100, _BAR, "track")
        at, total = 0.0, sum(bar.parts)
        for value, css in zip(bar.parts, classes, strict=True):
            width = 100 * value / total if total else 0.0
            canvas.rect(at, top + 20, width, _BAR, css)
            at += width
    return canvas.svg(caption, len(bars) * _ROW - 8)


def level_bars(caption: Caption, bars: Sequence[LevelBar]) -> Markup:
    """One bar a row, filled to its ``value`` of 1; a value above 1 fills the row."""
    canvas = Canvas()
    for index, bar in enumerate(bars):
        top = index * _ROW
        canvas.heading(top + _LABEL, bar.label, bar.note)
        canvas.rect(0, top + 20, 100, _BAR, "track")
        canvas.rect(0, top + 20, share(bar.value, 0, 1), _BAR, bar.css)
    return canvas.svg(caption, len(bars) * _ROW - 8)


def short_bars(caption: Caption, bars: Sequence[LevelBar]) -> Markup:
    """Bars of one line each, beside their short labels: the longest fills its row.

    So each such plot has a scale of its own, and the notes at the right say the figures.
    """
    canvas, most = Canvas(), max((bar.value for bar in bars), default=0.0)
    for index, bar in enumerate(bars):
        top = index * _SHORT_ROW
        canvas.text(0, top + _LABEL, bar.label, "tick")
        canvas.rect(_SHORT_FROM, top + 4, _SHORT_WIDTH, _SHORT_BAR, "track")
        width = _SHORT_WIDTH * share(bar.value, 0, most) / 100 if most else 0.0
        canvas.rect(_SHORT_FROM, top + 4, width, _SHORT_BAR, bar.css)
        canvas.text(100, top + _LABEL, bar.note, "tick", "end")
    return canvas.svg(caption, max(len(bars) * _SHORT_ROW, 1))


def paired_columns(
    caption: Caption,
    edges: Sequence[str],
    before: Sequence[float],
    after: Sequence[float],
    highest: float | None = None,
) -> Markup:
    """Two columns a band, before and after, over the names of the bands' edges.

    ``highest`` is the figure of a column as high as the plot: the largest, and at least 1, where it
    is not given. There is one edge more than there are bands; the last edge may be empty. Where
    there are many, every other name is of the class ``spare``, which is left out where the plot is
    narrow.
    """
    if not len(edges) - 1 == len(before) == len(after):
        raise ValueError(f"plot {caption.name}: {len(edges)} edges for {len(before)} bands")
    canvas, floor, top = Canvas(), 168.0, 8.0
    highest = highest or max((*before, *after, 1.0))
    band = 100 / max(len(before), 1)
    for index, pair in enumerate(zip(before, after, strict=True)):
        for side, (value, css) in enumerate(zip(pair, ("before", "after"), strict=True)):
            height = (floor - top) * value / highest
            x = band * (index + 0.1 + 0.4 * side)
            canvas.rect(x, floor - height, band * 0.38, height, css)
    canvas.line(0, floor, 100, floor, "axis")
    for index, edge in enumerate(edges):
        anchor = "start" if index == 0 else "end" if index == len(edges) - 1 else "middle"
        canvas.line(band * index, floor, band * index, floor + 4, "axis")
        crowded = len(edges) > _EDGES_WITHOUT_CROWDING and (len(edges) - 1 - index) % 2
        canvas.text(band * index, floor + 17, edge, "tick spare" if crowded else "tick", anchor)
    return canvas.svg(caption, floor + 22)


def interval_rows(
    caption: Caption, rows: Sequence[IntervalRow], tick: Callable[[float], str] | None = None
) -> Markup:
    """A dot with its bounds for each estimate, one below the other, each row on its own scale.

    ``tick`` words the ends of a scale. Zero is marked where a scale runs across it.
    """
    canvas, y, tick = Canvas(), 0.0, tick or _end
    for row in rows:
        low = min(row.scale[0], *(estimate[0] for estimate in row.estimates))
        high = max(row.scale[1], *(estimate[2] for estimate in row.estimates))
        canvas.heading(y + _LABEL, row.label, row.note)
        y += 28
        for lower, value, upper, css in row.estimates:
            ends = [share(point, low, high) for point in (lower, value, upper)]
            canvas.line(0, y, 100, y, "lane")
            if low < 0 < high:
                zero = share(0, low, high)
                canvas.line(zero, y - 7, zero, y + 8, "zero")
            canvas.line(ends[0], y, ends[2], y, f"bounds {css}")
            canvas.dot(ends[1], y, css)
            y += 15
        canvas.text(0, y + 6, tick(low), "tick")
        canvas.text(100, y + 6, tick(high), "tick", "end")
        y += 22
    return canvas.svg(caption, max(y - 12, 0))


def legend(entries: Sequence[tuple[str, str]]) -> Markup:
    """A list of ``(css, name)`` that tells the colours of a plot."""
    items = Markup("").join(
        Markup('<li><span class="swatch {}"></span>{}</li>').format(css, name)
        for css, name in entries
    )
    return Markup('<ul class="legend">{}</ul>').format(items)


def _end(value: float) -> str:
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")

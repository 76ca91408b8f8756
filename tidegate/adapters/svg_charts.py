"""The plots of the cycle's page, as inline SVG.

Horizontal positions are percentages and vertical ones are pixels, so that a plot follows the
width of the screen or the sheet while its lettering keeps its size. Colours are CSS classes of
the page, so that a plot follows a dark screen and the printer too. Every plot has a title and a
description for those who hear the page; its figures stand in a table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

_LABEL, _BAR, _ROW = 13, 14, 46
_EDGES_WITHOUT_CROWDING = 8


@dataclass(frozen=True, slots=True)
class Caption:
    """What a plot is: ``name`` (unique on its page), title, and a sentence that tells it."""

    name: str
    title: str
    description: str


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


@dataclass(slots=True)
class _Canvas:
    parts: list[Markup] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, css: str) -> None:
        if width > 0 and height > 0:
            self.parts.append(
                Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"/>').format(
                    css, _number(x), _number(y), _number(width), _number(height)
                )
            )

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        self.parts.append(
            Markup('<line class="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(
                css, _number(x1), _number(y1), _number(x2), _number(y2)
            )
        )

    def dot(self, x: float, y: float, css: str) -> None:
        self.parts.append(
            Markup('<circle class="{}" cx="{}%" cy="{}" r="4.5"/>').format(
                css, _number(x), _number(y)
            )
        )

    def text(self, x: float, y: float, text: str, css: str, anchor: str = "start") -> None:
        self.parts.append(
            Markup('<text class="{}" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
                css, _number(x), _number(y), anchor, text
            )
        )

    def heading(self, y: float, label: str, note: str) -> None:
        self.text(0, y, label, "label")
        self.text(100, y, note, "note", "end")

    def svg(self, caption: Caption, height: float) -> Markup:
        return Markup(
            '<svg class="chart" role="img" width="100%" height="{height}" '
            'aria-labelledby="{name}-title {name}-desc" xmlns="http://www.w3.org/2000/svg">'
            '<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>'
            "{parts}</svg>"
        ).format(
            height=_number(height),
            name=caption.name,
            title=caption.title,
            description=caption.description,
            parts=Markup("").join(self.parts),
        )


def stacked_bars(caption: Caption, bars: Sequence[StackedBar], classes: Sequence[str]) -> Markup:
    """One full-width bar a row, cut into its parts' shares of their sum.

    An empty bar is drawn as an empty track. ``classes`` colours the parts, in their order.
    """
    canvas = _Canvas()
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
    canvas = _Canvas()
    for index, bar in enumerate(bars):
        top = index * _ROW
        canvas.heading(top + _LABEL, bar.label, bar.note)
        canvas.rect(0, top + 20, 100, _BAR, "track")
        canvas.rect(0, top + 20, _share(bar.value, 0, 1), _BAR, bar.css)
    return canvas.svg(caption, len(bars) * _ROW - 8)


def paired_columns(
    caption: Caption,
    edges: Sequence[str],
    before: Sequence[float],
    after: Sequence[float],
) -> Markup:
    """Two columns a band, before and after, over the names of the bands' edges.

    There is one edge more than there are bands; the last edge may be empty. Where there are many,
    every other name is of the class ``spare``, which is left out where the plot is narrow.
    """
    if not len(edges) - 1 == len(before) == len(after):
        raise ValueError(f"plot {caption.name}: {len(edges)} edges for {len(before)} bands")
    canvas, floor, top = _Canvas(), 168.0, 8.0
    highest = max((*before, *after, 1.0))
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


def interval_rows(caption: Caption, rows: Sequence[IntervalRow]) -> Markup:
    """A dot with its bounds for each estimate, one below the other, each row on its own scale."""
    canvas, y = _Canvas(), 0.0
    for row in rows:
        low = min(row.scale[0], *(estimate[0] for estimate in row.estimates))
        high = max(row.scale[1], *(estimate[2] for estimate in row.estimates))
        canvas.heading(y + _LABEL, row.label, row.note)
        y += 28
        for lower, value, upper, css in row.estimates:
            ends = [_share(point, low, high) for point in (lower, value, upper)]
            canvas.line(0, y, 100, y, "lane")
            canvas.line(ends[0], y, ends[2], y, f"bounds {css}")
            canvas.dot(ends[1], y, css)
            y += 15
        canvas.text(0, y + 6, _end(low), "tick")
        canvas.text(100, y + 6, _end(high), "tick", "end")
        y += 22
    return canvas.svg(caption, max(y - 12, 0))


def legend(entries: Sequence[tuple[str, str]]) -> Markup:
    """A list of ``(css, name)`` that tells the colours of a plot."""
    items = Markup("").join(
        Markup('<li><span class="swatch {}"></span>{}</li>').format(css, name)
        for css, name in entries
    )
    return Markup('<ul class="legend">{}</ul>').format(items)


def _share(value: float, low: float, high: float) -> float:
    return 100 * min(max((value - low) / (high - low), 0.0), 1.0)


def _end(value: float) -> str:
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def _number(value: float) -> str:
    """At most two decimals, no trailing zeros, never a negative zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

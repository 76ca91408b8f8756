"""What a plot is drawn on, as inline SVG.

Horizontal positions are percentages and vertical ones are pixels, so that a plot follows the
width of the screen or the sheet while its lettering keeps its size. Colours are CSS classes of
the page, so that a plot follows a dark screen and the printer too. Every plot has a title and a
description for those who hear the page; its figures stand in a table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Caption:
    """What a plot is: ``name`` (unique on its page), title, and a sentence that tells it."""

    name: str
    title: str
    description: str


@dataclass(slots=True)
class Canvas:
    """The parts of a plot in the order of drawing."""

    parts: list[Markup] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, css: str) -> None:
        """A rectangle; one without an area is left out."""
        if width > 0 and height > 0:
            self.parts.append(
                Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"/>').format(
                    css, number(x), number(y), number(width), number(height)
                )
            )

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        """A line from one point to another."""
        self.parts.append(
            Markup('<line class="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>').format(
                css, number(x1), number(y1), number(x2), number(y2)
            )
        )

    def dot(self, x: float, y: float, css: str) -> None:
        """A dot around a point."""
        self.parts.append(
            Markup('<circle class="{}" cx="{}%" cy="{}" r="4.5"/>').format(
                css, number(x), number(y)
            )
        )

    def lines(self, lines: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> None:
        """Lines through points, ``(css, points)``: across in percent, down in pixels."""
        drawn = Markup("").join(
            Markup('<polyline class="line {}" points="{}"/>').format(
                css, " ".join(f"{number(x)},{number(y)}" for x, y in points)
            )
            for css, points in lines
        )
        self.parts.append(
            Markup(
                '<svg width="100%" height="100" viewBox="0 0 100 100" overflow="visible" '
                'preserveAspectRatio="none">{}</svg>'
            ).format(drawn)
        )

    def ends(self, ends: Sequence[tuple[str, str, float, float]]) -> None:
        """Names beside the right edge, ``(css, name, y of the line, y of the name)``."""
        named = Markup("").join(
            Markup(
                '<line class="line {}" x1="4" y1="{}" x2="20" y2="{}"/>'
                '<text x="25" y="{}">{}</text>'
            ).format(css, number(at), number(y), number(y + 4), name)
            for css, name, at, y in ends
        )
        self.parts.append(
            Markup(
                '<svg class="ends" x="100%" width="1" height="1" overflow="visible">{}</svg>'
            ).format(named)
        )

    def text(self, x: float, y: float, text: str, css: str, anchor: str = "start") -> None:
        """Words beside a point; ``anchor`` is the end of them that stands there."""
        self.parts.append(
            Markup('<text class="{}" x="{}%" y="{}" text-anchor="{}">{}</text>').format(
                css, number(x), number(y), anchor, text
            )
        )

    def heading(self, y: float, label: str, note: str) -> None:
        """A name at the left and a note at the right."""
        self.text(0, y, label, "label")
        self.text(100, y, note, "note", "end")

    def svg(self, caption: Caption, height: float, css: str = "chart") -> Markup:
        """The plot, ``height`` pixels high and as wide as its place."""
        return Markup(
            '<svg class="{css}" role="img" width="100%" height="{height}" '
            'aria-labelledby="{name}-title {name}-desc" xmlns="http://www.w3.org/2000/svg">'
            '<title id="{name}-title">{title}</title><desc id="{name}-desc">{description}</desc>'
            "{parts}</svg>"
        ).format(
            css=css,
            height=number(height),
            name=caption.name,
            title=caption.title,
            description=caption.description,
            parts=Markup("").join(self.parts),
        )


def share(value: float, low: float, high: float) -> float:
    """Where ``value`` lies from ``low`` to ``high``, 0 to 100; a value outside stands at an end."""
    return 100 * min(max((value - low) / (high - low), 0.0), 1.0)


def number(value: float) -> str:
    """At most two decimals, no trailing zeros, never a negative zero."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

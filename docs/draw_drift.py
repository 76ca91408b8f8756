"""Draws the power of the watch of columns and writes the page of its figures.

    python -m benchmarks.drift_rates --json > RESULT_JSON
    python -m docs.draw_drift RESULT_JSON [RESULT_JSON ...]

Several results, each with some parts of the benchmark, are taken together, a later one over an
earlier. ``docs/pictures/drift-*.svg`` and ``docs/explanation/watching-figures.md`` come from here.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from benchmarks.drift_results import text_of
from docs.draw_rehearsal import picture
from tidegate.adapters.month_charts import apart
from tidegate.adapters.report_plots import Plot
from tidegate.adapters.svg_canvas import Canvas, Caption

PICTURES = Path(__file__).parent / "pictures"
FIGURES = Path(__file__).parent / "explanation" / "watching-figures.md"
_LINES = ("of-platform", "of-hold", "of-rule", "of-observational", "of-oracle")
_TOP, _FLOOR, _BETWEEN_NAMES = 18.0, 208.0, 16.0
_DRAWN = {
    "certain": "How often a shift of one column of forty is certain, by rows",
    "alarm": "How often it is an alarm, by rows: certain, and PSI of 0.25 beyond noise",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the results that are named."""
    paths = [Path(argument) for argument in (sys.argv[1:] if arguments is None else arguments)]
    if not paths:
        sys.exit("name what the benchmark printed: python -m docs.draw_drift RESULT_JSON")
    report: dict[str, Any] = {}
    for path in paths:
        report |= json.loads(path.read_text(encoding="utf-8"))
    for written in draw(report, PICTURES, FIGURES):
        print(f"wrote {written}")


def draw(report: Mapping[str, Any], folder: Path, figures: Path) -> list[Path]:
    """Write the pictures and the page; ``KeyError`` where the benchmark left the power out."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, title in _DRAWN.items():
        written.append(folder / f"drift-{name}.svg")
        written[-1].write_text(picture(power_plot(report["power"], name, title)), encoding="utf-8")
    figures.write_text(figures_page(report), encoding="utf-8")
    return [*written, figures]


def power_plot(power: Sequence[Mapping[str, Any]], figure: str, title: str) -> Plot:
    """Shares from 0 to 1 over the shift in standard deviations, a line for each number of rows."""
    canvas, widest = Canvas(), max(row["shift"] for row in power)
    sizes = sorted({row["rows"] for row in power})
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        canvas.line(0, _down(share), 100, _down(share), "scale" if share else "zero")
        canvas.text(0, _down(share) - 4, f"{share:.0%}", "tick over value")
    lines = [
        [(100 * row["shift"] / widest, _down(row[figure])) for row in power if row["rows"] == size]
        for size in sizes
    ]
    canvas.lines(list(zip(_LINES, lines, strict=False)))
    for step in range(int(widest * 10) + 1):
        at = 10 * step / widest
        canvas.line(at, _FLOOR, at, _FLOOR + 4, "axis")
        canvas.text(at, _FLOOR + 17, f"{step / 10:.1f} sd", "tick", "end" if at > 99 else "start")
    # the lines all end at 1: their names are told in the order of the sizes
    names = apart([points[-1][1] for points in lines], _BETWEEN_NAMES)
    canvas.ends(
        [
            (css, f"{size:,} rows", points[-1][1], at)
            for css, size, points, at in zip(_LINES, sizes, lines, names, strict=False)
        ]
    )
    caption = Caption(
        f"drift-{figure}",
        title,
        "Share of watches over the shift in standard deviations, a line for each number of rows; "
        "the page of figures has them in a table.",
    )
    return Plot(title, Markup(""), canvas.svg(caption, _FLOOR + 22, "chart ends"))


def figures_page(report: Mapping[str, Any]) -> str:
    """What the benchmark prints, as a page."""
    note = (
        "This page is made by `python -m docs.draw_drift` from what `python -m "
        "benchmarks.drift_rates --json` printed; the pictures of [watching](watching.md) come from "
        'the same run. "certain" is the p-value alone, corrected for forty columns; a notice or an '
        "alarm asks for the size as well. Evidently states no level: how often it finds a column "
        "or the data set drifted is shown as it comes."
    )
    return f"# Figures of the watch\n\n{note}\n\n```text\n{text_of(dict(report))}\n```\n"


def _down(share: float) -> float:
    return _FLOOR - (_FLOOR - _TOP) * share


if __name__ == "__main__":
    main()

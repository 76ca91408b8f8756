"""Plots over months: every month in its place, gaps left open, names kept apart."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.adapters.month_charts import (
    MonthAxis,
    MonthCell,
    MonthLane,
    MonthLine,
    apart,
    line_legend,
    month_lanes,
    month_lines,
    round_steps,
)
from tidegate.adapters.svg_canvas import Caption

SVG = "{http://www.w3.org/2000/svg}"
CAPTION = Caption("plot", "A plot", "What it shows")
NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)


def axis(months: int, *marks: tuple[int, str]) -> MonthAxis:
    return MonthAxis(tuple(f"M{index}" for index in range(months)), marks)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg))


def points(svg: str) -> list[list[tuple[float, float]]]:
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in drawn(svg).iter(f"{SVG}polyline")
    ]


def texts(svg: str, css: str | None = None) -> list[str]:
    return [
        text.text or ""
        for text in drawn(svg).iter(f"{SVG}text")
        if css is None or css in (text.get("class") or "").split()
    ]


def plain(value: float) -> str:
    return f"{value:g}"


def test_a_line_runs_through_the_middle_of_each_month_on_the_scale():
    svg = month_lines(
        CAPTION, axis(4), [MonthLine("a", "A", (0.0, 1.0, 2.0, 4.0))], plain, height=100
    )
    assert points(svg) == [[(12.5, 118), (37.5, 93), (62.5, 68), (87.5, 18)]]
    assert texts(svg, "value") == ["0", "2", "4"]


def test_a_month_without_a_value_is_a_gap():
    line = MonthLine("a", "A", (None, 1.0, 1.0, None, 2.0, None))
    runs = points(month_lines(CAPTION, axis(6), [line], plain))
    assert [len(run) for run in runs] == [2, 1]


def test_a_line_without_any_value_is_neither_drawn_nor_named():
    svg = month_lines(CAPTION, axis(2), [MonthLine("a", "A", (None, None))], plain)
    assert points(svg) == []
    assert "A" not in texts(svg)


def test_a_line_with_too_few_values_is_an_error():
    with pytest.raises(ValueError, match="2 values of A for 3 months"):
        month_lines(CAPTION, axis(3), [MonthLine("a", "A", (1.0, 2.0))], plain)


def test_names_stand_at_the_ends_in_the_order_of_the_lines():
    lines = [MonthLine(name, name, (0.0, end)) for name, end in (("low", 1.0), ("high", 9.0))]
    named = month_lines(CAPTION, axis(2), lines, plain)
    assert [text for text in texts(named) if text in ("low", "high")] == ["high", "low"]
    unnamed = month_lines(CAPTION, axis(2), lines, plain, named=False)
    assert "high" not in texts(unnamed)


def test_a_marked_month_is_named_on_the_plot():
    line = MonthLine("a", "A", tuple(map(float, range(12))))
    for month, anchor in ((2, "start"), (10, "end")):
        svg = month_lines(CAPTION, axis(12, (month, "shock")), [line], plain)
        (mark,) = [t for t in drawn(svg).iter(f"{SVG}text") if t.text == "shock"]
        assert mark.get("text-anchor") == anchor
        assert texts(month_lanes(CAPTION, axis(12, (month, "shock")), [])).count("shock") == 1


@pytest.mark.parametrize(
    ("months", "named"),
    [(1, 1), (6, 6), (12, 6), (18, 6), (24, 4), (36, 6), (60, 5), (120, 6), (0, 0)],
)
def test_an_axis_names_at_most_six_months(months, named):
    svg = month_lanes(CAPTION, axis(months), [])
    assert len(texts(svg, "tick")) == named


def test_cells_of_a_lane_stand_in_their_months():
    lane = MonthLane("Alarms", "2", (MonthCell(0, "alarm"), MonthCell(3, "alarm", 0.5)))
    svg = month_lanes(CAPTION, axis(4), [lane])
    found = [rect for rect in drawn(svg).iter(f"{SVG}rect") if rect.get("class") == "alarm"]
    assert [rect.get("x") for rect in found] == ["2%", "77%"]
    assert [rect.get("width") for rect in found] == ["21%", "21%"]
    assert [float(rect.get("height")) for rect in found] == [20, 10]
    assert len({float(rect.get("y")) + float(rect.get("height")) for rect in found}) == 1


@pytest.mark.parametrize(("height", "drawn_as"), [(1.7, 20.0), (float("inf"), 20.0), (-1.0, None)])
def test_a_cell_stays_in_its_lane(height, drawn_as):
    svg = month_lanes(CAPTION, axis(1), [MonthLane("x", "", (MonthCell(0, "full", height),))])
    found = [rect for rect in drawn(svg).iter(f"{SVG}rect") if rect.get("class") == "full"]
    assert [float(rect.get("height")) for rect in found] == ([] if drawn_as is None else [drawn_as])


@given(NUMBERS, NUMBERS)
def test_a_scale_holds_its_values_in_few_even_steps(one, other):
    low, high = sorted((one, other))
    steps = round_steps(low, high)
    room = 1e-6 * max(abs(low), abs(high), 1e-300)
    assert steps[0] <= low + room
    assert steps[-1] >= high - room
    assert 2 <= len(steps) <= 7


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [
        (0, 0.037, (0.0, 0.02, 0.04)),
        (-3e5, 2.2e6, (-1e6, 0.0, 1e6, 2e6, 3e6)),
        (0, 1, (0.0, 0.5, 1.0)),
        (0, 0, (0.0, 0.5, 1.0)),
    ],
)
def test_a_scale_has_round_steps(low, high, steps):
    assert round_steps(low, high) == steps


@given(st.lists(st.floats(0, 300), max_size=8).map(sorted))
def test_names_are_never_closer_than_the_distance_nor_out_of_order(places):
    moved = apart(places, 16)
    assert len(moved) == len(places)
    assert all(later - earlier >= 16 - 1e-9 for earlier, later in pairwise(moved))


def test_names_that_are_apart_stay_where_they_are():
    assert apart([10.0, 40.0, 80.0], 16) == [10.0, 40.0, 80.0]


def test_a_legend_draws_each_line_and_escapes_its_name():
    told = str(line_legend([("of-hold", "<Hold>"), ("of-rule", "Rule")]))
    assert "&lt;Hold&gt;" in told
    assert told.count('class="line of-') == 2
    assert told.count('aria-hidden="true"') == 2

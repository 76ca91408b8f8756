"""Plots as SVG: well formed, in proportion, and silent about nothing."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

SVG = "{http://www.w3.org/2000/svg}"
CAPTION = Caption("plot", "A plot", "What it shows")
COUNTS = st.integers(0, 10**9).map(float)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg))


def rects(svg: str, css: str) -> list[dict[str, float]]:
    return [
        {name: float(value.rstrip("%")) for name, value in rect.attrib.items() if name != "class"}
        for rect in drawn(svg).iter(f"{SVG}rect")
        if rect.get("class") == css
    ]


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in drawn(svg).iter(f"{SVG}text")]


def test_a_plot_is_named_and_described_for_those_who_hear_it():
    root = drawn(level_bars(CAPTION, [LevelBar("exposure", "90% used", 0.9, "use")]))
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "plot-title plot-desc"
    assert [(e.get("id"), e.text) for e in root if e.tag in {f"{SVG}title", f"{SVG}desc"}] == [
        ("plot-title", "A plot"),
        ("plot-desc", "What it shows"),
    ]


def test_parts_of_a_bar_follow_one_another_in_proportion():
    svg = stacked_bars(CAPTION, [StackedBar("A", "10", (3.0, 0.0, 7.0))], ("up", "down", "same"))
    assert [(r["x"], r["width"]) for r in rects(svg, "up")] == [(0, 30)]
    assert rects(svg, "down") == []
    assert [(r["x"], r["width"]) for r in rects(svg, "same")] == [(30, 70)]


@given(st.lists(COUNTS, min_size=3, max_size=3))
def test_a_bar_is_full_or_empty(parts):
    svg = stacked_bars(CAPTION, [StackedBar("A", "", tuple(parts))], ("a", "b", "c"))
    width = sum(rect["width"] for css in "abc" for rect in rects(svg, css))
    assert width == pytest.approx(100 if sum(parts) else 0, abs=0.05)


def test_a_part_without_a_colour_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        stacked_bars(CAPTION, [StackedBar("A", "", (1.0, 2.0))], ("a",))


@pytest.mark.parametrize(("value", "width"), [(0.25, 25), (1.0, 100), (1.7, 100), (-0.1, None)])
def test_a_level_fills_its_share_and_never_more(value, width):
    found = rects(level_bars(CAPTION, [LevelBar("x", "", value, "use")]), "use")
    assert [rect["width"] for rect in found] == ([] if width is None else [width])


def test_columns_stand_on_their_floor_and_the_tallest_reaches_the_top():
    svg = paired_columns(CAPTION, ["0", "1k", "2k"], [10.0, 40.0], [20.0, 0.0])
    before, after = rects(svg, "before"), rects(svg, "after")
    assert {rect["y"] + rect["height"] for rect in before + after} == {168.0}
    assert [rect["height"] for rect in before] == [40.0, 160.0]
    assert [rect["height"] for rect in after] == [80.0]
    assert texts(svg) == ["0", "1k", "2k"]


@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=12))
def test_no_column_leaves_the_plot(pairs):
    edges = [str(index) for index in range(len(pairs) + 1)]
    svg = paired_columns(CAPTION, edges, [b for b, _ in pairs], [a for _, a in pairs])
    for rect in (*rects(svg, "before"), *rects(svg, "after")):
        assert rect["x"] >= 0
        assert rect["x"] + rect["width"] <= 100
        assert rect["y"] >= 8


@pytest.mark.parametrize(
    ("edges", "before", "after"),
    [(["0"], [1.0], [1.0]), (["0", "1"], [1.0], []), (["0", "1"], [1.0, 2.0], [1.0, 2.0])],
)
def test_bands_and_their_edges_must_agree(edges, before, after):
    with pytest.raises(ValueError, match="plot plot"):
        paired_columns(CAPTION, edges, before, after)


@given(
    st.lists(
        st.tuples(*[st.floats(-1e6, 1e6)] * 3).map(lambda three: (*sorted(three), "champion")),
        min_size=1,
        max_size=3,
    )
)
def test_an_estimate_lies_between_its_bounds_on_the_plot(estimates):
    root = drawn(interval_rows(CAPTION, [IntervalRow("AUC", "", (0.0, 1.0), tuple(estimates))]))
    bounds = [e for e in root.iter(f"{SVG}line") if (e.get("class") or "").startswith("bounds")]
    dots = list(root.iter(f"{SVG}circle"))
    assert len(bounds) == len(dots) == len(estimates)
    for line, dot in zip(bounds, dots, strict=True):
        left, right, at = (
            float((value or "").rstrip("%"))
            for value in (line.get("x1"), line.get("x2"), dot.get("cx"))
        )
        assert 0 <= left <= at <= right <= 100


def test_a_scale_names_its_ends_and_an_interval_of_one_point_is_drawn():
    svg = interval_rows(
        CAPTION, [IntervalRow("AUC", "", (0.0, 1.0), ((0.0, 0.0, 0.0, "challenger"),))]
    )
    assert len(list(drawn(svg).iter(f"{SVG}circle"))) == 1
    assert texts(svg) == ["AUC", "", "0", "1"]


def test_labels_are_text_and_nothing_else():
    hostile = '</text><script>"&'
    caption = Caption("plot", hostile, hostile)
    svg = level_bars(caption, [LevelBar(hostile, hostile, 0.5, 'use" onload="x')])
    root = drawn(svg)
    assert texts(svg) == [hostile, hostile]
    assert not [e for e in root.iter() if e.tag.endswith("script") or e.get("onload")]


def test_a_legend_names_its_colours():
    assert legend([("increase", "Raised & more")]) == (
        '<ul class="legend"><li><span class="swatch increase"></span>Raised &amp; more</li></ul>'
    )

"""The rehearsal's page in a real browser: it fits its screen, asks for nothing, and prints."""

import pytest

from tests.golden.rehearsal_samples import (
    calm_result,
    empty_result,
    full_result,
    lone_result,
    poor_result,
)
from tests.pages_in_browser import OVERLAPS, opened
from tidegate.adapters.rehearsal_page import render

pytestmark = pytest.mark.browser
RESULTS = {
    "full": full_result,
    "long": lambda: full_result(36),
    "calm": calm_result,
    "poor": poor_result,
    "lone": lone_result,
    "empty": empty_result,
}
BEYOND = """() => [...document.querySelectorAll('svg.chart')].flatMap(chart => {
    const edge = chart.getBoundingClientRect();
    return [...chart.querySelectorAll('text')]
        .map(t => [t.textContent, t.getBoundingClientRect()])
        .filter(([_, p]) => p.width && (p.left < edge.left - 1 || p.right > edge.right + 1))
        .map(([text]) => text);
})"""
MONTHS_APART = """() => {
    const left = id => document.querySelector(`[aria-labelledby^="${id}-title"] .mark`)
        .getBoundingClientRect().left;
    return Math.abs(left('profit-plot') - left('events-plot'));
}"""


@pytest.fixture
def file(tmp_path, request):
    path = tmp_path / "rehearsal.html"
    path.write_bytes(render(RESULTS[request.param]()))
    return path


@pytest.mark.parametrize("file", RESULTS, indirect=True)
def test_the_page_fits_every_screen_and_asks_for_nothing(browser, file):
    page, said = opened(browser, file, 320)
    for width in (320, 390, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()


@pytest.mark.parametrize("file", ["full", "long", "poor", "lone"], indirect=True)
def test_no_words_of_a_plot_run_into_one_another_or_out_of_it(browser, file):
    page, _ = opened(browser, file, 320)
    for width in (320, 390, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(OVERLAPS) == [], width
        assert page.evaluate(BEYOND) == [], width
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_the_time_line_stands_under_the_same_months_as_the_lines(browser, file):
    page, _ = opened(browser, file, 1280)
    for width in (320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(MONTHS_APART) < 1
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_lines_are_named_at_their_ends_where_there_is_room_and_in_a_legend_where_not(browser, file):
    page, _ = opened(browser, file, 1280)
    legend, ends = page.locator(".named .legend").first, page.locator("svg svg.ends text").first
    assert (legend.is_visible(), ends.is_visible()) == (False, True)
    page.set_viewport_size({"width": 390, "height": 800})
    assert (legend.is_visible(), ends.is_visible()) == (True, False)
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_the_page_follows_a_dark_screen_and_prints_light(browser, file):
    page, _ = opened(browser, file, 1280, "dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(16, 22, 28)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert page.locator(".log tbody").first.is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_figures_are_unfolded_by_the_keyboard(browser, file):
    page, _ = opened(browser, file, 1280)
    table = page.get_by_role("region", name="Bad debt, cumulated, in yuan")
    assert not table.is_visible()
    page.locator('summary[aria-label^="Figures: Bad debt"]').focus()
    page.keyboard.press("Enter")
    assert table.is_visible()
    page.close()

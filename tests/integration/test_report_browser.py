"""The page in a real browser: it fits its screen, asks for nothing, and prints."""

from dataclasses import replace

import pytest
from playwright.sync_api import Error

from credit_limits.domain.money import yuan
from tests.golden.report_samples import decisions, empty_report, full_report, refused_report
from tests.pages_in_browser import OVERLAPS, opened
from tidegate.adapters.cycle_report_decisions import LimitBand
from tidegate.adapters.report_page import render

pytestmark = pytest.mark.browser
EDGES_MINOR = [yuan(amount) for amount in (0, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)]
EDGES_MINOR += [yuan(amount) for amount in (100_000, 200_000, 300_000)]


def many_bands_report():
    """Every band of limits in use, up to the highest."""
    bands = tuple(
        LimitBand(low, high, 100, 90)
        for low, high in zip(EDGES_MINOR, [*EDGES_MINOR[1:], None], strict=True)
    )
    return replace(full_report(), decisions=replace(decisions(), bands=bands[:-1]))


REPORTS = {
    "full": full_report,
    "empty": empty_report,
    "refused": refused_report,
    "bands": many_bands_report,
}


@pytest.fixture
def file(tmp_path, request):
    path = tmp_path / "cycle.html"
    path.write_bytes(render(REPORTS[request.param]()))
    return path


@pytest.mark.parametrize("file", REPORTS, indirect=True)
@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_the_page_fits_every_screen_and_asks_for_nothing(browser, file, width):
    page, said = opened(browser, file, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    page.close()


@pytest.mark.parametrize("file", ["full", "bands"], indirect=True)
@pytest.mark.parametrize("width", [360, 390, 1280])
def test_no_words_of_a_plot_run_into_one_another(browser, file, width):
    page, _ = opened(browser, file, width)
    overlaps = page.evaluate(OVERLAPS)
    assert overlaps == []
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_the_page_follows_a_dark_screen_and_prints_light(browser, file):
    page, _ = opened(browser, file, 1280, "dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(16, 22, 28)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_a_script_that_came_with_the_data_could_not_run(browser, file):
    page, _ = opened(browser, file, 1280)
    with pytest.raises(Error, match="Content Security Policy"):
        page.add_script_tag(content="document.title = 'taken'")
    assert page.title() == "Limit decisions as of 31 January 2024"
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_a_wide_table_can_be_reached_by_the_keyboard(browser, file):
    page, _ = opened(browser, file, 390)
    region = page.get_by_role("region", name="Decisions by product")
    region.focus()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "Decisions by product"
    )
    for _ in range(100):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(20)
        if region.evaluate("e => e.scrollLeft") > 0:
            break
    assert region.evaluate("e => e.scrollLeft") > 0
    page.close()

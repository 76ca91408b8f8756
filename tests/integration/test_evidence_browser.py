"""The evidence pack in a real browser: it fits its screen, asks for nothing, and prints."""

import pytest

from tests.golden.evidence_samples import bare_pack, full_pack, refused_pack
from tests.pages_in_browser import OVERLAPS, opened
from tidegate.adapters.evidence_page import render

pytestmark = pytest.mark.browser
PACKS = {"full": full_pack, "bare": bare_pack, "refused": refused_pack}


@pytest.fixture
def file(tmp_path, request):
    path = tmp_path / "evidence.html"
    path.write_bytes(render(PACKS[request.param]()))
    return path


@pytest.mark.parametrize(
    ("file", "width"),
    [("full", 320), ("full", 1280), ("refused", 390), ("bare", 320)],
    indirect=["file"],
)
def test_it_fits_every_screen_and_asks_for_nothing(browser, file, width):
    page, said = opened(browser, file, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert page.evaluate(OVERLAPS) == []
    page.close()


@pytest.mark.parametrize("file", ["full"], indirect=True)
def test_it_prints_light_and_whole(browser, file):
    page, _ = opened(browser, file, 1280, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()

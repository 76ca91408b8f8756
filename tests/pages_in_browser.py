"""A page opened as a person would, and what a person would see wrong with it."""

from pathlib import Path

from playwright.sync_api import Browser, Page

# Words of a plot that lie over other words of it.
OVERLAPS = """() => [...document.querySelectorAll('svg.chart')].flatMap(chart => {
    const boxes = [...chart.querySelectorAll('text')]
        .filter(t => t.textContent && t.getBoundingClientRect().width)
        .map(t => [t.textContent, t.getBoundingClientRect()]);
    return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
        .filter(([b, q]) => p.left < q.right && q.left < p.right
            && p.top + 2 < q.bottom && q.top + 2 < p.bottom)
        .map(([b]) => a + ' over ' + b));
})"""


def opened(
    browser: Browser, path: Path, width: int, scheme: str = "light"
) -> tuple[Page, list[str]]:
    """The page, and whatever it says to the console, raises, or asks for elsewhere."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url) if asked.url[:5] != "file:" else None)
    page.goto(path.as_uri())
    return page, said

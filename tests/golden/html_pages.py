"""How pages are read by their tests: strictly, by ear, and against hostile text."""

import re
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser

VOID = {"meta", "br", "link", "input", "hr", "img"}


class Page(HTMLParser):
    """Reads a page strictly: every tag closed in its turn, every id once."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.beside: list[set[str]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"{tag}: an attribute twice"
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


HOSTILE = """</style></title><script>alert(1)</script><img src=x onerror="x">'"&"""


def poisoned(value):
    """The value with every text in it replaced by a hostile one."""
    if isinstance(value, str) and type(value) is str:
        return HOSTILE
    if isinstance(value, tuple):
        return tuple(poisoned(each) for each in value)
    if is_dataclass(value):
        return type(value)(**{f.name: poisoned(getattr(value, f.name)) for f in fields(value)})
    return value


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative contrast: 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)

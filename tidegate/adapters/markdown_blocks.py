"""The little Markdown that Tidegate's own cards are written in, as blocks for a page.

Headings, paragraphs, lists and tables; marks inside a line are taken away. It reads what the
platform wrote itself, and whatever it does not know is a paragraph.
"""

import re
from dataclasses import dataclass

_RULE = re.compile(r"^\|( ?:?-+:? ?\|)+$")


@dataclass(frozen=True, slots=True)
class Block:
    """``kind`` is ``heading``, ``paragraph``, ``list`` or ``table``, headed by its first row."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(markdown: str) -> list[Block]:
    """The blocks of a text, in their order."""
    parts = re.split(r"\n\s*\n", markdown.strip())
    return [_block(part.strip()) for part in parts if part.strip()]


def _block(part: str) -> Block:
    lines = part.splitlines()
    if part.startswith("#") and len(lines) == 1:
        return Block("heading", _plain(part.lstrip("# ")))
    if all(line.startswith("|") for line in lines):
        rows = [line for line in lines if not _RULE.match(line)]
        return Block("table", rows=tuple(_cells(line) for line in rows))
    if part.startswith("- "):
        items = re.split(r"\n- ", part[2:])
        return Block("list", rows=tuple((_plain(" ".join(item.split())),) for item in items))
    return Block("paragraph", _plain(" ".join(part.split())))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(_plain(cell.strip()) for cell in line.strip("|").split("|"))


def _plain(text: str) -> str:
    return text.replace("`", "")

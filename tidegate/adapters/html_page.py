"""What Tidegate's pages share: their templates, their style sheet, and how they are filled in.

Whatever comes from data is escaped. A page holds its style itself and asks for nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of a page's head."""

    name: str
    value: str
    note: str


def stylesheet(*names: str) -> Markup:
    """The style sheets of those names, one after the other."""
    return Markup("").join(
        Markup((TEMPLATES / f"{name}.css").read_text(encoding="utf-8")) for name in names
    )


def filled(template: str, filters: Mapping[str, Callable[..., str]], **values: object) -> bytes:
    """The template with its values, as UTF-8 HTML."""
    environment = _environment(tuple(sorted(filters.items())))
    return environment.get_template(template).render(**values).encode()


@cache
def _environment(filters: tuple[tuple[str, Callable[..., str]], ...]) -> Environment:
    """One a set of filters, kept: to compile templates takes longer than to fill them in."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters)
    return environment

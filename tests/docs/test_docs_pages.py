"""The documents: links lead somewhere, generated pages are current, commands exist."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from docs.generate_reference import FOLDER, PAGES
from tests.conftest import ROOT

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "flows/*.md", "infra/**/*.md")
    for path in ROOT.glob(pattern)
)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", sorted(PAGES))
def test_generated_pages_are_current(page):
    written = (FOLDER / page).read_text(encoding="utf-8")
    assert written == PAGES[page]() + "\n", "run: python -m docs.generate_reference"


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_lead_to_files_that_are_there(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), f"{relative(document)} links to {target}"


def commands(document: Path) -> list[list[str]]:
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    lines = [line.removeprefix(".venv/bin/") for line in lines]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("tidegate ")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_commands_in_documents_exist_with_their_options(document):
    from tidegate.cli import app

    for words in commands(document):
        path = []
        for word in words[1:]:
            if word.startswith("-") or not word.replace("-", "").isalpha():
                break
            path.append(word)
        while path:
            shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "300"})
            if shown.exit_code == 0:
                break
            path.pop()
        assert path, f"{relative(document)}: {' '.join(words)}"
        for option in (word for word in words if word.startswith("--")):
            assert option.split("=")[0] in shown.output, f"{relative(document)}: {' '.join(words)}"


def test_make_targets_in_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"\bmake ([a-z]+)", readme))
    assert targets >= {"run", "test", "up"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def glossary() -> list[str]:
    text = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    return re.findall(r"^\| ([^|]+?) \| [^|]+ \|$", text, re.MULTILINE)[2:]


def test_the_glossary_is_in_order_and_names_each_term_once():
    terms = [term.lower() for term in glossary()]
    assert len(terms) > 50
    assert len(set(terms)) == len(terms)
    assert terms == sorted(terms)


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for page in folder.glob("0*.md"):
        assert page.name in index
        text = page.read_text(encoding="utf-8")
        for part in ("**Context.**", "**Decision.**", "**Considered.**", "**Consequence.**"):
            assert part in text, f"{page.name} has no {part}"

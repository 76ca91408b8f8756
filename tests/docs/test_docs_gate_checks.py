"""Each check of the gate has its page, and the page says what the thresholds file says."""

import re
from datetime import date

import pytest

from credit_limits.gates.result import CheckName
from credit_limits.gates.thresholds import DISPENSABLE
from tests.conftest import ROOT
from tests.gate_samples import POLICIES
from tidegate.adapters.dated_policies import load_dated

FOLDER = ROOT / "docs" / "reference" / "gate-checks"
CONTENT = load_dated(POLICIES / "gates" / "default_risk", date(2024, 1, 31)).content
TABLES = ("not_judged", "attributes")


def page(check: str) -> str:
    return (FOLDER / f"{check}.md").read_text(encoding="utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """Cells of each row of the page's tables, by the name in its first cell."""
    found = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    return {name: rest.split(" | ") for name, rest in found}


def test_there_is_a_page_for_every_check_and_for_nothing_else():
    assert {path.stem for path in FOLDER.glob("*.md")} == {*CheckName, "README"}
    index = page("README")
    assert re.findall(r"^\| (\d+) \| \[[\w ]+\]\((\w+)\.md\)", index, re.MULTILINE) == [
        (str(place), check.value) for place, check in enumerate(CheckName, start=1)
    ]


@pytest.mark.parametrize("check", list(CheckName))
def test_a_page_answers_its_questions(check):
    text = page(check)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["What it measures", "Why", "Thresholds", "What to do when it refuses"]
    assert text.startswith(f"# {list(CheckName).index(check) + 1}. ")


@pytest.mark.parametrize("check", list(CheckName))
def test_a_page_names_every_threshold_with_its_value_unit_and_reason(check):
    shown = rows(page(check))
    stated = CONTENT["thresholds"][check]
    names = [name for name in stated if name not in TABLES]
    assert set(names) <= set(shown)
    for name in names:
        value, unit, reason = shown[name]
        assert float(value.replace(",", "")) == stated[name]["value"]
        assert (unit, reason) == (stated[name]["unit"], stated[name]["reason"].strip())


def test_a_page_names_what_is_not_judged_and_what_each_attribute_means():
    stability, fairness = rows(page("stability")), rows(page("fairness"))
    for name, reason in CONTENT["thresholds"]["stability"]["not_judged"].items():
        assert stability[name] == [reason]
    for name, stated in CONTENT["thresholds"]["fairness"]["attributes"].items():
        last = stated[-1]
        assert fairness[name][:2] == [str(last["from"]), last["consequence"]]


@pytest.mark.parametrize("check", DISPENSABLE)
def test_a_page_says_whether_its_check_is_dispensed_with(check):
    dispensed = CONTENT["dispensed"].get(check)
    said = re.search(r"^Dispensed with until (\S+) by", page(check), re.MULTILINE)
    assert (said and said.group(1)) == (dispensed and str(dispensed["until"]))

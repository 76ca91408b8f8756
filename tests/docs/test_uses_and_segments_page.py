"""The page of sub-limits, segments and first limits says what the shipped policy says."""

import re

from credit_limits.policy.segment_terms import SEGMENT_PARAMETERS
from tests.conftest import ROOT
from tests.decision_samples import shipped_content, shipped_policy

PAGE = ROOT / "docs" / "explanation" / "uses-segments-first-limits.md"


def table(name: str) -> list[list[str]]:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- begin: {name} -->(.*?)<!-- end: {name} -->", text, re.DOTALL)
    assert found is not None
    rows = [line.strip("| ").split(" | ") for line in found[1].split("\n") if line.startswith("|")]
    return rows[2:]


def test_the_table_of_segments_is_that_of_the_policy():
    stated = shipped_content()["segments"]["micro_merchant"]

    def listed(names) -> str:
        return ", ".join(f"`{name}`" for name in names)

    assert table("segments") == [
        [f"`{section}`", listed(names), listed(name for name in names if name in stated[section])]
        for section, names in SEGMENT_PARAMETERS.items()
    ]


def test_the_table_of_scenarios_is_that_of_the_policy():
    assert table("scenarios") == [
        [rule.scenario, f"{rule.risk_multiplier:g}", f"{rule.share_permille / 1000:g}"]
        for rule in shipped_policy().scenario_limits.scenarios
    ]

"""The policy of a limit response: every entry is there, of its kind and within its range."""

import copy
from datetime import date

import pytest

from credit_limits.domain.errors import PolicyError
from tests.response_samples import POLICIES
from tidegate.adapters.dated_policies import load_dated
from training.response_policy import ResponsePolicy, WindowPolicy, parse_response_policy


def parse(content: dict[str, object]) -> ResponsePolicy:
    return parse_response_policy("limit_response/2005-01-01", "d1ge57", content)


@pytest.fixture
def content() -> dict[str, object]:
    return copy.deepcopy(load_dated(POLICIES, date(2024, 1, 1)).content)


@pytest.mark.parametrize("folder_file", sorted(POLICIES.glob("*.yaml")))
def test_every_file_of_the_folder_holds_together(folder_file):
    file = load_dated(POLICIES, date.fromisoformat(folder_file.stem))
    found = parse_response_policy(file.version, file.digest, file.content)
    assert (found.version, found.digest) == (file.version, file.digest)


def test_what_the_gate_asks_for_is_no_more_than_what_the_training_does(content):
    """A response that is registered can be judged: its rows reach the gate's floor too."""
    gates = load_dated(POLICIES.parent.parent / "gates" / "default_risk", date(2024, 1, 1)).content
    asked = gates["thresholds"]["limit_response"]["rows_floor"]["value"]
    assert parse(content).floors.rows >= asked


@pytest.mark.parametrize(
    ("section", "entry", "value", "told"),
    [
        ("window", "months_before", 0, "months_before is 0, below 1"),
        ("window", "balance_months", 1.5, "a whole number is needed"),
        ("window", "default_months", True, "default_months.value is True, not a number"),
        ("floors", "rows", 1, "rows is 1, below 2"),
        ("floors", "defaults", 0, "defaults is 0, below 2"),
        ("floors", "step_rows", "many", "step_rows.value is 'many'"),
        ("dose", "step_width", 0.0, "step_width is 0.0, below 0.01"),
        ("dose", "step_width", float("nan"), "step_width.value is nan, not finite"),
    ],
)
def test_a_value_out_of_range_stops_the_training(content, section, entry, value, told):
    content[section][entry]["value"] = value
    with pytest.raises(PolicyError, match=told):
        parse(content)


@pytest.mark.parametrize("section", ["window", "floors", "dose"])
def test_an_entry_too_few_or_too_many_stops_the_training(content, section):
    entry = next(iter(content[section]))
    misspelt = {**content, section: {f"{entry}s": content[section][entry]}}
    absent = {name: value for name, value in content.items() if name != section}
    for wrong in (misspelt, absent, {**content, "more": {}}):
        with pytest.raises(PolicyError, match=r"absent|unknown"):
            parse(wrong)


def test_a_change_counts_when_the_longer_window_is_over():
    assert WindowPolicy(3, 6, 4).months_after == 6
    assert WindowPolicy(3, 2, 4).months_after == 4

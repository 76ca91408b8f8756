"""The launch policy as a file: what it says, and every way in which it can be wrong."""

from datetime import date

import pytest
import yaml

from credit_limits.domain.errors import PolicyError
from credit_limits.launch.policy import Step, WatchedVerdict, parse_launch_policy
from tests.conftest import ROOT
from tidegate.adapters.dated_policies import load_dated


def shipped() -> dict:
    return dict(load_dated(ROOT / "policies" / "launch", date(2024, 1, 1)).content)


def parsed(**changes):
    return parse_launch_policy("launch/2005-01-01", shipped() | changes)


def step(**changes) -> dict:
    return {"step": "canary", "cycles": 2, "share": 0.2, "reason": "why"} | changes


def test_the_shipped_policy_is_read():
    policy = parsed()
    assert [each.step for each in policy.steps] == [Step.SHADOW, Step.CANARY]
    assert policy.steps[1].share == 0.1
    assert (policy.harm.false_stop, policy.harm.accounts_floor) == (0.05, 100)
    assert policy.roll_back.verdicts == (WatchedVerdict.MATURED,)


def test_without_steps_a_version_decides_at_once():
    assert parsed(steps=[]).steps == ()


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ("shadow", "steps is a list"),
        (["shadow"], "expected"),
        ([step(share=0.0)], "above 0 and up to 0.5"),
        ([step(share=0.9)], "not within 0.0 and 0.5"),
        ([step(cycles=0)], "not within 1"),
        ([step(cycles=1.5)], "not a whole number"),
        ([step(reason="")], "not a text"),
        ([step(step="half")], "expected"),
        ([step(), {"step": "shadow", "cycles": 1, "reason": "why"}], "a shadow comes before"),
        ([{"step": "full", "cycles": 1, "reason": "why"}], "no step of its own"),
        ([{"step": "shadow", "cycles": 1, "share": 0.1, "reason": "why"}], "expected"),
    ],
)
def test_steps_that_cannot_be_are_refused(steps, says):
    with pytest.raises(PolicyError, match=says):
        parsed(steps=steps)


@pytest.mark.parametrize("name", ["steps", "reason", "harm", "roll_back", "owner"])
def test_every_part_must_be_there(name):
    content = shipped()
    del content[name]
    with pytest.raises(PolicyError, match=name):
        parse_launch_policy("launch/2005-01-01", content)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("harm", "false_stop", 1.0),
        ("harm", "odds_ratio", 1.0),
        ("harm", "accounts_floor", 0),
        ("roll_back", "months_after_promotion", 0),
        ("roll_back", "verdicts", {"luck": 1}),
    ],
)
def test_parameters_out_of_bounds_are_refused(section, name, value):
    content = yaml.safe_load(yaml.safe_dump(shipped()))
    content[section][name]["value"] = value
    with pytest.raises(PolicyError):
        parse_launch_policy("launch/2005-01-01", content)

"""Looser thresholds are found by their direction, and whatever else changed counts as looser."""

from datetime import date

import pytest
import yaml

from credit_limits.gates.loosened import loosened
from tests.changed_content import changed
from tests.conftest import ROOT

SHIPPED = yaml.safe_load((ROOT / "policies/gates/default_risk/2005-01-01.yaml").read_text())
EXEMPT = ("thresholds", "stability", "not_judged", "on_time_streak_months")


def threshold(section: str, name: str) -> tuple[str, ...]:
    return ("thresholds", section, name, "value")


@pytest.mark.parametrize(
    ("path", "to", "looser"),
    [
        (threshold("performance", "auc_low_floor"), 0.69, True),
        (threshold("performance", "auc_low_floor"), 0.71, False),
        (threshold("stability", "score_psi_ceiling"), 0.26, True),
        (threshold("stability", "score_psi_ceiling"), 0.24, False),
        (threshold("performance", "auc_low_floor"), "0.70", True),
        (("thresholds", "performance", "auc_low_floor"), None, True),
        (("thresholds", "performance"), None, True),
        (("thresholds", "performance", "auc_low_floor", "reason"), "in other words", False),
        (("thresholds", "performance", "auc_low_floor", "unit"), "share", False),
        (("thresholds", "performance", "kappa_floor"), {"value": 0.1}, False),
        (("thresholds", "another_check"), {"rows_floor": {"value": 1}}, False),
        (EXEMPT, None, False),
        (EXEMPT, "other words", False),
        ((*EXEMPT[:-1], "income_monthly_minor"), "moves with the season", True),
        (("owner",), "someone else", False),
    ],
)
def test_one_change_is_looser_or_not(path, to, looser):
    content = changed(SHIPPED, path, to)
    found = loosened(SHIPPED, content)
    assert bool(found) is looser
    assert all(".".join(path[1:]).startswith(name) for name in found)


DISPENSED = {"until": date(2026, 1, 1), "owner": "model risk", "reason": "no randomized limits"}


@pytest.mark.parametrize(
    ("before", "after", "looser"),
    [
        (None, {"welfare": DISPENSED}, True),
        ({}, {"welfare": DISPENSED}, True),
        ({"welfare": DISPENSED}, {"welfare": {**DISPENSED, "until": date(2027, 1, 1)}}, True),
        ({"welfare": DISPENSED}, {"welfare": {**DISPENSED, "until": date(2025, 1, 1)}}, False),
        ({"welfare": DISPENSED}, {"welfare": {**DISPENSED, "reason": "else"}}, False),
        ({"welfare": DISPENSED}, {}, False),
        ({"welfare": DISPENSED}, None, False),
    ],
)
def test_doing_without_a_check_is_looser_and_for_longer_too(before, after, looser):
    older = {"thresholds": {}} | ({"dispensed": before} if before is not None else {})
    newer = {"thresholds": {}} | ({"dispensed": after} if after is not None else {})
    assert bool(loosened(older, newer)) is looser


def test_what_names_no_direction_is_looser_either_way():
    older = {"thresholds": {"fairness": {"approval_ratio": {"value": 0.8}}}}
    for value in (0.7, 0.9):
        newer = {"thresholds": {"fairness": {"approval_ratio": {"value": value}}}}
        assert loosened(older, newer) == ("fairness.approval_ratio",)


def test_the_same_content_is_not_looser_than_itself():
    assert loosened(SHIPPED, SHIPPED) == ()


def test_every_looser_threshold_is_named():
    content = changed(SHIPPED, threshold("performance", "auc_low_floor"), 0.6)
    content = changed(content, threshold("stability", "score_psi_ceiling"), 0.4)
    assert loosened(SHIPPED, content) == (
        "performance.auc_low_floor",
        "stability.score_psi_ceiling",
    )

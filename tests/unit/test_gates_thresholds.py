"""Thresholds are data with unit and reason; what is not there cannot be passed."""

from dataclasses import fields
from datetime import date, datetime

import pytest

from credit_limits.domain.errors import PolicyError
from credit_limits.gates.thresholds import Threshold, parse_thresholds
from tests.changed_content import changed
from tests.gate_samples import POLICIES, thresholds
from tidegate.adapters.dated_policies import load_dated

CONTENT = load_dated(POLICIES / "gates" / "default_risk", date(2024, 1, 31)).content
SECTIONS = [item.name for item in fields(thresholds()) if item.name not in ("version", "dispensed")]
NUMBERED = [
    (section, name)
    for section, entries in CONTENT["thresholds"].items()
    for name in entries
    if name not in ("not_judged", "attributes")
]


def with_path(*path: str, to: object) -> dict:
    return changed(CONTENT, path, to)


def test_the_repository_s_thresholds_are_whole():
    parsed = thresholds()
    assert parsed.performance.auc_low_floor.value == 0.70
    assert parsed.calibration.predicted_over_observed_floor.value == 0.85
    assert all(
        len(entry["reason"].split()) > 3 and entry["unit"]
        for section, name in NUMBERED
        for entry in [CONTENT["thresholds"][section][name]]
    )


@pytest.mark.parametrize(("section", "name"), NUMBERED)
def test_a_missing_threshold_stops_the_chain(section, name):
    with pytest.raises(PolicyError, match=rf"v: {section}: absent: {name}"):
        parse_thresholds("v", with_path("thresholds", section, name, to=None))


@pytest.mark.parametrize("section", SECTIONS)
def test_a_missing_section_stops_the_chain(section):
    with pytest.raises(PolicyError, match=f"thresholds: absent: {section}"):
        parse_thresholds("v", with_path("thresholds", section, to=None))


@pytest.mark.parametrize("value", ["0.7", True, float("nan"), float("inf"), [0.7]])
def test_a_value_must_be_a_finite_number(value):
    content = with_path("thresholds", "performance", "auc_low_floor", "value", to=value)
    with pytest.raises(PolicyError, match=r"performance.auc_low_floor.value is"):
        parse_thresholds("v", content)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("performance", "auc_low_floor", 0.5),
        ("performance", "ks_low_floor", 0.0),
        ("calibration", "predicted_over_observed_floor", 0.0),
        ("behaviour", "violations_ceiling", 1),
        ("data", "unvalidated_rows_ceiling", 1),
        ("time", "differing_rows_ceiling", 1),
        ("challenger", "auc_difference_low_floor", -1.0),
        ("technical", "golden_rows_differing_ceiling", 1),
        ("technical", "signature_floor", 0),
    ],
)
def test_a_bound_that_could_refuse_nothing_is_refused_itself(section, name, value):
    with pytest.raises(PolicyError, match=rf"{section}\.{name} is .* without meaning"):
        parse_thresholds("v", with_path("thresholds", section, name, "value", to=value))


@pytest.mark.parametrize("part", ["unit", "reason"])
def test_a_threshold_has_its_unit_and_its_reason(part):
    for to in ("", None):
        with pytest.raises(PolicyError, match="technical"):
            parse_thresholds(
                "v", with_path("thresholds", "technical", "size_bytes_ceiling", part, to=to)
            )
    with pytest.raises(ValueError, match="unit and its reason"):
        Threshold(1.0, *("", "why")[:: 1 if part == "unit" else -1])


def test_a_misspelled_name_is_not_ignored():
    content = with_path("thresholds", "data", "row_floor", to={"value": 1})
    with pytest.raises(PolicyError, match="unknown: row_floor; check the spelling"):
        parse_thresholds("v", content)


def test_an_input_that_is_not_judged_has_its_reason():
    content = with_path("thresholds", "stability", "not_judged", to={"age_years": ""})
    with pytest.raises(PolicyError, match=r"age_years needs its reason"):
        parse_thresholds("v", content)


@pytest.mark.parametrize("content", [{}, {"thresholds": None}, {"thresholds": [1]}])
def test_a_file_without_thresholds_is_no_policy(content):
    with pytest.raises(PolicyError, match="thresholds is absent or not a mapping"):
        parse_thresholds("v", content)


WITHOUT = {"until": date(2027, 12, 31), "owner": "model risk", "reason": "none is drawn yet"}
ROW = {"from": date(2005, 1, 1), "consequence": "blocking", "reason": "no lawful ground"}


def test_nothing_is_dispensed_with_where_the_file_says_nothing():
    assert parse_thresholds("v", with_path("dispensed", to=None)).dispensed == {}


@pytest.mark.parametrize(
    ("dispensed", "said"),
    [
        ({"performance": WITHOUT}, "performance cannot be done without"),
        ({"policy_valu": WITHOUT}, "policy_valu cannot be done without"),
        ({"fairness": WITHOUT | {"until": "2027-12-31"}}, r"dispensed\.fairness\.until is"),
        ({"fairness": WITHOUT | {"until": datetime(2027, 12, 31)}}, r"fairness\.until is"),
        ({"fairness": WITHOUT | {"owner": ""}}, "needs its owner and its reason"),
        ({"fairness": WITHOUT | {"reason": None}}, "needs its owner and its reason"),
        ({"fairness": {"until": date(2027, 12, 31)}}, "absent: owner, reason"),
        ({"fairness": WITHOUT | {"for_ever": True}}, "unknown: for_ever"),
        (["fairness"], "dispensed is absent or not a mapping"),
    ],
)
def test_a_dispensation_has_its_check_its_end_its_owner_and_its_reason(dispensed, said):
    with pytest.raises(PolicyError, match=said):
        parse_thresholds("v", with_path("dispensed", to=dispensed))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "needs at least one dated consequence"),
        (ROW, "needs at least one dated consequence"),
        ([ROW | {"consequence": "ignored"}], "'ignored'; blocking or reporting"),
        ([ROW | {"reason": ""}], "needs its reason"),
        ([ROW | {"from": "2005"}], r"sex\.from is '2005'"),
        ([ROW, ROW], "the days must rise"),
        ([{"from": date(2005, 1, 1)}], "absent: consequence, reason"),
        ([ROW | {"jurisdiction": "MARS"}], "'MARS' is not a valid Jurisdiction"),
        ([ROW | {"jurisdiction": "US"}, ROW | {"jurisdiction": "US"}], "the days must rise"),
    ],
)
def test_what_an_attribute_means_is_dated_and_has_its_reason(rows, said):
    content = with_path("thresholds", "fairness", "attributes", "sex", to=rows)
    with pytest.raises(PolicyError, match=said):
        parse_thresholds("v", content)
